//! `usage.*`: what model calls used and cost. Amounts are US dollars with six decimals; days are
//! UTC, written `2026-11-21`. Source of `usage.cost` and `usage.status`: gateway RPC methods.

mod cost;

pub use cost::{CostCacheStatus, CostTotals, DailyCost, UsageCostParams, UsageCostReply};

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// Tokens and costs by day.
    "usage.cost" => UsageCost(UsageCostParams) -> UsageCostReply, Read;
    /// Every budget, and how much of it is spent.
    "usage.status" => UsageStatus(UsageStatusParams) -> UsageStatusReply, Read;
    /// Usage added up by model, provider, agent, session, key or day.
    "usage.report" => UsageReport(UsageReportParams) -> UsageReportReply, Read;
    /// Every model call, page by page.
    "usage.calls" => UsageCalls(UsageCallsParams) -> UsageCallsReply, Read;
    /// The receipt of a run: every call, why this model, what it cost.
    "usage.explain" => UsageExplain(UsageExplainParams) -> UsageExplainReply, Read;
    /// What a run would cost. Calls no model.
    "usage.quote" => UsageQuote(UsageQuoteParams) -> UsageQuoteReply, Read;
}

/// Parameters of `usage.status`: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct UsageStatusParams {}

/// Reply of `usage.status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageStatusReply {
    /// When this was counted, in Unix milliseconds.
    pub updated_at: i64,
    /// Quotas of provider accounts; empty, since no provider is asked for them.
    pub providers: Vec<Value>,
    /// Every budget that is set.
    pub budgets: Vec<BudgetEntry>,
}

/// One budget.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetEntry {
    /// `gateway`, `agent`, `session` or `key`.
    pub scope: String,
    /// Which agent, session or key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `day` or `month`.
    pub window: String,
    /// How much there is.
    pub limit_usd: String,
    /// How much is spent.
    pub spent_usd: String,
    /// How much calls under way may still spend.
    pub reserved_usd: String,
    /// When it begins anew, in Unix milliseconds.
    pub resets_at: i64,
}

/// By what usage is added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UsageBy {
    /// `provider/model`.
    #[default]
    Model,
    /// The provider.
    Provider,
    /// The agent; calls without one go under `direct`.
    Agent,
    /// The session; calls without one go under `direct`.
    Session,
    /// The key or user; the owner's calls go under `owner`.
    Key,
    /// The day.
    Day,
}

/// Parameters of `usage.report`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageReportParams {
    /// By what to add up; the model when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UsageBy>,
    /// How many days back from today, today included; 30 when no day is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only this agent's calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `usage.report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageReportReply {
    /// The first day.
    pub since: String,
    /// The last day.
    pub until: String,
    /// One row per name, the most expensive first; days in order.
    pub rows: Vec<UsageEntry>,
    /// All rows together.
    pub total: UsageEntry,
}

/// Usage added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageEntry {
    /// What it was added up by.
    pub name: String,
    /// Model calls, failed ones included.
    pub calls: u64,
    /// Calls that were charged by estimate, because the provider reported nothing.
    pub estimated_calls: u64,
    /// Calls whose price is not known.
    pub unpriced_calls: u64,
    /// Prompt tokens, cached ones included.
    pub input_tokens: u64,
    /// Answer tokens, reasoning included.
    pub output_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cache_read_tokens: u64,
    /// Prompt tokens written to a cache.
    pub cache_write_tokens: u64,
    /// Prompt tokens of images, documents, sound and video.
    pub media_tokens: u64,
    /// Answer tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// What it cost, as far as prices are known.
    pub cost_usd: String,
}

/// Parameters of `usage.calls`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageCallsParams {
    /// The first day; 30 days back when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<i64>,
    /// How many, 1 to 5,000; 1,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of `usage.calls`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageCallsReply {
    /// The calls, oldest first.
    pub calls: Vec<CallEntry>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<i64>,
}

/// One call to a provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallEntry {
    /// Its id.
    pub call_id: String,
    /// When it ended, in Unix milliseconds.
    pub ended_at: i64,
    /// The run, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The session, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The agent, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The key or user; absent for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who answered, as `provider/model`.
    pub model: String,
    /// `answered`, `cancelled` or the kind of failure.
    pub outcome: String,
    /// From the request to the end, in milliseconds.
    pub duration_ms: u64,
    /// Prompt tokens, when reported; cached ones included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Answer tokens, when reported; reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Prompt tokens read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<u64>,
    /// Prompt tokens written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Prompt tokens of images, documents, sound and video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_tokens: Option<u64>,
    /// Answer tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// What it cost; absent when the price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<String>,
    /// How much was reserved for it.
    pub reserved_usd: String,
    /// Whether it was charged by estimate.
    pub estimated: bool,
    /// Why this model.
    pub why: String,
    /// The tier the routing policy chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Which credential, e.g. `openai#1`; never the key.
    pub credential: String,
    /// 1 for the first candidate tried, more after failures.
    pub attempt: u32,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What a policy in shadow mode would have chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowEntry>,
    /// Why the provider's prompt cache was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_break: Option<CacheBreakEntry>,
}

/// What a routing policy in shadow mode would have chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShadowEntry {
    /// The tier.
    pub tier: String,
    /// The model, as `provider/model`.
    pub model: String,
    /// Why.
    pub why: String,
    /// What the same tokens would have cost there, when the price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<String>,
}

/// Why the provider's prompt cache was lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheBreakEntry {
    /// Which piece of the prompt differs: `model`, `tools`, `system`, `message 4`.
    pub source: String,
    /// The first byte that differs, counted within the piece.
    pub at_byte: u64,
    /// A few bytes from there, before.
    pub was: String,
    /// A few bytes from there, now.
    pub now: String,
    /// Tokens that could have been read from the cache, estimated.
    pub lost_tokens: u64,
    /// What that costs, when the price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<String>,
}

/// Parameters of `usage.explain`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageExplainParams {
    /// The id of a run, or of one call of the direct path.
    pub id: String,
}

/// Reply of `usage.explain`: the receipt of a run, with every call and why it was made so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageExplainReply {
    /// The id that was asked for.
    pub id: String,
    /// The session, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The agent, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// How the run stands: `queued`, `running` or its outcome; absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why the run did not succeed, when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Every call, in order.
    pub calls: Vec<CallEntry>,
    /// All calls together.
    pub total: UsageEntry,
}

/// Parameters of `usage.quote`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageQuoteParams {
    /// What would be said.
    pub message: String,
    /// To which agent; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which session; the main session when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Another model than the agent's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Reply of `usage.quote`: what the first model call of a run would cost. Calls nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageQuoteReply {
    /// Who would answer, as `provider/model`.
    pub model: String,
    /// Why this model.
    pub why: String,
    /// The tier the routing policy chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// With the whole prompt in the provider's cache and a short answer; absent when the price is
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_usd: Option<String>,
    /// With a usual answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_usd: Option<String>,
    /// The most it can cost: what would be reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_usd: Option<String>,
    /// The most the whole run may cost.
    pub run_limit_usd: String,
    /// Every budget that applies.
    pub budgets: Vec<BudgetEntry>,
}
