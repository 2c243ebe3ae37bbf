//! What models used: one row per model call, written with the answer it paid for.

use crate::Error;
use async_trait::async_trait;
use domain::{AgentId, MicroUsd, ModelId, ProviderId, RunId, SessionKey, UnixMillis, Usage};

/// One model call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// When it ended.
    pub at: UnixMillis,
    /// The run, absent on the direct path.
    pub run: Option<RunId>,
    /// The session, absent on the direct path.
    pub session: Option<SessionKey>,
    /// The agent, absent on the direct path.
    pub agent: Option<AgentId>,
    /// Who served it.
    pub provider: ProviderId,
    /// The model.
    pub model: ModelId,
    /// What it used.
    pub usage: Usage,
    /// What it cost; `None` when the price is unknown.
    pub cost: Option<MicroUsd>,
}

/// Usage added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTotals {
    /// Model calls.
    pub calls: u64,
    /// Calls without a known price.
    pub unpriced: u64,
    /// Tokens.
    pub usage: Usage,
    /// Cost of the priced calls.
    pub cost: MicroUsd,
}

/// Usage of model calls. Calls inside runs are recorded by the log's projections; this adds those
/// of the direct path and reads both.
#[async_trait]
pub trait Metering: Send + Sync {
    /// Records direct calls. Returns when they are durable.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn record(&self, rows: Vec<UsageRow>) -> Result<(), Error>;

    /// Adds up all calls with `since <= at < until`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn totals(&self, since: UnixMillis, until: UnixMillis) -> Result<UsageTotals, Error>;
}
