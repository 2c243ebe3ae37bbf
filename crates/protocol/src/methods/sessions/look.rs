//! Looking at sessions and hearing of them.

use super::row::{ModelDefaults, SessionEntry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of `sessions.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsListParams {
    /// How many, 1 to 1,000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many to pass over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Only this agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only those changed within so many minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_minutes: Option<u64>,
    /// Only those whose key or label holds this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only the one with this label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Only those another session made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawned_by: Option<String>,
    /// `true`: only those put away; `"all"`: those too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Value>,
    /// With the beginning of the first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_derived_titles: Option<bool>,
    /// With the beginning of the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_last_message: Option<bool>,
}

/// Reply of `sessions.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsListReply {
    /// When the list was made, in Unix milliseconds.
    pub ts: i64,
    /// Where they are stored.
    pub path: String,
    /// How many sessions fit the question in all.
    pub count: u64,
    /// The same.
    pub total_count: u64,
    /// How many are listed at most.
    pub limit_applied: u64,
    /// Where the next page begins; null at the end.
    pub next_offset: Option<u64>,
    /// Whether there are more.
    pub has_more: bool,
    /// What a new session starts with.
    pub defaults: ModelDefaults,
    /// The newest first.
    pub sessions: Vec<SessionEntry>,
}

/// Parameters of `sessions.describe`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsDescribeParams {
    /// The session.
    pub key: String,
    /// With the beginning of the first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_derived_titles: Option<bool>,
    /// With the beginning of the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_last_message: Option<bool>,
}

/// Reply of `sessions.describe`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsDescribeReply {
    /// Its row; null for an unknown session.
    pub session: Option<SessionEntry>,
}

/// Parameters that name one session.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionKeyParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Parameters of `sessions.get`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsGetParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// How many of the newest messages, 1 to 1,000; 200 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of `sessions.get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsGetReply {
    /// The newest messages, oldest first; none of an unknown session.
    pub messages: Vec<Value>,
}

/// Parameters of `sessions.preview`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsPreviewParams {
    /// The sessions, at most 64.
    pub keys: Vec<String>,
    /// How many messages of each, 1 to 50; 12 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Texts longer than this are cut, 20 to 4,000; 240 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
}

/// Reply of `sessions.preview`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsPreviewReply {
    /// When it was made, in Unix milliseconds.
    pub ts: i64,
    /// One per key, in the order they were asked for.
    pub previews: Vec<SessionPreview>,
}

/// The last words of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionPreview {
    /// The session, as it was asked for.
    pub key: String,
    /// `ok`, `empty`, or `missing` for an unknown one.
    pub status: String,
    /// Oldest first.
    pub items: Vec<SessionPreviewItem>,
}

/// One message of a preview.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionPreviewItem {
    /// `user`, `assistant` or `tool`.
    pub role: String,
    /// What was said.
    pub text: String,
}

/// Parameters of `sessions.resolve`: one of `key`, `sessionId` and `label`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsResolveParams {
    /// Its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its random id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The beginning of its random id, at least six characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_id: Option<String>,
    /// Only of this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Whether one that does not exist is no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_missing: Option<bool>,
}

/// Reply of `sessions.resolve`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsResolveReply {
    /// Whether it exists.
    pub ok: bool,
    /// Its key; absent when it does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Parameters of methods that take none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsSubscribeParams {}

/// Reply of `sessions.subscribe`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsSubscribeReply {
    /// Whether this connection hears of every session from here on.
    pub subscribed: bool,
}

/// Parameters of `sessions.messages.subscribe`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsMessagesSubscribeParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The `deltaCursor` of a history or the `cursor` of an earlier subscription: what came after
    /// it is sent first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The same, as the `messageSeq` of the last message that was heard; 0 for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_seq: Option<i64>,
}

/// Reply of `sessions.messages.subscribe` and `sessions.messages.unsubscribe`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscribedReply {
    /// Whether this connection hears its messages from here on.
    pub subscribed: bool,
    /// The session's full key.
    pub key: String,
    /// Up to where it has heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Reply of `sessions.groups.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsGroupsReply {
    /// The groups.
    pub groups: Vec<Value>,
    /// In which order they are shown.
    pub section_order: Vec<String>,
}

/// Parameters and reply of `sessions.viewers.set`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsViewersParams {
    /// The sessions, at most 64.
    #[serde(default)]
    pub session_keys: Vec<String>,
}

/// Parameters of `sessions.branches.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsBranchesParams {
    /// The session.
    pub session_key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `sessions.branches.list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsBranchesReply {
    /// The branches; none of a session without messages.
    pub branches: Vec<BranchEntry>,
}

/// A branch of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BranchEntry {
    /// Its last message.
    pub leaf_entry_id: String,
    /// The beginning of that message.
    pub headline: String,
    /// How many messages were looked at.
    pub message_count: u64,
    /// When it last changed, as RFC 3339.
    pub updated_at: String,
    /// Whether the session goes on from it.
    pub active: bool,
}

/// Reply of `sessions.catalog.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCatalogReply {
    /// The catalogs.
    pub catalogs: Vec<Value>,
}
