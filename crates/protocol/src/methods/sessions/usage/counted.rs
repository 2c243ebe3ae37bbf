//! What a report about sessions counts. Source: gateway RPC methods, "Sessions".

use crate::methods::usage::{CostTotals, DailyCost};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Messages counted. What a slash command answers counts as a message too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageCounts {
    /// Messages of users and assistants together.
    pub total: u64,
    /// Messages of users.
    pub user: u64,
    /// Messages of assistants.
    pub assistant: u64,
    /// Tool calls in them.
    pub tool_calls: u64,
    /// Results of tool calls.
    pub tool_results: u64,
    /// Results that say the tool failed, and runs that did not complete: failed, stopped by
    /// somebody or by a limit, or cut off.
    pub errors: u64,
}

/// How often tools were called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolUsage {
    /// Calls of all tools.
    pub total_calls: u64,
    /// How many tools.
    pub unique_tools: u64,
    /// Each tool, the one called most often first.
    pub tools: Vec<ToolCount>,
}

/// How often one tool was called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCount {
    /// Its name.
    pub name: String,
    /// Its calls.
    pub count: u64,
}

/// How long model calls took, from the request to the end, whatever the end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LatencyStats {
    /// How many calls; the other numbers are 0 without any.
    pub count: u64,
    /// The mean, in milliseconds.
    pub avg_ms: f64,
    /// No more than 5 of 100 took longer, in milliseconds; rounded up to three digits.
    pub p95_ms: u64,
    /// The shortest, in milliseconds.
    pub min_ms: u64,
    /// The longest, in milliseconds.
    pub max_ms: u64,
}

/// The model calls of a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyLatency {
    /// The day.
    pub date: String,
    /// How long they took.
    #[serde(flatten)]
    pub latency: LatencyStats,
}

/// The messages of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyMessageCounts {
    /// The day.
    pub date: String,
    /// Its messages.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// The messages of a quarter of an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarterMessageCounts {
    /// The day, always UTC.
    pub date: String,
    /// Which quarter of an hour of this day, 0 to 95.
    pub quarter_index: u32,
    /// Its messages.
    #[serde(flatten)]
    pub counts: MessageCounts,
}

/// What calls that ended in a quarter of an hour used. Costs are US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarterTokenUsage {
    /// The day, always UTC.
    pub date: String,
    /// Which quarter of an hour of this day, 0 to 95.
    pub quarter_index: u32,
    /// Prompt tokens that no cache served.
    pub input: u64,
    /// Answer tokens.
    pub output: u64,
    /// Prompt tokens read from a cache.
    pub cache_read: u64,
    /// Prompt tokens written to a cache.
    pub cache_write: u64,
    /// All of them.
    pub total_tokens: u64,
    /// What all of them cost.
    pub total_cost: f64,
}

/// What a session used on a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyBreakdown {
    /// The day.
    pub date: String,
    /// All tokens, as `totalTokens` has them.
    pub tokens: u64,
    /// What they cost, as `totalCost` has it.
    pub cost: f64,
    /// Tokens and costs by kind.
    #[serde(flatten)]
    pub totals: CostTotals,
}

/// What a model was used for on a day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyModelUsage {
    /// The day.
    pub date: String,
    /// Who serves the model.
    pub provider: String,
    /// The model.
    pub model: String,
    /// All tokens.
    pub tokens: u64,
    /// What they cost in US dollars.
    pub cost: f64,
    /// Calls.
    pub count: u64,
}

/// What a model was used for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelUsage {
    /// Who serves the model.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Calls.
    pub count: u64,
    /// What they used.
    pub totals: CostTotals,
}

/// What a provider was used for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderUsage {
    /// The provider.
    pub provider: String,
    /// Calls.
    pub count: u64,
    /// What they used.
    pub totals: CostTotals,
}

/// What an agent used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentUsage {
    /// The agent.
    pub agent_id: String,
    /// What its sessions used.
    pub totals: CostTotals,
}

/// A day of all sessions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyUsage {
    /// The day.
    pub date: String,
    /// All tokens.
    pub tokens: u64,
    /// What they cost in US dollars.
    pub cost: f64,
    /// Model calls.
    pub calls: u64,
    /// Messages of users and assistants.
    pub messages: u64,
    /// Tool calls.
    pub tool_calls: u64,
    /// Errors, as in the counts of messages.
    pub errors: u64,
}

/// What one session used and did within the days asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionUsage {
    /// Its random id, as it is now; what was said before a reset counts too.
    pub session_id: String,
    /// When it was first heard of, in Unix milliseconds.
    pub first_activity: i64,
    /// When it was last heard of.
    pub last_activity: i64,
    /// The time between these two.
    pub duration_ms: i64,
    /// The days on which something happened.
    pub activity_dates: Vec<String>,
    /// Tokens and costs by day.
    pub daily_breakdown: Vec<DailyBreakdown>,
    /// Messages by day.
    pub daily_message_counts: Vec<DailyMessageCounts>,
    /// Messages by quarter of an hour.
    pub utc_quarter_hour_message_counts: Vec<QuarterMessageCounts>,
    /// Tokens by quarter of an hour.
    pub utc_quarter_hour_token_usage: Vec<QuarterTokenUsage>,
    /// Durations of model calls by day.
    pub daily_latency: Vec<DailyLatency>,
    /// Models by day.
    pub daily_model_usage: Vec<DailyModelUsage>,
    /// Messages.
    pub message_counts: MessageCounts,
    /// Tools; absent when none was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_usage: Option<ToolUsage>,
    /// Models, the most expensive first.
    pub model_usage: Vec<ModelUsage>,
    /// Durations of model calls; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyStats>,
    /// Tokens and costs.
    #[serde(flatten)]
    pub totals: CostTotals,
}

/// All sessions together, also those beyond the limit of the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageAggregates {
    /// Sessions with a message or a model call within the days.
    pub session_count: u64,
    /// The longest time between the first and the last thing heard of one session.
    pub longest_session_duration_ms: i64,
    /// Messages.
    pub messages: MessageCounts,
    /// Tools.
    pub tools: ToolUsage,
    /// Models, the most expensive first.
    pub by_model: Vec<ModelUsage>,
    /// Providers, the most expensive first.
    pub by_provider: Vec<ProviderUsage>,
    /// Agents, the most expensive first.
    pub by_agent: Vec<AgentUsage>,
    /// Empty: there are no channels.
    pub by_channel: Vec<Value>,
    /// Tokens and costs of days with calls.
    pub cost_daily: Vec<DailyCost>,
    /// Durations of model calls.
    pub latency: LatencyStats,
    /// The same by day.
    pub daily_latency: Vec<DailyLatency>,
    /// Models by day.
    pub model_daily: Vec<DailyModelUsage>,
    /// Days on which something happened.
    pub daily: Vec<DailyUsage>,
}
