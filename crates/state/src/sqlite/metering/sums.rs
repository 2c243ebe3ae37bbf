//! Usage added up.

use super::super::row;
use crate::{GroupBy, Spending, UsageGroup, UsageTotals};
use domain::{AgentId, MicroUsd, SessionKey, TokenCount, UnixMillis, Usage};
use rusqlite::{Connection, Row, params};
use std::sync::Arc;

/// Each sum comes in two halves of 32 bits, because the sum of large columns would not fit one.
const SUMS: &str = "count(*), count(cost), count(nullif(estimated, 0)),
    sum(input_tokens >> 32), sum(input_tokens & 4294967295),
    sum(output_tokens >> 32), sum(output_tokens & 4294967295),
    sum(cache_read_tokens >> 32), sum(cache_read_tokens & 4294967295),
    sum(cache_write_tokens >> 32), sum(cache_write_tokens & 4294967295),
    sum(media_tokens >> 32), sum(media_tokens & 4294967295),
    sum(reasoning_tokens >> 32), sum(reasoning_tokens & 4294967295),
    sum(cost >> 32), sum(cost & 4294967295)";

/// The calls between two moments as one sum.
pub(super) fn totals(
    sql: &Connection,
    since: UnixMillis,
    until: UnixMillis,
) -> rusqlite::Result<UsageTotals> {
    let query = format!("SELECT {SUMS} FROM usage WHERE at_ms >= ?1 AND at_ms < ?2");
    sql.prepare_cached(&query)?
        .query_row([since.0, until.0], |row| sums(row, 0))
}

/// The calls between two moments in groups, of one agent if given.
pub(super) fn grouped(
    sql: &Connection,
    by: GroupBy,
    (since, until): (UnixMillis, UnixMillis),
    agent: Option<&AgentId>,
) -> rusqlite::Result<Vec<UsageGroup>> {
    let name = match by {
        GroupBy::Model => "provider || '/' || model",
        GroupBy::Provider => "provider",
        GroupBy::Agent => "agent",
        GroupBy::Session => "session",
        GroupBy::Key => "key",
        GroupBy::Day => "strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch')",
    };
    let order = match by {
        GroupBy::Day => "name",
        GroupBy::Model | GroupBy::Provider | GroupBy::Agent | GroupBy::Session | GroupBy::Key => {
            "total(cost) DESC, count(*) DESC, name"
        }
    };
    let query = format!(
        "SELECT {name} AS name, {SUMS} FROM usage
          WHERE at_ms >= ?1 AND at_ms < ?2 AND (?3 IS NULL OR agent = ?3)
          GROUP BY 1 ORDER BY {order}"
    );
    let mut statement = sql.prepare_cached(&query)?;
    let wanted = params![since.0, until.0, agent.map(AgentId::as_str)];
    let rows = statement.query_map(wanted, |row| {
        Ok(UsageGroup {
            name: row.get(0)?,
            totals: sums(row, 1)?,
        })
    })?;
    rows.collect()
}

/// What everybody spent since `since` and, of that, since `recent`. Negative costs do not count.
pub(super) fn spending(
    sql: &Connection,
    since: UnixMillis,
    recent: UnixMillis,
) -> rusqlite::Result<Vec<Spending>> {
    let mut statement = sql.prepare_cached(
        "SELECT agent, session, key,
           sum(max(cost, 0) >> 32), sum(max(cost, 0) & 4294967295),
           sum(iif(at_ms >= ?2, max(cost, 0), 0) >> 32),
           sum(iif(at_ms >= ?2, max(cost, 0), 0) & 4294967295)
         FROM usage WHERE at_ms >= ?1 AND cost IS NOT NULL GROUP BY agent, session, key",
    )?;
    let rows = statement.query_map([since.0, recent.0], |row| {
        Ok(Spending {
            agent: row.get::<_, Option<String>>(0)?.map(AgentId::new),
            session: row.get::<_, Option<String>>(1)?.map(SessionKey::new),
            key: row.get::<_, Option<String>>(2)?.map(Arc::from),
            since: money(row, 3)?,
            recent: money(row, 5)?,
        })
    })?;
    rows.collect()
}

/// The columns of [`SUMS`], from column `first` on.
fn sums(row: &Row<'_>, first: usize) -> rusqlite::Result<UsageTotals> {
    let calls: i64 = row.get(first)?;
    let priced: i64 = row.get(first + 1)?;
    let tokens = |at: usize| -> rusqlite::Result<Option<TokenCount>> {
        let sum = whole(row, first + at)?;
        Ok(sum.map(|sum| TokenCount(u64::try_from(sum.max(0)).unwrap_or(u64::MAX))))
    };
    Ok(UsageTotals {
        calls: row::unsigned(calls),
        unpriced: row::unsigned(calls.saturating_sub(priced)),
        estimated: row::unsigned(row.get(first + 2)?),
        usage: Usage {
            input: tokens(3)?,
            output: tokens(5)?,
            cache_read: tokens(7)?,
            cache_write: tokens(9)?,
            media: tokens(11)?,
            reasoning: tokens(13)?,
        },
        cost: money(row, first + 15)?,
    })
}

fn money(row: &Row<'_>, high: usize) -> rusqlite::Result<MicroUsd> {
    let sum = whole(row, high)?.unwrap_or(0);
    let most = if sum < 0 { i64::MIN } else { i64::MAX };
    Ok(MicroUsd(i64::try_from(sum).unwrap_or(most)))
}

/// Puts the two halves of a sum together; `None` when no row had a value.
fn whole(row: &Row<'_>, high: usize) -> rusqlite::Result<Option<i128>> {
    let high_half: Option<i64> = row.get(high)?;
    let low_half: Option<i64> = row.get(high + 1)?;
    Ok(high_half
        .zip(low_half)
        .map(|(high, low)| (i128::from(high) << 32).saturating_add(i128::from(low))))
}
