//! What goes into a session, and what stops it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of `chat.send`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSendParams {
    /// The session.
    pub session_key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What is said; may be empty beside attachments.
    pub message: String,
    /// How hard to think, for this message: `off`, `minimal`, `low`, `medium`, `high` or `xhigh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Whether the answer goes to the session's channel too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver: Option<bool>,
    /// Images and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentInput>,
    /// Milliseconds the run may take; 0 or absent means the agent's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether a leading `/` is only text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_command_interpretation: Option<bool>,
    /// Names the run; repeating a call with the same key finds the first call's run.
    pub idempotency_key: String,
}

/// An image or a file of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentInput {
    /// `image` or `file`; the bytes decide.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The media type; the bytes decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The bytes in base64, or a `data:` URL.
    pub content: String,
}

/// Reply of `chat.send`. After `/stop` it has the fields of `chat.abort` beside its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSendReply {
    /// The run, or the command.
    pub run_id: String,
    /// `started`; of a repeated call `in_flight`, later `ok`.
    pub status: String,
    /// How long it took to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_timing: Option<ServerTiming>,
    /// After `/stop`: always true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// After `/stop`: whether anything was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<bool>,
    /// After `/stop`: the runs that were stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ids: Option<Vec<String>>,
}

/// How long an answer took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerTiming {
    /// From the arrival of the call to its acknowledgement.
    pub received_to_ack_ms: f64,
    /// Of that, until the session was known.
    pub load_session_ms: f64,
}

/// Parameters of `chat.abort`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatAbortParams {
    /// The session.
    pub session_key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only this run; all of the session's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

/// Reply of `chat.abort`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatAbortReply {
    /// Always true.
    pub ok: bool,
    /// Whether anything was stopped.
    pub aborted: bool,
    /// The runs that were stopped.
    pub run_ids: Vec<String>,
}

/// Parameters of `chat.inject`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatInjectParams {
    /// The session; it must exist.
    pub session_key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The note; not empty.
    pub message: String,
    /// Stands before the note in brackets; at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Reply of `chat.inject`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatInjectReply {
    /// Always true.
    pub ok: bool,
    /// The note, as `__openclaw.id` in a history.
    pub message_id: String,
}

/// Parameters of `chat.toolTitles`; what they hold does not matter.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolTitlesParams {
    /// Which calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Value>,
}

/// Reply of `chat.toolTitles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolTitlesReply {
    /// The titles.
    pub titles: Map<String, Value>,
    /// Whether titles are switched off.
    pub disabled: bool,
}
