//! Lists of sessions on SQLite, and what changes a session as a whole.

use super::encode::encode;
use super::failure::Failure;
use super::head::Head;
use super::job::Tx;
use super::{Store, row, trim};
use crate::{Error, Seq, SessionFilter, SessionPage, SessionRow, Sessions};
use async_trait::async_trait;
use domain::record::{SessionOpened, SessionReset};
use domain::{AgentId, MicroUsd, Record, SessionEntry, SessionKey, UnixMillis};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str =
    "SELECT key, session_id, agent, created_at, updated_at, last_seq, turns, cost,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, media_tokens,
    reasoning_tokens, start, entry, last_run
  FROM session";

/// The sessions a filter asks for; its parameters are those of [`asked`].
const ASKED: &str = "removed = 0
    AND (?1 IS NULL OR agent = ?1)
    AND (?2 IS NULL OR instr(key, lower(?2)) OR instr(lower(entry ->> 'label'), lower(?2))
      OR instr(lower(entry ->> 'displayName'), lower(?2)))
    AND (?3 IS NULL OR entry ->> 'label' = ?3)
    AND (?4 IS NULL OR entry ->> 'spawnedBy' = ?4)
    AND (?5 IS NULL OR updated_at >= ?5)
    AND (?6 IS NULL OR ifnull(entry ->> 'archived', 0) = ?6)";

#[async_trait]
impl Sessions for Store {
    async fn get(&self, key: &SessionKey) -> Result<Option<SessionRow>, Error> {
        let key = key.clone();
        self.read(move |sql| Ok(find(sql, &key)?)).await
    }

    async fn by_session_id(&self, session_id: &str) -> Result<Option<SessionRow>, Error> {
        let id = session_id.to_owned();
        self.read(move |sql| {
            let query = format!("{COLUMNS} WHERE session_id = ?1 AND removed = 0 LIMIT 1");
            let mut statement = sql.prepare_cached(&query)?;
            Ok(statement.query_row([id], session).optional()?)
        })
        .await
    }

    async fn list(
        &self,
        filter: &SessionFilter,
        offset: usize,
        limit: usize,
    ) -> Result<SessionPage, Error> {
        let filter = filter.clone();
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(&format!(
                "{COLUMNS} WHERE {ASKED} ORDER BY updated_at DESC, id DESC LIMIT ?7 OFFSET ?8"
            ))?;
            let (agent, spawned_by, updated_after) = asked(&filter);
            let rows = statement.query_map(
                params![
                    agent,
                    filter.search,
                    filter.label,
                    spawned_by,
                    updated_after,
                    filter.archived,
                    row::limit(limit),
                    row::limit(offset),
                ],
                session,
            )?;
            let rows = rows.collect::<Result<_, _>>()?;
            let mut statement =
                sql.prepare_cached(&format!("SELECT count(*) FROM session WHERE {ASKED}"))?;
            let total = statement.query_row(
                params![
                    agent,
                    filter.search,
                    filter.label,
                    spawned_by,
                    updated_after,
                    filter.archived
                ],
                |row| row.get(0),
            )?;
            let total = row::unsigned(total);
            Ok(SessionPage { rows, total })
        })
        .await
    }

    async fn count(&self) -> Result<u64, Error> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT count(*) FROM session WHERE removed = 0")?;
            Ok(row::unsigned(statement.query_row([], |row| row.get(0))?))
        })
        .await
    }

    async fn create(
        &self,
        key: &SessionKey,
        agent: &AgentId,
        session_id: &str,
        entry: SessionEntry,
    ) -> Result<SessionRow, Error> {
        let (key, agent, session_id) = (key.clone(), agent.clone(), session_id.to_owned());
        let text = written(&entry)?;
        let opened = encode(&Record::SessionOpened(SessionOpened {
            agent: agent.clone(),
            session_id: session_id.clone(),
        }))?;
        self.write(text.len() + 128, move |tx| {
            if let Some(known) = find(tx.sql, &key)? {
                return Ok(known);
            }
            let mut head = Head::create(tx, key.as_str(), &session_id, agent.as_str())?;
            head.append(tx, None, &opened)?;
            head.save(tx)?;
            put(tx, &key, &text)
        })
        .await
    }

    async fn set_entry(&self, key: &SessionKey, entry: SessionEntry) -> Result<SessionRow, Error> {
        let key = key.clone();
        let text = written(&entry)?;
        self.write(text.len() + 128, move |tx| put(tx, &key, &text))
            .await
    }

    async fn reset(
        &self,
        key: &SessionKey,
        session_id: &str,
        reason: &str,
    ) -> Result<SessionRow, Error> {
        let key = key.clone();
        let reset = encode(&Record::SessionReset(SessionReset {
            session_id: session_id.to_owned(),
            reason: reason.to_owned(),
        }))?;
        self.write(128, move |tx| {
            let mut head = idle(tx, &key)?.ok_or_else(|| Error::NoSession(key.clone()))?;
            head.append(tx, None, &reset)?;
            head.save(tx)?;
            there(tx, &key)
        })
        .await
    }

    async fn remove(&self, key: &SessionKey) -> Result<Option<SessionKey>, Error> {
        let key = key.clone();
        self.write(128, move |tx| {
            let Some(head) = idle(tx, &key)? else {
                return Ok(None);
            };
            let mut millis = tx.now.0;
            let kept = loop {
                let kept = SessionKey::new(format!("archived:{key}:{millis}"));
                if find(tx.sql, &kept)?.is_none() {
                    break kept;
                }
                millis = millis.saturating_add(1);
            };
            tx.sql
                .prepare_cached("UPDATE session SET key = ?2, removed = 1 WHERE id = ?1")?
                .execute(params![head.id, kept.as_str()])?;
            Ok(Some(kept))
        })
        .await
    }

    async fn trim(&self, key: &SessionKey, keep: usize) -> Result<usize, Error> {
        let key = key.clone();
        self.write(128, move |tx| {
            let mut head = idle(tx, &key)?.ok_or_else(|| Error::NoSession(key.clone()))?;
            trim::write(tx, &mut head, keep)
        })
        .await
    }
}

