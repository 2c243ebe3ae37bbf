//! What all connections share.

use super::Handler;
use crate::net::address::ClientKey;
use crate::net::counters::Counters;
use crate::net::guard::Guard;
use crate::net::permits::{Permit, Permits};
use crate::net::plan::{Limits, NetPlan};
use crate::net::shield::Shield;
use crate::net::wire::{HeadLimits, WireLimits};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Most `WebSockets` that have not been let in yet.
const MAX_HANDSHAKES: u32 = 1024;

/// Most of them from one client.
const MAX_HANDSHAKES_PER_CLIENT: u32 = 64;

/// The plan made ready: the guard with the bound addresses, the places, the handler.
pub(in crate::net) struct Server {
    guard: Guard,
    shield: Shield,
    connections: Arc<Permits>,
    bodies: Arc<Permits>,
    handshakes: Arc<Permits>,
    handler: Arc<dyn Handler>,
    plan: Arc<NetPlan>,
}

impl Server {
    pub(in crate::net) fn new(
        plan: Arc<NetPlan>,
        bound: &[SocketAddr],
        handler: Arc<dyn Handler>,
    ) -> Arc<Self> {
        let limits = &plan.limits.settings;
        Arc::new(Self {
            guard: Guard::new(&plan, bound),
            shield: Shield::new(plan.hsts.clone()),
            connections: Permits::new(u32::MAX, limits.max_connections_per_ip),
            bodies: Permits::new(limits.max_bodies, limits.max_bodies_per_ip),
            handshakes: Permits::new(MAX_HANDSHAKES, MAX_HANDSHAKES_PER_CLIENT),
            handler,
            plan,
        })
    }

    pub(super) fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(super) fn shield(&self) -> &Shield {
        &self.shield
    }

    pub(super) fn handler(&self) -> &dyn Handler {
        &*self.handler
    }

    pub(super) fn max_requests(&self) -> u64 {
        self.plan.limits.settings.max_requests_per_connection
    }

    pub(super) fn wire_limits(&self) -> WireLimits {
        let (limits, sizes) = (&self.plan.limits, &self.plan.limits.settings);
        WireLimits {
            head: HeadLimits {
                line: sizes.request_line_bytes,
                header: sizes.header_bytes,
                headers: sizes.headers_bytes,
                count: sizes.header_count,
            },
            header: limits.header_timeout,
            idle: limits.keep_alive,
            stall: limits.write_stall,
        }
    }

    /// Bytes the largest acceptable head can have, with room to spare.
    pub(super) fn largest_head(&self) -> usize {
        let sizes = &self.plan.limits.settings;
        (sizes.request_line_bytes + sizes.headers_bytes).next_multiple_of(8192) + 8192
    }

    pub(in crate::net) fn counters(&self) -> &Arc<Counters> {
        &self.plan.counters
    }

    pub(in crate::net) fn limits(&self) -> &Limits {
        &self.plan.limits
    }

    pub(in crate::net) fn is_proxy(&self, ip: IpAddr) -> bool {
        self.guard.is_proxy(ip)
    }

    /// A place among the connections of this address; `None` when it has too many.
    pub(in crate::net) fn connection_share(&self, client: Option<ClientKey>) -> Option<Permit> {
        self.connections.take(client)
    }

    /// A place among the bodies being read; `None` when there are too many.
    pub(in crate::net) fn body_place(&self, client: ClientKey) -> Option<Permit> {
        self.bodies.take(Some(client))
    }

    /// A place among the `WebSockets` that have not been let in yet; `None` when there are too many.
    pub(super) fn handshake_place(&self, client: ClientKey) -> Option<Permit> {
        self.handshakes.take(Some(client))
    }
}
