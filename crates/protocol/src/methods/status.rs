//! `health` and `status`. Source: gateway RPC methods, "Status and system".

mod session;

pub use session::SessionStatus;

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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

/// Whether everything works, in brief.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthSummary {
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
    /// How long it took to find out.
    #[serde(default)]
    pub duration_ms: u64,
    /// Chat channels by id; there are none.
    #[serde(default)]
    pub channels: BTreeMap<String, Value>,
    /// The order to show channels in.
    #[serde(default)]
    pub channel_order: Vec<String>,
    /// Names of channels for people, by id.
    #[serde(default)]
    pub channel_labels: BTreeMap<String, String>,
    /// Seconds between heartbeats of the default agent; 0 when there are none.
    #[serde(default)]
    pub heartbeat_seconds: u64,
    /// The agent that answers when none is named.
    #[serde(default)]
    pub default_agent_id: String,
    /// The agents.
    #[serde(default)]
    pub agents: Vec<AgentHealth>,
    /// The sessions of all agents. Which ones is shown to callers who may read only.
    #[serde(default)]
    pub sessions: SessionsHealth,
    /// Plugins; there are none.
    #[serde(default)]
    pub plugins: PluginsHealth,
    /// Whether changes of the settings file are taken up while running.
    #[serde(default)]
    pub config_reload: ConfigReload,
    /// Whether models can be chosen for every agent.
    #[serde(default)]
    pub model_runtime: ModelRuntime,
}

/// One agent of the health.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentHealth {
    /// Its id.
    pub agent_id: String,
    /// Whether it is the default agent.
    pub is_default: bool,
    /// Its heartbeat.
    pub heartbeat: HeartbeatHealth,
    /// Its sessions.
    pub sessions: SessionsHealth,
}

/// The heartbeat of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatHealth {
    /// Whether it has one.
    pub enabled: bool,
    /// How often, e.g. `30m`; `disabled` without one.
    pub every: String,
    /// The same in milliseconds; null without one.
    pub every_ms: Option<u64>,
    /// What the agent is told then; empty without one.
    pub prompt: String,
    /// Where its answer goes; `none` without one.
    pub target: String,
    /// How long an answer that only says "all is well" may be, in characters.
    pub ack_max_chars: u64,
}

/// Sessions of the health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsHealth {
    /// Where they are stored.
    pub path: String,
    /// How many.
    pub count: u64,
    /// Those changed most recently, at most five.
    pub recent: Vec<RecentSession>,
}

/// A session that changed recently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecentSession {
    /// Its address.
    pub key: String,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: i64,
    /// How long ago, in milliseconds.
    pub age: i64,
}

/// Plugins of the health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginsHealth {
    /// Those that are loaded.
    pub loaded: Vec<String>,
    /// Those that failed.
    pub errors: Vec<Value>,
    /// Those that are missing.
    pub unavailable: Vec<Value>,
}

/// Reload of the settings, as the health shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigReload {
    /// `active`, or `disabled` with `gateway.reload.mode: off`.
    pub hot_reload_status: String,
}

/// The state of models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelRuntime {
    /// Whether an agent has no model that exists.
    pub degraded: bool,
    /// Those agents.
    pub pending_agents: Vec<String>,
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
    pub health: HealthSummary,
    /// Settings that were ignored or could not be applied, with the reason.
    pub warnings: Vec<String>,
    /// Heartbeats of the agents.
    #[serde(default)]
    pub heartbeat: HeartbeatSummary,
    /// One line per chat channel; there are none.
    #[serde(default)]
    pub channel_summary: Vec<String>,
    /// Events that wait for the next turn of the main session.
    #[serde(default)]
    pub queued_system_events: Vec<String>,
    /// Settings whose secrets could not be fetched.
    #[serde(default)]
    pub degraded_secret_owners: Vec<Value>,
    /// Plugins that do not work; there are none.
    #[serde(default)]
    pub degraded_plugins: Vec<Value>,
    /// Whether models can be chosen for every agent.
    #[serde(default)]
    pub model_runtime: ModelRuntime,
    /// What the process uses; absent where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_memory: Option<ProcessMemory>,
}

/// Heartbeats of the status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatSummary {
    /// The agent that answers when none is named.
    pub default_agent_id: String,
    /// Per agent.
    pub agents: Vec<AgentHeartbeat>,
}

/// The heartbeat of an agent in the status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentHeartbeat {
    /// The agent.
    pub agent_id: String,
    /// Whether it has one.
    pub enabled: bool,
    /// How often, e.g. `30m`; `disabled` without one.
    pub every: String,
    /// The same in milliseconds; null without one.
    pub every_ms: Option<u64>,
}

/// Memory of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessMemory {
    /// What lies in main memory, in bytes.
    pub rss_bytes: u64,
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
    /// The same, as a list.
    #[serde(default)]
    pub paths: Vec<String>,
    /// How many.
    pub count: u64,
    /// What new sessions use.
    #[serde(default)]
    pub defaults: SessionDefaults,
    /// Those changed most recently, at most ten.
    #[serde(default)]
    pub recent: Vec<SessionStatus>,
    /// The same per agent.
    #[serde(default)]
    pub by_agent: Vec<AgentSessions>,
}

/// What new sessions use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionDefaults {
    /// The model of the default agent, without its provider; null when it is not in the catalog.
    pub model: Option<String>,
    /// Its context window; null when not known.
    pub context_tokens: Option<u32>,
}

/// Sessions of one agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentSessions {
    /// The agent.
    pub agent_id: String,
    /// Where they are stored.
    pub path: String,
    /// How many.
    pub count: u64,
    /// Those changed most recently.
    pub recent: Vec<SessionStatus>,
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
