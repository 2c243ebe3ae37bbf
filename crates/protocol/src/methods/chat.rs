//! `chat.history` and `chat.abort`. Source: gateway RPC methods, "Chat".

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// The messages of a session.
    "chat.history" => ChatHistory(ChatHistoryParams) -> ChatHistoryReply, Read;
    /// Stops the runs of a session.
    "chat.abort" => ChatAbort(ChatAbortParams) -> ChatAbortReply, Write;
}

/// Parameters of `chat.history`.
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
}

/// Reply of `chat.history`. An unknown session has no messages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatHistoryReply {
    /// The session.
    pub session_key: String,
    /// Its random id; empty for an unknown session.
    pub session_id: String,
    /// Oldest first. Each has `role`, `content`, `timestamp` and `__openclaw {id, seq, runId}`.
    pub messages: Vec<serde_json::Value>,
    /// Whether there are older ones.
    pub has_more: bool,
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
