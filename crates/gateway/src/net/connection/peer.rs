//! The other end of a request.

use super::server::Server;
use crate::net::address::ClientKey;
use crate::net::guard::Cleared;
use crate::net::permits::Permit;
use crate::net::reply::ResponseBody;
use crate::net::upgrade;
use http::Response;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where a request came from, as far as the network tells. Cheap to clone.
///
/// It says nothing about who sent it; see [`Authority`](crate::net::Authority).
#[derive(Clone)]
pub struct Peer {
    cleared: Cleared,
    remote: SocketAddr,
    server: Arc<Server>,
}

/// A place among the WebSockets that have not been let in; dropping it gives it back.
#[derive(Debug)]
pub struct HandshakePlace(#[expect(dead_code, reason = "held for its drop")] Permit);

impl Peer {
    pub(in crate::net) fn new(cleared: Cleared, remote: SocketAddr, server: Arc<Server>) -> Self {
        Self {
            cleared,
            remote,
            server,
        }
    }

    /// The client, behind trusted proxies if there are any.
    pub fn client(&self) -> IpAddr {
        self.cleared.client
    }

    /// Who limits count this client as.
    pub fn key(&self) -> ClientKey {
        ClientKey::of(self.cleared.client)
    }

    /// The other end of the connection: the client, or the proxy nearest to us.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Whether the connection comes from a proxy in `gateway.trustedProxies`.
    pub fn via_proxy(&self) -> bool {
        self.cleared.via_proxy
    }

    /// Whether a browser sent it for one of our pages or an allowed one.
    pub fn has_origin(&self) -> bool {
        self.cleared.has_origin
    }

    /// Whether the connection comes from this machine.
    pub fn is_loopback(&self) -> bool {
        self.remote.ip().to_canonical().is_loopback()
    }

    /// Whether a program on this machine sent it, with no proxy in between.
    pub fn is_direct_loopback(&self) -> bool {
        self.is_loopback() && !self.via_proxy()
    }

    /// A place among the WebSockets that have not said who they are; give it back when this one
    /// was let in.
    ///
    /// # Errors
    /// The answer, when there are too many.
    pub fn handshake_place(&self) -> Result<HandshakePlace, Response<ResponseBody>> {
        let place = self.server.handshake_place(self.key());
        place.map(HandshakePlace).ok_or_else(upgrade::too_many)
    }

    pub(in crate::net) fn server(&self) -> &Arc<Server> {
        &self.server
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("remote", &self.remote)
            .field("cleared", &self.cleared)
            .finish_non_exhaustive()
    }
}
