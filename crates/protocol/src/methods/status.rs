//! `health` and `status`. Source: gateway RPC methods, "Status and system".

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// Whether the gateway works, in one answer.
    "health" => Health(HealthParams) -> HealthReply, Any;
    /// What the gateway is doing.
    "status" => Status(StatusParams) -> StatusReply, Read;
}

/// Parameters of `health`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthParams {
    /// Whether to test a write now instead of reporting the last test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
}

/// Reply of `health`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthReply {
    /// Whether everything works.
    pub ok: bool,
    /// When this was found out, in Unix milliseconds.
    pub ts: i64,
    /// Since the start.
    pub uptime_ms: u64,
    /// What does not work, by name.
    pub failing: Vec<String>,
    /// Why, and what to do, one line per entry of `failing`.
    pub reasons: Vec<String>,
}

/// Parameters of `status`: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct StatusParams {}

/// Reply of `status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusReply {
    /// The program's version.
    pub runtime_version: String,
    /// Since the start.
    pub uptime_ms: u64,
    /// Process id.
    pub pid: u32,
    /// Where it listens, as `http://host:port`.
    pub addresses: Vec<String>,
    /// `token`, `password`, `none` or `trusted-proxy`.
    pub auth_mode: String,
    /// The agents.
    pub agents: Vec<AgentEntry>,
    /// The sessions.
    pub sessions: SessionsSummary,
    /// Runs now under way.
    pub active_runs: u64,
    /// What models used today (UTC).
    pub today: UsageSummary,
    /// Every budget that is set.
    pub budgets: Vec<super::usage::BudgetEntry>,
    /// Which HTTP routes are switched on.
    pub endpoints: Endpoints,
    /// Whether everything works.
    pub health: HealthReply,
    /// Settings that were ignored or could not be applied, with the reason.
    pub warnings: Vec<String>,
}

/// One agent of the status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentEntry {
    /// Its id.
    pub agent_id: String,
    /// Its name for people.
    pub name: String,
    /// The model it uses, as `provider/model`.
    pub model: String,
    /// Its workspace folder.
    pub workspace: String,
    /// Whether it is the default agent.
    pub is_default: bool,
}

/// Sessions of the status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsSummary {
    /// Where they are stored.
    pub path: String,
    /// How many.
    pub count: u64,
}

/// Usage of the status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSummary {
    /// Model calls.
    pub calls: u64,
    /// Prompt and answer tokens, as far as reported.
    pub total_tokens: u64,
    /// Known cost in US dollars, with six decimals.
    pub cost_usd: String,
    /// Calls whose price is not known.
    pub unpriced_calls: u64,
    /// Calls that were charged by estimate.
    pub estimated_calls: u64,
}

/// HTTP routes of the status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// `/v1/chat/completions`.
    pub chat_completions: bool,
    /// `/v1/responses`.
    pub responses: bool,
    /// `/v1/messages`.
    pub messages: bool,
}
