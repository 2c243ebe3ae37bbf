//! What sessions used.

use crate::methods::usage::CostTotals;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of `sessions.usage`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsUsageParams {
    /// Only this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Only this agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The first day, `YYYY-MM-DD` in UTC; 30 days back when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// The last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// `7d`, `30d`, `90d`, `1y` or `all`, in place of the dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// How many sessions, 1 to 1,000; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of `sessions.usage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsUsageReply {
    /// When it was added up, in Unix milliseconds.
    pub updated_at: i64,
    /// The first day.
    pub start_date: String,
    /// The last day.
    pub end_date: String,
    /// The sessions changed most recently.
    pub sessions: Vec<SessionUsageEntry>,
    /// All of them together.
    pub totals: CostTotals,
    /// The same by model, provider, agent and day.
    pub aggregates: Map<String, Value>,
}

/// What one session used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionUsageEntry {
    /// Its key.
    pub key: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its random id.
    pub session_id: String,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: i64,
    /// Its agent.
    pub agent_id: String,
    /// `direct`.
    pub chat_type: String,
    /// Who serves its model.
    pub model_provider: String,
    /// Its model.
    pub model: String,
    /// What it used within the days; null when nothing.
    pub usage: Option<CostTotals>,
}

/// Reply of `sessions.usage.timeseries`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsUsageSeriesReply {
    /// The session's random id; absent for an unknown one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// One per answer of a model, oldest first.
    pub points: Vec<UsagePoint>,
}

/// What one answer used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsagePoint {
    /// When, in Unix milliseconds.
    pub timestamp: i64,
    /// Prompt tokens.
    pub input: u64,
    /// Answer tokens.
    pub output: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens written to it.
    pub cache_write: u64,
    /// All together.
    pub total_tokens: u64,
    /// Known cost in US dollars.
    pub cost: f64,
    /// All tokens up to here.
    pub cumulative_tokens: u64,
    /// All cost up to here.
    pub cumulative_cost: f64,
}

/// Parameters of `sessions.usage.logs`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsUsageLogsParams {
    /// The session.
    pub key: String,
    /// The agent whose session a bare key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// How many of the newest, 1 to 1,000; 200 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of `sessions.usage.logs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsUsageLogsReply {
    /// Oldest first.
    pub logs: Vec<UsageLogEntry>,
}

/// A message with what it used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageLogEntry {
    /// When, in Unix milliseconds.
    pub timestamp: i64,
    /// `user`, `assistant` or `toolResult`.
    pub role: String,
    /// What was said.
    pub content: String,
    /// Its tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Its cost in US dollars, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}
