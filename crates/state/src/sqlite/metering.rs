//! Usage rows on SQLite.

mod columns;
mod sums;

use super::{Store, row};
use crate::{CallRow, Error, GroupBy, Metering, Spending, UsageGroup, UsageTotals};
use async_trait::async_trait;
use columns::Encoded;
use domain::ledger::CallId;
use domain::{AgentId, RunId, UnixMillis};
use rusqlite::{OptionalExtension, params};

#[async_trait]
impl Metering for Store {
    async fn record(&self, rows: Vec<CallRow>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = rows
            .into_iter()
            .map(Encoded::new)
            .collect::<Result<Vec<_>, _>>()?;
        let weight = rows.iter().map(Encoded::weight).sum();
        self.write(weight, move |tx| {
            for row in &rows {
                row.insert(tx)?;
            }
            Ok(())
        })
        .await
    }

    async fn totals(&self, since: UnixMillis, until: UnixMillis) -> Result<UsageTotals, Error> {
        self.read(move |sql| Ok(sums::totals(sql, since, until)?))
            .await
    }

    async fn grouped(
        &self,
        by: GroupBy,
        since: UnixMillis,
        until: UnixMillis,
        agent: Option<&AgentId>,
    ) -> Result<Vec<UsageGroup>, Error> {
        let agent = agent.cloned();
        self.read(move |sql| Ok(sums::grouped(sql, by, (since, until), agent.as_ref())?))
            .await
    }

    async fn spending(
        &self,
        since: UnixMillis,
        recent: UnixMillis,
    ) -> Result<Vec<Spending>, Error> {
        self.read(move |sql| Ok(sums::spending(sql, since, recent)?))
            .await
    }

    async fn of_run(&self, run: &RunId) -> Result<Vec<CallRow>, Error> {
        let run = run.clone();
        self.read(move |sql| {
            let query = columns::select("run = ?1 ORDER BY at_ms, id");
            let mut statement = sql.prepare_cached(&query)?;
            let rows = statement.query_map([run.as_str()], columns::numbered)?;
            Ok(rows
                .map(|row| row.map(|(_number, row)| row))
                .collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn call(&self, call: &CallId) -> Result<Option<CallRow>, Error> {
        let call = call.clone();
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(&columns::select("call = ?1"))?;
            let found = statement.query_row([call.as_str()], columns::numbered);
            Ok(found.optional()?.map(|(_number, row)| row))
        })
        .await
    }

    async fn page(
        &self,
        since: UnixMillis,
        until: UnixMillis,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, CallRow)>, Error> {
        self.read(move |sql| {
            let query =
                columns::select("at_ms >= ?1 AND at_ms < ?2 AND id > ?3 ORDER BY id LIMIT ?4");
            let mut statement = sql.prepare_cached(&query)?;
            let after = after.unwrap_or(i64::MIN);
            let page = params![since.0, until.0, after, row::limit(limit)];
            let rows = statement.query_map(page, columns::numbered)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
