//! What opens the gateway.

use super::caller::Scopes;
use http::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// How callers prove who they are.
#[derive(Debug, Clone)]
pub enum Access {
    /// The gateway token.
    Token(SecretString),
    /// The gateway password.
    Password(SecretString),
    /// No proof.
    Open,
    /// A trusted proxy names them.
    Proxy(ProxyAccess),
}

impl Access {
    /// The mode's name, as the settings spell it.
    pub fn mode(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Password(_) => "password",
            Self::Open => "none",
            Self::Proxy(_) => "trusted-proxy",
        }
    }
}

/// What a trusted proxy must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAccess {
    /// The header that names the user.
    pub user_header: HeaderName,
    /// Headers that must be there and not empty.
    pub required_headers: Vec<HeaderName>,
    /// The users who may come in; `None` is everybody, an empty list nobody.
    pub allow_users: Option<Vec<String>>,
    /// What each user may do; `None` is everything for everybody.
    pub scopes: Option<BTreeMap<String, Scopes>>,
    /// Whether a proxy on this machine is believed.
    pub allow_loopback: bool,
}

/// The SHA-256 of a secret, comparable in constant time whatever the lengths.
#[derive(Clone)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    pub(super) fn of_secret(secret: &SecretString) -> Self {
        Self::of(secret.expose_secret().as_bytes())
    }

    pub(super) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(***)")
    }
}
