//! Lists of sessions on SQLite.

use super::{Store, row};
use crate::{Error, Seq, SessionRow, Sessions};
use async_trait::async_trait;
use domain::{AgentId, MicroUsd, SessionKey, UnixMillis};
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str =
    "SELECT key, session_id, agent, created_at, updated_at, last_seq, turns, cost,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, media_tokens,
    reasoning_tokens
  FROM session";

#[async_trait]
impl Sessions for Store {
    async fn get(&self, key: &SessionKey) -> Result<Option<SessionRow>, Error> {
        let key = key.clone();
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(&format!("{COLUMNS} WHERE key = ?1"))?;
            Ok(statement.query_row([key.as_str()], session).optional()?)
        })
        .await
    }

    async fn list(&self, agent: Option<&AgentId>, limit: usize) -> Result<Vec<SessionRow>, Error> {
        let agent = agent.cloned();
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(&format!(
                "{COLUMNS} WHERE ?1 IS NULL OR agent = ?1
                     ORDER BY updated_at DESC, id DESC LIMIT ?2"
            ))?;
            let agent = agent.as_ref().map(AgentId::as_str);
            let rows = statement.query_map(params![agent, row::limit(limit)], session)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn count(&self) -> Result<u64, Error> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT count(*) FROM session")?;
            Ok(row::unsigned(statement.query_row([], |row| row.get(0))?))
        })
        .await
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        key: SessionKey::new(row.get::<_, String>(0)?),
        session_id: row.get(1)?,
        agent: AgentId::new(row.get::<_, String>(2)?),
        created_at: UnixMillis(row.get(3)?),
        updated_at: UnixMillis(row.get(4)?),
        last_seq: Seq(row.get(5)?),
        turns: row::unsigned(row.get(6)?),
        cost: MicroUsd(row.get(7)?),
        usage: row::usage(row, 8)?,
    })
}
