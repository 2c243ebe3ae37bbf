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

/// A place among the `WebSockets` that have not been let in; dropping it gives it back.
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

    /// A place among the `WebSockets` that have not said who they are; give it back when this one
    /// was let in.
    ///
    /// # Errors
    /// The answer, when there are too many.
    #[expect(
        clippy::result_large_err,
        reason = "the error is the answer that is sent, made where the socket begins"
    )]
    pub fn handshake_place(&self) -> Result<HandshakePlace, Response<ResponseBody>> {
        let place = self.server.handshake_place(self.key());
        place.map(HandshakePlace).ok_or_else(upgrade::too_many)
    }

    /// One for tests, as the guard would have cleared it.
    #[cfg(test)]
    pub(crate) fn for_tests(client: IpAddr, via_proxy: bool, has_origin: bool) -> Self {
        use crate::net::config;
        use crate::net::plan::{NetPlan, PlanInput};
        struct Nobody;
        #[async_trait::async_trait]
        impl crate::net::Handler for Nobody {
            fn upgrade(
                &self,
                _: &http::request::Parts,
                _: &Peer,
            ) -> Result<crate::net::upgrade::Resume, Response<ResponseBody>> {
                Err(Response::new(ResponseBody::empty()))
            }

            async fn handle(
                &self,
                _: http::Request<hyper::body::Incoming>,
                _: Peer,
            ) -> http::Response<crate::net::ResponseBody> {
                http::Response::new(crate::net::ResponseBody::empty())
            }
        }
        let plan = NetPlan::new(&PlanInput {
            port: 0,
            bind: None,
            host: None,
            custom_bind_host: None,
            alias_ports: &[],
            hosts: &[],
            auth: &config::AuthSettings::default(),
            token: Some("f3a9c17be2d84650a1b2c3d4e5f60718293a4b5c6d7e8f90".into()),
            password: None,
            trusted_proxies: &[],
            allow_real_ip_fallback: false,
            control_ui: &config::ControlUiSettings::default(),
            security_headers: &config::SecurityHeadersSettings::default(),
            limits: &config::LimitsSettings::default(),
        });
        let server = Server::new(Arc::new(plan.unwrap()), &[], Arc::new(Nobody));
        let cleared = Cleared {
            client,
            via_proxy,
            has_origin,
        };
        Self::new(cleared, (client, 4711).into(), server)
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
