//! On whose behalf tools are offered and called.

use crate::config::AgentToolsSettings;

/// What narrows the gateway's tool settings for one run; the default narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The tools section of the agent that runs.
    pub agent: AgentToolsSettings,
    /// Whether this turn may only look: every tool with effects is denied.
    pub read_only: bool,
}
