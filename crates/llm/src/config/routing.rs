//! What an agent says about routing.

use schemars::JsonSchema;
use serde::Deserialize;

/// `agents.defaults.routing`, and `routing` of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentRouting {
    /// Whether the policy of `models.routing` chooses (`on`), only records what it would have
    /// chosen (`shadow`), or is not asked (`off`). Without it, `auto` as the model turns it on.
    pub mode: Option<RoutingMode>,
    /// The lowest tier to be chosen.
    pub floor: Option<String>,
}

/// What the routing policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoutingMode {
    /// It chooses.
    On,
    /// It records what it would have chosen and saved; the agent's own models answer.
    Shadow,
    /// It is not asked.
    Off,
}
