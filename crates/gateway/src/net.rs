//! Everything between a socket and a handler.
//!
//! What: ports, the accept loop, strict HTTP framing with deadlines, the guard every request
//! passes, authentication with its limiter, and bounded reading of bodies.
//! Who calls it: `compose` builds a [`NetPlan`] and an [`Authority`]; `lifecycle` binds with
//! [`bind`] and runs [`serve`]; routes call [`Authority::authenticate`] and [`read_body`].
//! Never: knows a route beyond its shape, reads the environment, writes a secret to a log.
//! Invariants: no request reaches a [`Handler`] with a foreign `Host` or `Origin`, an ambiguous
//! path or framing, or an unattributed proxy in front; every answer carries the security headers;
//! everything a stranger can make grow has a bound.
//! Start reading at [`serve`](serve()), then `connection`, then `guard`.

mod address;
mod auth;
mod body;
pub mod config;
mod connection;
mod counters;
mod guard;
mod limiter;
mod listen;
mod permits;
mod plan;
mod refusal;
mod reply;
mod serve;
mod shield;
mod threads;
mod upgrade;
mod wire;

pub use address::{ClientKey, Network};
pub use auth::{
    Access, AuthError, Authority, Caller, Identity, ProxyAccess, Scope, Scopes, UnknownScope,
};
pub(crate) use auth::{Proven, Second, Shown, principal};
pub use body::{BodyError, read_body, require_json};
pub use connection::{Handler, HandshakePlace, Peer};
pub use counters::{Counters, CountersSnapshot};
pub use limiter::{AttemptLimit, Limiter};
pub use listen::{ListenError, Listeners, bind};
pub use plan::{Limits, NetPlan, PlanInput};
pub use refusal::{error_response, json_response};
pub use reply::{BoxError, ResponseBody};
pub use serve::serve;
pub use threads::Threads;
pub use upgrade::{Resume, Upgraded};
