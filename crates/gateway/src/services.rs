//! What every surface calls: one set of services behind all dialects.

pub mod health;
pub mod login;
pub mod meter;
mod runs;
mod sessions;
mod status;

pub use health::HealthMonitor;
pub use login::Logins;

use crate::Runtime;
use agent::Agents;
use domain::Clock;
use llm::Models;
use meter::Meter;
use state::State;
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
    /// Usage of the direct path.
    pub meter: Meter,
    /// Whether everything works.
    pub health: HealthMonitor,
    /// One-time login links.
    pub logins: Logins,
    /// What changes while running: settings, warnings, addresses.
    pub runtime: Runtime,
}
