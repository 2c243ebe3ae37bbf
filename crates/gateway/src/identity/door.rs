//! The decision about a `connect`.

use crate::net::{Authority, Identity, Peer, Scopes};
use crate::ws::Close;
use http::HeaderMap;
use protocol::{ConnectParams, FrameError, Protocol, Role};
use secrecy::SecretString;
use std::sync::Arc;

/// Decides about every `connect`.
pub(crate) struct Doorkeeper {
    pub(crate) authority: Arc<Authority>,
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
