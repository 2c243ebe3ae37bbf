//! What the terminal UI reads of answers and events, leniently: what is missing or new is no
//! error, so that it works with gateways of both protocol versions. Source: gateway RPC methods.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a payload; what cannot be read is as if it said nothing.
pub(super) fn read<T: DeserializeOwned + Default>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

/// Event `chat`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ChatEvent {
    pub(super) run_id: String,
    pub(super) session_key: String,
    /// `status`, `delta`, `final`, `aborted`, `error`.
    pub(super) state: String,
    pub(super) message: Option<Value>,
    pub(super) delta_text: Option<String>,
    pub(super) replace: Option<bool>,
    pub(super) error_message: Option<String>,
}

/// Event `agent`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AgentEvent {
    pub(super) run_id: String,
    pub(super) session_key: Option<String>,
    pub(super) stream: String,
    pub(super) data: Value,
}

/// Event `session.message`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SessionMessage {
    pub(super) session_key: String,
    pub(super) message: Value,
}

/// Event `sessions.changed`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SessionsChanged {
    pub(super) session_key: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) session: Option<SessionRow>,
}

/// Answer of `chat.history`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct History {
    pub(super) session_id: Option<String>,
    pub(super) messages: Vec<Value>,
    pub(super) in_flight_run: Option<InFlight>,
}

/// A run that goes on while the history is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct InFlight {
    pub(super) run_id: String,
    pub(super) text: Option<String>,
}

/// A session.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SessionRow {
    pub(super) key: String,
    pub(super) label: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) derived_title: Option<String>,
    pub(super) last_message_preview: Option<String>,
    pub(super) updated_at: Option<f64>,
    pub(super) model_provider: Option<String>,
    pub(super) model: Option<String>,
    pub(super) total_tokens: Option<u64>,
    pub(super) context_tokens: Option<u64>,
    pub(super) estimated_cost_usd: Option<f64>,
}

/// Answer of `sessions.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sessions {
    pub(super) sessions: Vec<SessionRow>,
}

/// Answer of `sessions.describe`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Described {
    pub(super) session: Option<SessionRow>,
}

/// Answer of `agents.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Agents {
    pub(super) default_id: Option<String>,
    pub(super) main_key: Option<String>,
    #[serde(rename = "agents")]
    pub(super) rows: Vec<AgentRow>,
}

/// An agent.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct AgentRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) identity: Option<AgentIdentity>,
    pub(super) model: Option<Value>,
}

/// How an agent presents itself.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct AgentIdentity {
    pub(super) name: Option<String>,
    pub(super) emoji: Option<String>,
}

/// Answer of `models.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Models {
    pub(super) models: Vec<ModelRow>,
}

/// A model.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ModelRow {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) context_window: Option<u64>,
    pub(super) reasoning: Option<bool>,
    pub(super) available: Option<bool>,
}

/// Answer of `commands.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commands {
    pub(super) commands: Vec<CommandRow>,
}

/// A slash command of the gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CommandRow {
    pub(super) name: String,
    pub(super) text_aliases: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) accepts_args: Option<bool>,
}

/// An approval that waits, as in `exec.approval.list` and `exec.approval.requested`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ApprovalRow {
    pub(super) id: String,
    pub(super) request: ApprovalRequest,
    pub(super) expires_at_ms: Option<u64>,
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ApprovalRequest {
    pub(super) command: Option<String>,
    pub(super) command_argv: Option<Vec<String>>,
    pub(super) cwd: Option<String>,
    pub(super) host: Option<String>,
    pub(super) node_id: Option<String>,
    pub(super) agent_id: Option<String>,
    pub(super) warning_text: Option<String>,
    pub(super) allowed_decisions: Option<Vec<String>>,
}

/// Event `exec.approval.resolved`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resolved {
    pub(super) id: String,
    pub(super) decision: Option<String>,
}

/// Answer of `usage.status`, which ours alone fills with budgets.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Budgets {
    pub(super) budgets: Vec<Budget>,
}

/// A budget; amounts are decimal dollars.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Budget {
    pub(super) scope: String,
    pub(super) window: String,
    pub(super) limit_usd: String,
    pub(super) spent_usd: String,
}

/// The text of a message: its content as a string, or its text parts.
pub(super) fn text_of(message: &Value) -> Option<String> {
    let content = message.get("content").or_else(|| message.get("text"))?;
    if let Some(text) = content.as_str() {
        return Some(text.to_owned());
    }
    let parts: Vec<&str> = content
        .as_array()?
        .iter()
        .filter(|part| part.get("type").and_then(Value::as_str) == Some("text"))
        .filter_map(|part| part.get("text")?.as_str())
        .collect();
    Some(parts.join("\n"))
}

/// A member that is a string.
pub(super) fn string<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}
