//! Usage rows on SQLite.

use super::{Store, row};
use crate::{Error, Metering, UsageRow, UsageTotals};
use async_trait::async_trait;
use domain::{AgentId, MicroUsd, RunId, SessionKey, TokenCount, UnixMillis, Usage};
use rusqlite::{Row, params};

/// One usage row, all columns in order.
pub(super) const INSERT: &str = "INSERT INTO usage (at_ms, run, session, agent, provider, model,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// Each sum comes in two halves of 32 bits, because the sum of large columns would not fit one.
const TOTALS: &str = "SELECT count(*), count(cost),
    sum(input_tokens >> 32), sum(input_tokens & 4294967295),
    sum(output_tokens >> 32), sum(output_tokens & 4294967295),
    sum(cache_read_tokens >> 32), sum(cache_read_tokens & 4294967295),
    sum(cache_write_tokens >> 32), sum(cache_write_tokens & 4294967295),
    sum(reasoning_tokens >> 32), sum(reasoning_tokens & 4294967295),
    sum(cost >> 32), sum(cost & 4294967295)
  FROM usage WHERE at_ms >= ?1 AND at_ms < ?2";

#[async_trait]
impl Metering for Store {
    async fn record(&self, rows: Vec<UsageRow>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write(rows.len().saturating_mul(256), move |tx| {
            let mut insert = tx.sql.prepare_cached(INSERT)?;
            for row in &rows {
                insert.execute(params![
                    row.at.0,
                    row.run.as_ref().map(RunId::as_str),
                    row.session.as_ref().map(SessionKey::as_str),
                    row.agent.as_ref().map(AgentId::as_str),
                    row.provider.as_str(),
                    row.model.as_str(),
                    row::count(row.usage.input),
                    row::count(row.usage.output),
                    row::count(row.usage.cache_read),
                    row::count(row.usage.cache_write),
                    row::count(row.usage.reasoning),
                    row.cost.map(|cost| cost.0),
                ])?;
            }
            Ok(())
        })
        .await
    }

    async fn totals(&self, since: UnixMillis, until: UnixMillis) -> Result<UsageTotals, Error> {
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(TOTALS)?;
            Ok(statement.query_row([since.0, until.0], totals)?)
        })
        .await
    }
}

fn totals(row: &Row<'_>) -> rusqlite::Result<UsageTotals> {
    let calls: i64 = row.get(0)?;
    let priced: i64 = row.get(1)?;
    let tokens = |high: usize| -> rusqlite::Result<Option<TokenCount>> {
        Ok(whole(row, high)?.map(|sum| TokenCount(u64::try_from(sum.max(0)).unwrap_or(u64::MAX))))
    };
    let cost = whole(row, 12)?.unwrap_or(0);
    Ok(UsageTotals {
        calls: row::unsigned(calls),
        unpriced: row::unsigned(calls.saturating_sub(priced)),
        usage: Usage {
            input: tokens(2)?,
            output: tokens(4)?,
            cache_read: tokens(6)?,
            cache_write: tokens(8)?,
            media: None,
            reasoning: tokens(10)?,
        },
        cost: MicroUsd(i64::try_from(cost).unwrap_or(if cost < 0 { i64::MIN } else { i64::MAX })),
    })
}

/// Puts the two halves of a sum together; `None` when no row had a value.
fn whole(row: &Row<'_>, high: usize) -> rusqlite::Result<Option<i128>> {
    let high_half: Option<i64> = row.get(high)?;
    let low_half: Option<i64> = row.get(high + 1)?;
    Ok(high_half
        .zip(low_half)
        .map(|(high, low)| (i128::from(high) << 32).saturating_add(i128::from(low))))
}
