//! `cron.*`. Source: gateway RPC methods, "Cron".

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// Whether schedules run.
    "cron.status" => CronStatus(NoParams) -> CronStatusReply, Read;
    /// The scheduled jobs.
    "cron.list" => CronList(CronListParams) -> CronListReply, Read;
    /// Adds a job.
    "cron.add" => CronAdd(NoParams) -> Value, Admin;
    /// Changes a job.
    "cron.update" => CronUpdate(NoParams) -> Value, Admin;
    /// Removes a job.
    "cron.remove" => CronRemove(NoParams) -> Value, Admin;
    /// Runs a job now.
    "cron.run" => CronRun(NoParams) -> Value, Admin;
    /// What jobs did.
    "cron.runs" => CronRuns(CronListParams) -> CronRunsReply, Read;
}

/// Reply of `cron.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronStatusReply {
    /// Whether jobs run; they do not.
    pub enabled: bool,
    /// Where jobs are stored.
    pub store_path: String,
    /// How many there are.
    pub jobs: u64,
    /// When the next one runs, in Unix milliseconds; null without one.
    pub next_wake_at_ms: Option<i64>,
}

/// Parameters of `cron.list` and `cron.runs`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronListParams {
    /// How many, 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many are skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

/// Reply of `cron.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronListReply {
    /// The jobs; there are none.
    pub jobs: Vec<Value>,
    /// Changes with the jobs, so that pages of one list can be told from those of another.
    pub snapshot_revision: String,
    /// How many there are in all.
    pub total: u64,
    /// How many were skipped.
    pub offset: u32,
    /// How many were asked for.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// Where the next page begins; null after the last.
    pub next_offset: Option<u32>,
}

/// Reply of `cron.runs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CronRunsReply {
    /// What jobs did; nothing.
    pub entries: Vec<Value>,
    /// How many entries there are in all.
    pub total: u64,
    /// How many were skipped.
    pub offset: u32,
    /// How many were asked for.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// Where the next page begins; null after the last.
    pub next_offset: Option<u32>,
}
