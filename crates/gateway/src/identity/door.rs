//! The decision about a `connect`.
//!
//! The order of the checks is part of the protocol: version, role, origin, secret, missing device,
//! device proof, device token, pairing. Source: WebSocket protocol, section 5.

use super::ask::{Ask, Field, UI};
use super::devices::{Credential, Devices};
use super::pairing::How;
use super::proof::check_device;
use super::record::scopes_of;
use super::refusal::{Hint, Refusal, Unauthorized, Why};
use crate::net::{AuthError, Authority, Identity, Peer, Proven, Scopes, Second};
use crate::ws::Close;
use domain::Clock;
use http::HeaderMap;
use protocol::{ConnectParams, DeviceProof, FrameError, GivenToken, HelloAuth, Protocol, Role};
use std::convert::Infallible;
use std::sync::Arc;

/// Decides about every `connect`.
pub(crate) struct Doorkeeper {
    pub(crate) authority: Arc<Authority>,
    pub(crate) devices: Arc<Devices>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A client at the door.
pub(crate) struct Knock<'a> {
    /// What it sent.
    pub(crate) params: &'a ConnectParams,
    /// The nonce of its challenge.
    pub(crate) nonce: &'a str,
    /// The headers of its upgrade.
    pub(crate) headers: &'a HeaderMap,
    /// The other end.
    pub(crate) peer: &'a Peer,
}

/// A client that was let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The version both speak.
    pub(crate) protocol: Protocol,
    /// What it is.
    pub(crate) role: Role,
    /// Whose sessions and whose bill.
    pub(crate) identity: Identity,
    /// What it may do.
    pub(crate) scopes: Scopes,
    /// The same by name, in the order it asked.
    pub(crate) scope_names: Vec<String>,
    /// `token`, `password`, `device-token`, `none`, `trusted-proxy` or `bootstrap-token`.
    pub(crate) method: &'static str,
    /// Its device key, as the id made from it.
    pub(crate) device: Option<String>,
    /// What its device may show next time: in the role it has now, then in others.
    pub(super) tokens: Vec<GivenToken>,
    /// The generation of the secrets it was let in under.
    pub(crate) generation: u64,
    /// How much had been taken back from devices until then.
    pub(super) withdrawals: u64,
}

/// A client that was not.
#[derive(Debug)]
pub(crate) struct Rejected {
    /// What it is told; absent when the connection is closed without an answer.
    pub(crate) error: Option<FrameError>,
    /// How the connection is closed.
    pub(crate) close: Close,
}

impl Admitted {
    /// Who the client is taken for, as its hello says. Version 3 hears of it only with a token, and
    /// of what that token allows. Source: WebSocket protocol, sections 9 and 13.
    pub(crate) fn auth(&self) -> Option<HelloAuth> {
        let mut tokens = self.tokens.iter().cloned();
        let own = tokens.next();
        let (scopes, method) = match (self.protocol, &own) {
            (Protocol::V3, None) => return None,
            (Protocol::V3, Some(own)) => (own.scopes.clone(), None),
            (Protocol::V4, _) => (self.scope_names.clone(), Some(self.method.to_owned())),
        };
        Some(HelloAuth {
            role: self.role.name().to_owned(),
            scopes,
            method,
            issued_at_ms: own.as_ref().map(|own| own.issued_at_ms),
            device_token: own.map(|own| own.device_token),
            device_tokens: tokens.collect(),
        })
    }
}

impl Doorkeeper {
    /// Lets a client in, or says why not.
    ///
    /// # Errors
    /// [`Rejected`].
    pub(crate) async fn admit(&self, knock: &Knock<'_>) -> Result<Admitted, Rejected> {
        let (min, max) = (knock.params.min_protocol, knock.params.max_protocol);
        let Some(protocol) = Protocol::negotiate(min, max) else {
            return Err(Refusal::Protocol { min, max }.told(Protocol::V4));
        };
        let decided = self.decide(knock, protocol).await;
        decided.map_err(|refusal| refusal.told(protocol))
    }

    async fn decide(&self, knock: &Knock<'_>, protocol: Protocol) -> Result<Admitted, Refusal> {
        let ask = Ask::new(knock, protocol)?;
        if ask.is_page && !knock.peer.has_origin() {
            return Err(Refusal::OriginMissing);
        }
        match &knock.params.device {
            None => self.without_device(&ask),
            Some(proof) => self.with_device(&ask, proof).await,
        }
    }

