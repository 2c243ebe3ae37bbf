//! `usage.*`: reports from the ledger. None of them calls a model.

mod call;
mod days;
mod quote;
mod sessions;
mod split;
mod zone;

use super::Services;
use crate::error::ApiError;
use days::Days;
use domain::ledger::{BudgetScope, BudgetWindow, CallId};
use domain::{AgentId, MicroUsd, RunId, TokenCount, Usage};
use protocol::ErrorCode;
use protocol::methods::usage::{
    BudgetEntry, CostCacheStatus, CostTotals, DailyCost, UsageBy, UsageCallsParams,
    UsageCallsReply, UsageCostParams, UsageCostReply, UsageEntry, UsageExplainParams,
    UsageExplainReply, UsageReportParams, UsageReportReply, UsageStatusReply,
};
use split::Split;
use state::ledger::Standing;
use state::{CallRow, GroupBy, RunStatus, UsageGroup, UsageTotals};

/// How far back a report goes unless told otherwise.
const USUAL_DAYS: u32 = 30;

/// How many calls a page has unless told otherwise.
const USUAL_PAGE: u32 = 1_000;

/// The most calls of one page.
const LARGEST_PAGE: u32 = 5_000;

impl Services {
    /// Tokens and costs by day, in the shape of the reference.
    ///
    /// # Errors
    /// [`ApiError`]: a day that is none, or a store that cannot be read.
    pub async fn usage_cost(&self, params: UsageCostParams) -> Result<UsageCostReply, ApiError> {
        let now = self.clock.now();
        let (since, until) = (params.start_date.as_deref(), params.end_date.as_deref());
        let days = Days::read(since, until, params.days.unwrap_or(USUAL_DAYS), now)?;
        let agent = params.agent_id.as_deref().map(AgentId::new);
        let groups = self.grouped(GroupBy::Day, &days, agent.as_ref()).await?;
        let mut splits = split::by_day(&*self.state.metering, &days, agent.as_ref()).await?;
        let all = splits.values().copied().fold(Split::default(), Split::plus);
        let daily = days
            .iter()
            .map(|date| {
                let day = groups
                    .iter()
                    .find(|group| group.name.as_deref() == Some(&date));
                let split = splits.remove(&date).unwrap_or_default();
                DailyCost {
                    totals: day
                        .map(|day| cost_totals(&day.totals, &split))
                        .unwrap_or_default(),
                    date,
                }
            })
            .collect();
        Ok(UsageCostReply {
            updated_at: now.0,
            days: days.count(),
            daily,
            totals: cost_totals(&sum(&groups), &all),
            cache_status: CostCacheStatus {
                status: "fresh".to_owned(),
                ..CostCacheStatus::default()
            },
        })
    }

    /// Every budget, and how much of it is spent.
    pub fn usage_status(&self) -> UsageStatusReply {
        UsageStatusReply {
            updated_at: self.clock.now().0,
            providers: Vec::new(),
            budgets: self.budgets(),
        }
    }

    /// Usage added up.
    ///
    /// # Errors
    /// [`ApiError`]: a day that is none, or a store that cannot be read.
    pub async fn usage_report(
        &self,
        params: UsageReportParams,
    ) -> Result<UsageReportReply, ApiError> {
        let (since, until) = (params.since.as_deref(), params.until.as_deref());
        let back = params.days.unwrap_or(USUAL_DAYS);
        let days = Days::read(since, until, back, self.clock.now())?;
        let agent = params.agent_id.as_deref().map(AgentId::new);
        let by = match params.by.unwrap_or_default() {
            UsageBy::Model => GroupBy::Model,
            UsageBy::Provider => GroupBy::Provider,
            UsageBy::Agent => GroupBy::Agent,
            UsageBy::Session => GroupBy::Session,
            UsageBy::Key => GroupBy::Key,
            UsageBy::Day => GroupBy::Day,
        };
        let groups = self.grouped(by, &days, agent.as_ref()).await?;
        let nobody = if by == GroupBy::Key {
            "owner"
        } else {
            "direct"
        };
        let rows = groups
            .iter()
            .map(|group| entry(group.name.as_deref().unwrap_or(nobody), &group.totals));
        Ok(UsageReportReply {
            since: days.first(),
            until: days.last(),
            rows: rows.collect(),
            total: entry("total", &sum(&groups)),
        })
    }

    /// Every model call, page by page.
    ///
    /// # Errors
    /// [`ApiError`]: a day that is none, or a store that cannot be read.
    pub async fn usage_calls(&self, params: UsageCallsParams) -> Result<UsageCallsReply, ApiError> {
        let (since, until) = (params.since.as_deref(), params.until.as_deref());
        let days = Days::read(since, until, USUAL_DAYS, self.clock.now())?;
        let limit = params.limit.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.ledger.flush().await;
        let rows = self
            .state
            .metering
            .page(days.begin(), days.end(), params.cursor, limit)
            .await?;
        let next_cursor = rows
            .last()
            .filter(|_| rows.len() == limit)
            .map(|(cursor, _)| *cursor);
        Ok(UsageCallsReply {
            calls: rows.iter().map(|(_, row)| call::entry(row)).collect(),
            next_cursor,
        })
    }

