//! What sessions used.

mod counted;

pub use counted::{
    AgentUsage, DailyBreakdown, DailyLatency, DailyMessageCounts, DailyModelUsage, DailyUsage,
    LatencyStats, MessageCounts, ModelUsage, ProviderUsage, QuarterMessageCounts,
    QuarterTokenUsage, SessionUsage, ToolCount, ToolUsage, UsageAggregates,
};

use crate::methods::usage::CostTotals;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose midnight parts the days of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DaysOf {
    /// UTC.
    #[default]
    Utc,
    /// The time zone of the machine the gateway runs on.
    Gateway,
    /// The distance from UTC the client named.
    Specific,
}

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
    /// The first day, `YYYY-MM-DD`; 30 days back when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// The last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// `7d`, `30d`, `90d`, `1y` or `all`, in place of the dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Whose midnight parts the days; UTC when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<DaysOf>,
    /// For `specific`: how far the days are from UTC, e.g. `UTC+2` or `UTC-3:30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utc_offset: Option<String>,
    /// For `specific`: the name of the zone. Only names of UTC are known, so that others need
    /// `utcOffset` beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
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
    /// Whose midnight parts the days.
    pub mode: DaysOf,
    /// How far midnight is from that of UTC at the end of the last day, e.g. `UTC+2`.
    pub utc_offset: String,
    /// The sessions changed most recently.
    pub sessions: Vec<SessionUsageEntry>,
    /// What all sessions used, also those that are not listed.
    pub totals: CostTotals,
    /// The same by model, provider, agent and day, with what was said and done.
    pub aggregates: UsageAggregates,
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
    /// Who serves the model that is set for it; absent when it uses its agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_override: Option<String>,
    /// The model that is set for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_override: Option<String>,
    /// Who serves its model.
    pub model_provider: String,
    /// Its model.
    pub model: String,
    /// What it used and did within the days; null when nothing.
    pub usage: Option<SessionUsage>,
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
