//! `usage.cost`: tokens and costs by day, as clients of the reference read them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters of `usage.cost`. Without any: the last 30 days of every agent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageCostParams {
    /// How many days back from today, today included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// Only this agent's calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// `all`: every agent's calls, which is also what happens without `agentId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_scope: Option<String>,
}

/// Reply of `usage.cost`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageCostReply {
    /// When this was counted, in Unix milliseconds.
    pub updated_at: i64,
    /// How many days.
    pub days: u32,
    /// One entry per day, oldest first.
    pub daily: Vec<DailyCost>,
    /// All days together.
    pub totals: CostTotals,
    /// Always fresh: nothing is cached.
    pub cache_status: CostCacheStatus,
}

/// One day of `usage.cost`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyCost {
    /// The day.
    pub date: String,
    /// Its numbers.
    #[serde(flatten)]
    pub totals: CostTotals,
}

/// Numbers of `usage.cost`. Costs are US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostTotals {
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
    /// What `input` cost.
    pub input_cost: f64,
    /// What `output` cost.
    pub output_cost: f64,
    /// What `cacheRead` cost.
    pub cache_read_cost: f64,
    /// What `cacheWrite` cost.
    pub cache_write_cost: f64,
    /// Calls whose price is not known.
    pub missing_cost_entries: u64,
}

/// Freshness of `usage.cost`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostCacheStatus {
    /// `fresh`.
    pub status: String,
    /// Always 0.
    pub cached_files: u64,
    /// Always 0.
    pub pending_files: u64,
    /// Always 0.
    pub stale_files: u64,
}
