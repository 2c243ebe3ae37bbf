//! Changing sessions.

use super::LevelOption;
use crate::methods::agents::AgentRuntime;
use crate::methods::chat::AttachmentInput;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of `sessions.create`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCreateParams {
    /// Its key; made up when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its agent; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Names the first run, when there is a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Its name; one session has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// A word to sort it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its model, as `provider/model`, a model id or an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How hard it thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// The session it is made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_session_key: Option<String>,
    /// A first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Images and files of the first message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentInput>,
}

/// Reply of `sessions.create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCreateReply {
    /// Always true.
    pub ok: bool,
    /// Its full key.
    pub key: String,
    /// Its random id.
    pub session_id: String,
    /// What is stored of it.
    pub entry: Map<String, Value>,
    /// Whether a first message was sent.
    pub run_started: bool,
    /// The run of that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// What follows from what is set.
    pub resolved: SessionResolved,
}

/// Parameters of `sessions.patch`. Only what is there is changed; null clears it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsPatchParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Changed only if the session still has this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_session_id: Option<String>,
    /// What to change: `label`, `displayName`, `category`, `icon`, `color`, `archived`, `pinned`,
    /// `unread`, `model`, `thinkingLevel`, `fastMode`, `verboseLevel`, `reasoningLevel`,
    /// `elevatedLevel`, `responseUsage`, `sendPolicy`, `execHost`, `execSecurity`, `execAsk`,
    /// `execNode`, `spawnedBy`.
    #[serde(flatten)]
    pub changes: Map<String, Value>,
}

/// Reply of `sessions.patch` and `sessions.reset`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionChangeReply {
    /// Always true.
    pub ok: bool,
    /// Where sessions are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The session's full key.
    pub key: String,
    /// What is stored of it.
    pub entry: Map<String, Value>,
    /// What follows from what is set.
    pub resolved: SessionResolved,
}

/// What follows from what is set for a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResolved {
    /// Who serves its model.
    pub model_provider: String,
    /// Its model.
    pub model: String,
    /// What runs it.
    pub agent_runtime: AgentRuntime,
    /// Whether that cannot be changed.
    pub runtime_selection_locked: bool,
    /// How hard it thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// How hard it can be asked to think.
    pub thinking_levels: Vec<LevelOption>,
}

/// Parameters of `sessions.reset`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsResetParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// `new` or `reset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Parameters of `sessions.delete`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsDeleteParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Removed only if the session still has this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_session_id: Option<String>,
    /// The log is kept aside whatever this says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_transcript: Option<bool>,
}

/// Reply of `sessions.delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsDeleteReply {
    /// Always true.
    pub ok: bool,
    /// The session's full key.
    pub key: String,
    /// Whether it existed.
    pub deleted: bool,
    /// Where its log is kept.
    pub archived: Vec<String>,
}

/// Parameters of `sessions.compact`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCompactParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// How many of the newest messages stay; at least 1. When absent, the session's model writes a
    /// summary of all that was said, and it stays with the last few messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u32>,
}

/// Reply of `sessions.compact`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCompactReply {
    /// Always true.
    pub ok: bool,
    /// The session's full key.
    pub key: String,
    /// Whether anything was left out.
    pub compacted: bool,
    /// How many messages stayed.
    pub kept: u64,
}

/// Parameters of `sessions.send`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsSendParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What is said; may be empty beside attachments.
    pub message: String,
    /// How hard to think, for this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Images and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentInput>,
    /// Milliseconds the run may take; 0 or absent means the agent's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Names the run; made up when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Parameters of `sessions.abort`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsAbortParams {
    /// The session; may be absent beside `runId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Only this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `sessions.abort`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsAbortReply {
    /// Always true.
    pub ok: bool,
    /// The first run that was stopped; null when there was none.
    pub aborted_run_id: Option<String>,
    /// `aborted` or `no-active-run`.
    pub status: String,
}
