//! What every surface calls: one set of services behind all dialects.

pub(crate) mod chat;
pub(crate) mod cooldowns;
pub mod health;
pub mod login;
pub mod response_cache;
pub mod responses;
mod runs;
mod sessions;
mod status;
pub(crate) mod transcript;
mod usage;

pub use health::HealthMonitor;
pub use login::Logins;
pub use response_cache::ResponseCache;
pub use responses::ResponseBook;

use crate::Runtime;
use crate::approvals::Desk;
use crate::events::Events;
use crate::identity::Devices;
use crate::nodes::Nodes;
use crate::ws::Hub;
use agent::Agents;
use domain::Clock;
use llm::Models;
use state::{Ledger, State};
use std::sync::Arc;

/// The services. Shared behind an `Arc`.
pub struct Services {
    /// Conversations.
    pub agents: Agents,
    /// Models.
    pub models: Arc<dyn Models>,
    /// What survives.
    pub state: State,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What may be spent, and what was.
    pub ledger: Arc<Ledger>,
    /// Whether everything works.
    pub health: HealthMonitor,
    /// Responses that clients may ask for again.
    pub responses: ResponseBook,
    /// Answers given before.
    pub response_cache: ResponseCache,
    /// The devices that may connect.
    pub devices: Arc<Devices>,
    /// One-time login links.
    pub logins: Logins,
    /// What clients hear of runs and sessions.
    pub(crate) events: Arc<Events>,
    /// Questions to people.
    pub(crate) approvals: Arc<Desk>,
    /// Machines that run commands.
    pub(crate) nodes: Nodes,
    /// Everybody who is connected.
    pub(crate) hub: Arc<Hub>,
    /// What changes while running: settings, warnings, addresses.
    pub runtime: Runtime,
}
