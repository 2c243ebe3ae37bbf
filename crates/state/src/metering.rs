//! What models used: one row per call to a provider.

use crate::Error;
use async_trait::async_trait;
use domain::ledger::{CallId, CallNote, CallOutcome};
use domain::{AgentId, MicroUsd, ModelId, ProviderId, RunId, SessionKey, UnixMillis, Usage};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One call to a provider that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRow {
    /// Its name; a second row of the same name is never written.
    pub call: CallId,
    /// When it ended.
    pub at: UnixMillis,
    /// The key or user that asked; `None` for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Arc<str>>,
    /// The run, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The session, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionKey>,
    /// The agent, absent on the direct path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// Who served it.
    pub provider: ProviderId,
    /// The model.
    pub model: ModelId,
    /// What it used.
    pub usage: Usage,
    /// What it cost; `None` when the price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
    /// Whether usage and cost are our estimate because the provider did not report them.
    pub estimated: bool,
    /// How it ended.
    pub outcome: CallOutcome,
    /// From the request to the end, in milliseconds.
    pub duration_ms: u64,
    /// How it came to this call.
    pub note: CallNote,
}

/// Usage added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTotals {
    /// Model calls.
    pub calls: u64,
    /// Calls without a known price.
    pub unpriced: u64,
    /// Calls whose usage and cost are our estimate.
    pub estimated: u64,
    /// Tokens.
    pub usage: Usage,
    /// Cost of the priced calls.
    pub cost: MicroUsd,
}

/// By what usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// By `provider/model`.
    Model,
    /// By provider.
    Provider,
    /// By agent.
    Agent,
    /// By session.
    Session,
    /// By key or user.
    Key,
    /// By calendar day (UTC), as `2026-01-31`.
    Day,
}

/// The usage of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageGroup {
    /// What the calls have in common; `None` for those that have no agent, session or key.
    pub name: Option<String>,
    /// Their usage.
    pub totals: UsageTotals,
}

/// What one agent, session and key spent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// The agent.
    pub agent: Option<AgentId>,
    /// The session.
    pub session: Option<SessionKey>,
    /// The key or user.
    pub key: Option<Arc<str>>,
    /// Cost since the first moment asked for.
    pub since: MicroUsd,
    /// Cost since the second.
    pub recent: MicroUsd,
}

/// The rows of all calls, inside runs and on the direct path. The ledger writes them.
#[async_trait]
pub trait Metering: Send + Sync {
    /// Writes rows; those whose call has a row already are left out. Returns when they are durable.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`], [`Error::Overloaded`]; then none is written.
    async fn record(&self, rows: Vec<CallRow>) -> Result<(), Error>;

    /// Adds up all calls with `since <= at < until`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn totals(&self, since: UnixMillis, until: UnixMillis) -> Result<UsageTotals, Error>;

    /// Adds up the calls with `since <= at < until` in groups, of one agent if given: the most
    /// expensive group first, days in their order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn grouped(
        &self,
        by: GroupBy,
        since: UnixMillis,
        until: UnixMillis,
        agent: Option<&AgentId>,
    ) -> Result<Vec<UsageGroup>, Error>;

    /// What everybody spent since `since` and, of that, since `recent`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn spending(&self, since: UnixMillis, recent: UnixMillis)
    -> Result<Vec<Spending>, Error>;

    /// The calls of a run in the order in which they ended.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn of_run(&self, run: &RunId) -> Result<Vec<CallRow>, Error>;

    /// One call.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn call(&self, call: &CallId) -> Result<Option<CallRow>, Error>;

    /// Calls with `since <= at < until` in the order they were written, at most `limit`, after the
    /// one with the number `after`; each with its number. An empty page is the end.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn page(
        &self,
        since: UnixMillis,
        until: UnixMillis,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, CallRow)>, Error>;
}
