//! `sessions.list`. Source: gateway RPC methods, "Sessions".

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// The sessions changed most recently.
    "sessions.list" => SessionsList(SessionsListParams) -> SessionsListReply, Read;
}

/// Parameters of `sessions.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsListParams {
    /// How many, 1 to 1,000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only this agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `sessions.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsListReply {
    /// Where they are stored.
    pub path: String,
    /// How many sessions exist in all.
    pub count: u64,
    /// The newest first.
    pub sessions: Vec<SessionEntry>,
}

/// One session of the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionEntry {
    /// Its address.
    pub key: String,
    /// Its random id.
    pub session_id: String,
    /// Its agent.
    pub agent_id: String,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: i64,
    /// When it was opened, in Unix milliseconds.
    pub created_at: i64,
    /// How many turns it has.
    pub turns: u64,
    /// Prompt tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Answer tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Both together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// Known cost in US dollars, with six decimals.
    pub cost_usd: String,
}
