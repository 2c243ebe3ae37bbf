//! What every surface calls: one set of services behind all dialects.

mod agents;
pub(crate) mod catalog;
pub(crate) mod chat;
pub(crate) mod commands;
pub(crate) mod cooldowns;
pub mod health;
pub mod login;
pub mod response_cache;
pub mod responses;
mod runs;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod status;
mod system;
pub(crate) mod transcript;
mod usage;
mod vacant;
mod voicewake;

pub use health::HealthMonitor;
pub use login::Logins;
pub use response_cache::ResponseCache;
pub use responses::ResponseBook;
pub use settings::SettingsDesk;

use crate::Runtime;
use crate::approvals::Desk;
use crate::events::Events;
use crate::identity::Devices;
use crate::nodes::Nodes;
use crate::repeat::Repeats;
use crate::ws::Hub;
use agent::Agents;
use domain::{Clock, UnixMillis};
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
    /// Slash commands that were carried out.
    pub(crate) commands: chat::Commands,
    /// Held while what is set for a session is read, changed and written.
    pub(crate) session_changes: tokio::sync::Mutex<()>,
    /// What clients hear of runs and sessions.
    pub(crate) events: Arc<Events>,
    /// Questions to people.
    pub(crate) approvals: Arc<Desk>,
    /// Which tools clients call without a model.
    pub(crate) invoke_rules: catalog::invoke::InvokeRules,
    /// Their calls of the last minutes.
    pub(crate) invocations: Repeats<catalog::invoke::Invoked>,
    /// Machines that run commands.
    pub(crate) nodes: Nodes,
    /// Everybody who is connected.
    pub(crate) hub: Arc<Hub>,
    /// The settings file, for those who read and write it from elsewhere.
    pub settings: SettingsDesk,
    /// The last look at the sessions.
    pub(crate) seen: status::SeenSessions,
    /// What changes while running: settings, warnings, addresses.
    pub runtime: Runtime,
}

/// A moment as RFC 3339, in UTC.
pub(crate) fn rfc3339(at: UnixMillis) -> String {
    chrono::DateTime::from_timestamp_millis(at.0)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
