//! What a `connect` asks for, read once.

use super::door::{Admitted, Knock};
use super::refusal::{Refusal, Why};
use crate::net::{Identity, Peer, Scopes, Shown};
use http::HeaderMap;
use protocol::{ConnectParams, Protocol, Role};

/// The Control UI's `client.id`.
pub(super) const UI: &str = "openclaw-control-ui";

/// A `connect` whose role and scopes are known.
pub(super) struct Ask<'a> {
    pub(super) params: &'a ConnectParams,
    pub(super) nonce: &'a str,
    pub(super) peer: &'a Peer,
    pub(super) protocol: Protocol,
    pub(super) role: Role,
    /// What it asks to be allowed; nothing for a node.
    pub(super) scopes: Scopes,
    /// The same by name, each once, in its own order.
    pub(super) names: Vec<String>,
    /// Whether it is a client that runs in a web page.
    pub(super) is_page: bool,
    headers: &'a HeaderMap,
}

/// A secret of a `connect` that is there and not empty.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Token,
    Password,
    DeviceToken,
    SetupCode,
}

impl<'a> Ask<'a> {
    pub(super) fn new(knock: &Knock<'a>, protocol: Protocol) -> Result<Self, Refusal> {
        let params = knock.params;
        let role = match params.role.as_deref() {
            None | Some("operator") => Role::Operator,
            Some("node") => Role::Node,
            Some(_) => return Err(Refusal::Role),
        };
        let asked: &[String] = match role {
            Role::Operator => params.scopes.as_deref().unwrap_or_default(),
            Role::Node => &[],
        };
        let scopes = Scopes::from_names(asked).map_err(Refusal::Scope)?;
        let mut names: Vec<String> = Vec::new();
        for name in asked {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let client = &params.client;
        let is_page = client.id == UI || client.id == "webchat-ui" || client.mode == "webchat";
        Ok(Self {
            params,
            nonce: knock.nonce,
            headers: knock.headers,
            peer: knock.peer,
            protocol,
            role,
            scopes,
            names,
            is_page,
        })
    }

    /// What the gateway's own secret is looked for in.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            token: self.secret(Field::Token),
            password: self.secret(Field::Password),
            headers: self.headers,
            peer: self.peer,
        }
    }

    pub(super) fn secret(&self, field: Field) -> Option<&'a str> {
        let auth = self.params.auth.as_ref()?;
        let text = match field {
            Field::Token => &auth.token,
            Field::Password => &auth.password,
            Field::DeviceToken => &auth.device_token,
            Field::SetupCode => &auth.bootstrap_token,
        };
        text.as_deref().filter(|text| !text.is_empty())
    }

    /// Whether it shows a gateway secret, right or wrong.
    pub(super) fn shows_secret(&self) -> bool {
        self.secret(Field::Token).is_some() || self.secret(Field::Password).is_some()
    }

    /// Whether it is the command line on this machine.
    pub(super) fn is_local_tool(&self) -> bool {
        self.is_local("cli", "cli")
    }

    /// Whether it is a program of ours on this machine.
    pub(super) fn is_local_backend(&self) -> bool {
        self.is_local("gateway-client", "backend")
    }

    fn is_local(&self, id: &str, mode: &str) -> bool {
        let client = &self.params.client;
        client.id == id
            && client.mode == mode
            && self.role == Role::Operator
            && self.peer.is_direct_loopback()
            && !self.peer.has_origin()
    }

    /// Which credential failed, in the words of the present mode.
    pub(super) fn why(&self, mode: &str) -> Why {
        let shown = |field| self.secret(field).is_some();
        let has_device = self.params.device.is_some();
        if has_device && shown(Field::DeviceToken) {
            return Why::DeviceToken;
        }
        if has_device && shown(Field::SetupCode) {
            return Why::SetupCode;
        }
        // Version 3 looks at the field of the mode only; version 4 counts any secret as a wrong one.
        let any = match self.protocol {
            Protocol::V3 => false,
            Protocol::V4 => self.shows_secret(),
        };
        match mode {
            "password" if any || shown(Field::Password) => Why::PasswordMismatch,
            "password" => Why::PasswordMissing,
            "trusted-proxy" => Why::NoUser,
            _ if any || shown(Field::Token) => Why::TokenMismatch,
            _ => Why::TokenMissing,
        }
    }

    /// The same for a device token that does not allow what is asked for.
    pub(super) fn why_narrow(&self, mode: &str) -> Why {
        match (self.protocol, self.secret(Field::DeviceToken)) {
            (Protocol::V4, _) => Why::DeviceTokenScopes,
            (Protocol::V3, Some(_)) => Why::DeviceToken,
            (Protocol::V3, None) => self.why(mode),
        }
    }

    /// It, let in with at most what is granted and what it asked for.
    pub(super) fn admitted(
        &self,
        identity: Identity,
        granted: Scopes,
        method: &'static str,
        generation: u64,
    ) -> Admitted {
        let scopes = granted.narrowed_to(self.scopes);
        let has = |name: &&String| {
            let one = Scopes::from_names(std::slice::from_ref(*name));
            one.is_ok_and(|one| one.iter().all(|scope| scopes.iter().any(|it| it == scope)))
        };
        Admitted {
            protocol: self.protocol,
            role: self.role,
            identity,
            scopes,
            scope_names: self.names.iter().filter(has).cloned().collect(),
            method,
            device: None,
            tokens: Vec::new(),
            generation,
            withdrawals: 0,
        }
    }
}
