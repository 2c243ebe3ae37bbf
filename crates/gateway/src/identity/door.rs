//! The decision about a `connect`.
//!
//! The order of the checks is part of the protocol: version, role, origin, secret, missing device,
//! device proof, device token, pairing. Source: WebSocket protocol, section 5.

use super::ask::{Ask, Field, UI};
use super::proof::check_device;
use super::refusal::{Hint, Refusal, Unauthorized, Why};
use crate::net::{AuthError, Authority, Identity, Peer, Proven, Scopes, Second, Shown};
use crate::ws::Close;
use domain::Clock;
use http::HeaderMap;
use protocol::{ConnectParams, DeviceProof, FrameError, Protocol, Role};
use secrecy::SecretString;
use std::convert::Infallible;
use std::sync::Arc;

/// Decides about every `connect`.
pub(crate) struct Doorkeeper {
    pub(crate) authority: Arc<Authority>,
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
    /// The token its device may show next time, and when it was made, in Unix milliseconds.
    pub(crate) device_token: Option<(SecretString, i64)>,
    /// The generation of the secrets it was let in under.
    pub(crate) generation: u64,
}

/// A client that was not.
#[derive(Debug)]
pub(crate) struct Rejected {
    /// What it is told; absent when the connection is closed without an answer.
    pub(crate) error: Option<FrameError>,
    /// How the connection is closed.
    pub(crate) close: Close,
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

    async fn with_device(&self, ask: &Ask<'_>, proof: &DeviceProof) -> Result<Admitted, Refusal> {
        let now = self.clock.now();
        let _key = check_device(ask.params, proof, ask.nonce, now.0).map_err(Refusal::Proof)?;
        let generation = self.authority.generation();
        let proven = self
            .authority
            .connect(&ask.shown(), || Second::<Infallible>::Absent);
        match proven {
            Ok(Proven::Secret | Proven::Open) if ask.peer.is_direct_loopback() => {}
            Ok(_) => return Err(Refusal::DeviceRequired),
            Err(error) => return Err(self.unauthorized(ask, &error)),
        }
        Ok(ask.admitted(Identity::Owner, ask.scopes, "token", generation))
    }

    fn unauthorized(&self, ask: &Ask<'_>, error: &AuthError) -> Refusal {
        let has_device = ask.params.device.is_some();
        let why = match error {
            AuthError::LockedOut { retry_after } => Why::LockedOut(*retry_after),
            AuthError::UserNotAllowed => Why::UserNotAllowed,
            AuthError::Missing
            | AuthError::Wrong
            | AuthError::QueryCredential
            | AuthError::UnknownScope(_)
            | AuthError::AmbiguousScopes => ask.why(self.authority.mode()),
        };
        let hint = match ask.peer {
            _ if ask.is_page || ask.params.client.id == UI => Hint::Browser,
            peer if peer.is_direct_loopback() => Hint::Here,
            _ => Hint::Elsewhere,
        };
        Refusal::Unauthorized(Unauthorized {
            why,
            hint,
            may_retry_with_device_token: has_device && ask.secret(Field::DeviceToken).is_none(),
        })
    }
}
