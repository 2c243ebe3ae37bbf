//! What a session holds.

use crate::methods::sessions::{ModelDefaults, SessionEntry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of `chat.history` and `chat.startup`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatHistoryParams {
    /// The session.
    pub session_key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// How many of the newest messages, 1 to 1,000; 200 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many of the newest messages to pass over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// The `deltaCursor` of an earlier reply: only what came after it, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Texts longer than this are cut, 1 to 500,000; 8,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
}

/// Reply of `chat.history`. An unknown session has no messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatHistoryReply {
    /// The session, as it was asked for.
    pub session_key: String,
    /// Its random id; absent for an unknown session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session_id: String,
    /// Oldest first. Each has `role`, `content`, `timestamp` and `__openclaw {id, seq, runId}`.
    pub messages: Vec<Value>,
    /// Messages that wait for their run.
    pub pending_inputs: PendingInputs,
    /// Where to go on reading; absent for an unknown session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_cursor: Option<String>,
    /// Whether there are more: older ones, or with `cursor` newer ones.
    pub has_more: bool,
    /// How many records of messages the session has, as far as they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_messages: Option<u64>,
    /// What a new session starts with.
    pub defaults: ModelDefaults,
    /// The session's row.
    pub session_info: SessionEntry,
    /// The run that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight_run: Option<ActiveRun>,
    /// How hard it thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// How much it shows of its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbose_level: Option<String>,
}

/// A run that goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRun {
    /// The run.
    pub run_id: String,
    /// What it has said so far.
    pub text: String,
}

/// Messages that wait for their run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingInputs {
    /// The messages.
    pub items: Vec<PendingInput>,
    /// How many there are.
    pub total: u64,
}

/// A message that waits for its run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingInput {
    /// The run it waits for.
    pub run_id: String,
}

/// Reply of `chat.startup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatStartupReply {
    /// What `chat.history` answers.
    #[serde(flatten)]
    pub history: ChatHistoryReply,
    /// What `chat.metadata` answers.
    pub metadata: ChatMetadataReply,
}

/// Parameters of `chat.metadata`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMetadataParams {
    /// For this agent; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// For this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// Reply of `chat.metadata`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMetadataReply {
    /// Models, as `models.list` shows them.
    pub models: Vec<Value>,
    /// Commands, as `commands.list` shows them.
    pub commands: Vec<Value>,
    /// Whether several agents may work on one message.
    pub swarm_enabled: bool,
    /// Which account pays: `{kind, label}`.
    pub account_selection: Value,
}

/// Parameters of `chat.message.get`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageParams {
    /// The session.
    pub session_key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The message: `__openclaw.id` of a history.
    pub message_id: String,
    /// Texts longer than this are cut, 1 to 2,000,000; whole when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
}

/// Reply of `chat.message.get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageReply {
    /// Whether there is such a message.
    pub ok: bool,
    /// The message as `chat.history` shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
    /// `not_found`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable_reason: Option<String>,
}