    /// Source: WebSocket protocol, section 7.
    fn without_device(&self, ask: &Ask<'_>) -> Result<Admitted, Refusal> {
        let is_ui = ask.params.client.id == UI;
        let is_proxied = self.authority.mode() == "trusted-proxy";
        if is_ui && !is_proxied {
            return Err(Refusal::UiDeviceRequired);
        }
        let generation = self.authority.generation();
        let proven = self
            .authority
            .connect(&ask.shown(), || Second::<Infallible>::Absent);
        let missing = || {
            if is_ui {
                Refusal::UiDeviceRequired
            } else {
                Refusal::DeviceRequired
            }
        };
        let let_in = |identity, scopes: Scopes, method| {
            Ok(ask.admitted(identity, scopes, method, generation))
        };
        match proven {
            Ok(_) if ask.role == Role::Node => Err(missing()),
            Ok(Proven::Secret) => {
                let scopes = if ask.is_local_tool() || ask.is_local_backend() {
                    ask.scopes
                } else {
                    Scopes::none()
                };
                let_in(Identity::Owner, scopes, self.authority.mode())
            }
            Ok(Proven::Open) if ask.is_local_backend() => {
                let_in(Identity::Anyone, ask.scopes, "none")
            }
            Ok(Proven::User {
                name,
                ceiling,
                is_listed,
            }) => {
                let granted = if is_listed { ceiling } else { Scopes::none() };
                let_in(Identity::User(name), granted, "trusted-proxy")
            }
            Ok(Proven::Open) => Err(missing()),
            Ok(Proven::Second(never)) => match never {},
            Err(_) if is_ui || !ask.shows_secret() => Err(missing()),
            Err(error) => Err(self.unauthorized(ask, &error)),
        }
    }

    /// Source: WebSocket protocol, sections 8 to 10.
    async fn with_device(&self, ask: &Ask<'_>, proof: &DeviceProof) -> Result<Admitted, Refusal> {
        let now = self.clock.now();
        let key = check_device(ask.params, proof, ask.nonce, now.0).map_err(Refusal::Proof)?;
        let (generation, withdrawals) = (self.authority.generation(), self.devices.withdrawals());
        let mode = self.authority.mode();
        let proven = self
            .authority
            .connect(&ask.shown(), || self.devices.judge(ask, &proof.id))
            .map_err(|error| self.unauthorized(ask, &error))?;
        let (identity, ceiling, method, how) = match proven {
            Proven::Secret => (Identity::Owner, Scopes::all(), mode, How::Secret),
            Proven::Open => (Identity::Anyone, Scopes::all(), "none", How::Secret),
            Proven::User { name, ceiling, .. } => {
                let how = How::User(name.to_string());
                (Identity::User(name), ceiling, "trusted-proxy", how)
            }
            Proven::Second(Credential::NarrowToken) => {
                return Err(refused(ask, ask.why_narrow(mode)));
            }
            Proven::Second(own) => {
                let method = match own {
                    Credential::Setup(_) => "bootstrap-token",
                    Credential::Token(_) | Credential::NarrowToken => "device-token",
                };
                (Identity::Owner, Scopes::all(), method, How::Own(own))
            }
        };
        let device = self.devices.settle(ask, proof, &key, &how).await?;
        let granted = scopes_of(&device.scopes).narrowed_to(ceiling);
        let shown = match how {
            How::Own(Credential::Token(secret)) => Some(secret),
            How::Own(_) | How::Secret | How::User(_) => None,
        };
        let is_new = method == "bootstrap-token";
        let others = [Role::Operator, Role::Node].into_iter();
        let others = others.filter(|role| is_new && *role != ask.role);
        let mut admitted = ask.admitted(identity, granted, method, generation);
        for role in [ask.role].into_iter().chain(others) {
            let shown = shown.clone().filter(|_| role == ask.role);
            let token = self.devices.token_for(&device, role, shown).await;
            admitted.tokens.extend(token.map_err(Refusal::Store)?);
        }
        admitted.device = Some(proof.id.clone());
        admitted.withdrawals = withdrawals;
        Ok(admitted)
    }

    /// Whether nothing was taken back since a client was let in. To be asked once its connection is
    /// known to those who close connections.
    pub(crate) fn is_current(&self, admitted: &Admitted) -> bool {
        let is_kept =
            admitted.device.is_none() || self.devices.withdrawals() == admitted.withdrawals;
        is_kept && self.authority.generation() == admitted.generation
    }

    fn unauthorized(&self, ask: &Ask<'_>, error: &AuthError) -> Refusal {
        let why = match error {
            AuthError::LockedOut { retry_after } => Why::LockedOut(*retry_after),
            AuthError::UserNotAllowed => Why::UserNotAllowed,
            AuthError::Missing
            | AuthError::Wrong
            | AuthError::QueryCredential
            | AuthError::UnknownScope(_)
            | AuthError::AmbiguousScopes => ask.why(self.authority.mode()),
        };
        refused(ask, why)
    }
}

fn refused(ask: &Ask<'_>, why: Why) -> Refusal {
    let hint = match ask.peer {
        _ if ask.is_page || ask.params.client.id == UI => Hint::Browser,
        peer if peer.is_direct_loopback() => Hint::Here,
        _ => Hint::Elsewhere,
    };
    Refusal::Unauthorized(Unauthorized {
        why,
        hint,
        may_retry_with_device_token: ask.params.device.is_some()
            && ask.secret(Field::DeviceToken).is_none(),
    })
}
