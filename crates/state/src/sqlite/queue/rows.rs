//! Runs as rows.

use super::super::failure::Failure;
use super::{QUEUED, RUNNING};
use crate::{Error, RunRow, RunStatus, Seq};
use domain::{AgentId, RunId, SessionKey, UnixMillis};
use rusqlite::{Connection, Row};

const COLUMNS: &str = "SELECT run.run, session.key, run.agent, run.state, run.outcome, run.attempt,
    run.accepted_seq, run.accepted_at, run.finished_at
  FROM run JOIN session ON session.id = run.session";

pub(super) fn one(sql: &Connection, run: &RunId) -> Result<Option<RunRow>, Failure> {
    let mut statement = sql.prepare_cached(&format!("{COLUMNS} WHERE run.run = ?1"))?;
    let mut rows = statement.query([run.as_str()])?;
    rows.next()?.map(read).transpose()
}

pub(super) fn unfinished(sql: &Connection) -> Result<Vec<RunRow>, Failure> {
    // Two halves, so that each is read from its partial index whatever the size of the table.
    let mut statement = sql.prepare_cached(&format!(
        "{COLUMNS} WHERE run.id IN (
           SELECT id FROM run WHERE state = 'running'
           UNION ALL SELECT id FROM run WHERE state = 'queued')
         ORDER BY run.id"
    ))?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

fn read(row: &Row<'_>) -> Result<RunRow, Failure> {
    let state: String = row.get(3)?;
    let status = match state.as_str() {
        QUEUED => RunStatus::Queued,
        RUNNING => RunStatus::Running,
        _ => RunStatus::Finished(outcome(&row.get::<_, String>(4)?)?),
    };
    Ok(RunRow {
        run: RunId::new(row.get::<_, String>(0)?),
        session: SessionKey::new(row.get::<_, String>(1)?),
        agent: AgentId::new(row.get::<_, String>(2)?),
        status,
        attempt: row.get(5)?,
        accepted_seq: Seq(row.get(6)?),
        accepted_at: UnixMillis(row.get(7)?),
        finished_at: row.get::<_, Option<i64>>(8)?.map(UnixMillis),
    })
}

/// The outcome is kept as the payload of its `RunFinished` record.
fn outcome(payload: &str) -> Result<domain::RunOutcome, Error> {
    serde_json::from_str(payload).map_err(|error| Error::Record(error.to_string()))
}