    /// The receipt of a run, or of one call of the direct path.
    ///
    /// # Errors
    /// [`ApiError`]: no such run or call, or a store that cannot be read.
    pub async fn usage_explain(
        &self,
        params: UsageExplainParams,
    ) -> Result<UsageExplainReply, ApiError> {
        self.ledger.flush().await;
        let run = RunId::new(params.id.as_str());
        let row = self.state.queue.run(&run).await?;
        let mut rows = self.state.metering.of_run(&run).await?;
        if row.is_none() && rows.is_empty() {
            let call = CallId::new(params.id.as_str());
            rows.extend(self.state.metering.call(&call).await?);
        }
        if row.is_none() && rows.is_empty() {
            let shown: String = params.id.chars().filter(|c| !c.is_control()).collect();
            let shown: String = shown.chars().take(64).collect();
            return Err(ApiError::new(
                ErrorCode::NotFound,
                format!(
                    "there is no run or call {shown:?}; answers carry it in the header \
                     x-openclaw-run-id, and `openclaw usage export` lists every call"
                ),
            ));
        }
        let (status, error) = match row.as_ref().map(|row| &row.status) {
            None => (None, None),
            Some(RunStatus::Queued) => (Some("queued"), None),
            Some(RunStatus::Running) => (Some("running"), None),
            Some(RunStatus::Finished(outcome)) => (
                Some(outcome.name()),
                crate::error::of_outcome(outcome).map(|error| error.message),
            ),
        };
        let first = rows.first();
        Ok(UsageExplainReply {
            id: params.id,
            session_key: row
                .as_ref()
                .map(|row| row.session.to_string())
                .or_else(|| first?.session.as_ref().map(ToString::to_string)),
            agent_id: row
                .as_ref()
                .map(|row| row.agent.to_string())
                .or_else(|| first?.agent.as_ref().map(ToString::to_string)),
            status: status.map(ToOwned::to_owned),
            error,
            total: entry("total", &totals_of(&rows)),
            calls: rows.iter().map(call::entry).collect(),
        })
    }

    /// Every budget that is set, as clients read it.
    pub(crate) fn budgets(&self) -> Vec<BudgetEntry> {
        self.ledger.standing().iter().map(budget).collect()
    }

    async fn grouped(
        &self,
        by: GroupBy,
        days: &Days,
        agent: Option<&AgentId>,
    ) -> Result<Vec<UsageGroup>, ApiError> {
        // What was settled a moment ago counts.
        self.ledger.flush().await;
        let metering = &self.state.metering;
        Ok(metering
            .grouped(by, days.begin(), days.end(), agent)
            .await?)
    }
}

fn budget(standing: &Standing) -> BudgetEntry {
    let (scope, name) = match &standing.scope {
        BudgetScope::Gateway => ("gateway", None),
        BudgetScope::Agent { agent } => ("agent", Some(agent.to_string())),
        BudgetScope::Session { session } => ("session", Some(session.to_string())),
        BudgetScope::Key { key } => ("key", Some(key.to_string())),
        BudgetScope::Run => ("run", None),
    };
    let window = match standing.window {
        BudgetWindow::Day => "day",
        BudgetWindow::Month => "month",
        BudgetWindow::Run => "run",
    };
    BudgetEntry {
        scope: scope.to_owned(),
        name,
        window: window.to_owned(),
        limit_usd: standing.limit.to_string(),
        spent_usd: standing.spent.to_string(),
        reserved_usd: standing.reserved.to_string(),
        resets_at: standing.resets_at.0,
    }
}

fn sum(groups: &[UsageGroup]) -> UsageTotals {
    groups.iter().fold(UsageTotals::default(), |all, group| {
        let part = &group.totals;
        UsageTotals {
            calls: all.calls.saturating_add(part.calls),
            unpriced: all.unpriced.saturating_add(part.unpriced),
            estimated: all.estimated.saturating_add(part.estimated),
            usage: all.usage.plus(part.usage),
            cost: all.cost + part.cost,
        }
    })
}

fn totals_of(rows: &[CallRow]) -> UsageTotals {
    rows.iter()
        .fold(UsageTotals::default(), |all, row| UsageTotals {
            calls: all.calls.saturating_add(1),
            unpriced: all.unpriced + u64::from(row.cost.is_none()),
            estimated: all.estimated + u64::from(row.estimated),
            usage: all.usage.plus(row.usage),
            cost: all.cost + row.cost.unwrap_or_default(),
        })
}

fn count(tokens: Option<TokenCount>) -> u64 {
    tokens.unwrap_or_default().0
}

fn entry(name: &str, totals: &UsageTotals) -> UsageEntry {
    let usage = &totals.usage;
    UsageEntry {
        name: name.to_owned(),
        calls: totals.calls,
        estimated_calls: totals.estimated,
        unpriced_calls: totals.unpriced,
        input_tokens: count(usage.input),
        output_tokens: count(usage.output),
        cache_read_tokens: count(usage.cache_read),
        cache_write_tokens: count(usage.cache_write),
        media_tokens: count(usage.media),
        reasoning_tokens: count(usage.reasoning),
        cost_usd: totals.cost.to_string(),
    }
}

fn cost_totals(totals: &UsageTotals, split: &Split) -> CostTotals {
    let usage: &Usage = &totals.usage;
    let (read, write) = (count(usage.cache_read), count(usage.cache_write));
    CostTotals {
        input: count(usage.input)
            .saturating_sub(read)
            .saturating_sub(write),
        output: count(usage.output),
        cache_read: read,
        cache_write: write,
        total_tokens: count(usage.total()),
        total_cost: dollars(totals.cost),
        input_cost: dollars(split.input),
        output_cost: dollars(split.output),
        cache_read_cost: dollars(split.cache_read),
        cache_write_cost: dollars(split.cache_write),
        missing_cost_entries: totals.unpriced,
    }
}

/// Dollars as the number clients of the reference expect; sums of ours never go through it.
fn dollars(amount: MicroUsd) -> f64 {
    // Exact for up to nine billion dollars.
    amount.to_string().parse().unwrap_or_default()
}