/// What of a filter is not a column as it stands.
fn asked(filter: &SessionFilter) -> (Option<&str>, Option<&str>, Option<i64>) {
    (
        filter.agent.as_ref().map(AgentId::as_str),
        filter.spawned_by.as_ref().map(SessionKey::as_str),
        filter.updated_after.map(|at| at.0),
    )
}

fn written(entry: &SessionEntry) -> Result<String, Error> {
    serde_json::to_string(entry).map_err(|error| Error::Record(error.to_string()))
}

fn find(sql: &Connection, key: &SessionKey) -> rusqlite::Result<Option<SessionRow>> {
    sql.prepare_cached(&format!("{COLUMNS} WHERE key = ?1"))?
        .query_row([key.as_str()], session)
        .optional()
}

fn there(tx: &Tx<'_>, key: &SessionKey) -> Result<SessionRow, Failure> {
    Ok(find(tx.sql, key)?.ok_or_else(|| Error::NoSession(key.clone()))?)
}

/// A session's head, if nothing of it waits or goes on.
fn idle(tx: &Tx<'_>, key: &SessionKey) -> Result<Option<Head>, Failure> {
    let Some(head) = Head::load(tx, key.as_str())? else {
        return Ok(None);
    };
    let busy = tx
        .sql
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM run WHERE session = ?1 AND state = 'running')
                 OR EXISTS (SELECT 1 FROM run WHERE session = ?1 AND state = 'queued')",
        )?
        .query_row([head.id], |row| row.get(0))?;
    if busy {
        return Err(Error::Busy(key.clone()).into());
    }
    Ok(Some(head))
}

/// Writes what is set for a session.
fn put(tx: &Tx<'_>, key: &SessionKey, text: &str) -> Result<SessionRow, Failure> {
    tx.sql
        .prepare_cached("UPDATE session SET entry = ?2, updated_at = ?3 WHERE key = ?1")?
        .execute(params![key.as_str(), text, tx.now.0])?;
    there(tx, key)
}

fn session(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    let entry: String = row.get(15)?;
    let entry = serde_json::from_str(&entry)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(15, Type::Text, error.into()))?;
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
        start: Seq(row.get(14)?),
        last_run: row::last_run(&row.get::<_, String>(16)?),
        entry,
    })
}
