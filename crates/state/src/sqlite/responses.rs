//! Stored responses on SQLite.

use super::Store;
use crate::{Error, Responses, StoredResponse};
use async_trait::async_trait;
use domain::{AgentId, RunId, SessionKey, UnixMillis};
use rusqlite::{OptionalExtension, Row, params};

const PUT: &str = "INSERT INTO response (id, owner, agent, session, run, previous, created_at,
    expires_at, status, body, input)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
  ON CONFLICT (id) DO UPDATE SET agent = excluded.agent, session = excluded.session,
    run = excluded.run, previous = excluded.previous, created_at = excluded.created_at,
    expires_at = excluded.expires_at, status = excluded.status, body = excluded.body,
    input = excluded.input
  WHERE owner = excluded.owner";

const GET: &str = "SELECT id, owner, agent, session, run, previous, created_at, expires_at, status,
    body, input
  FROM response WHERE id = ?1 AND owner = ?2 AND expires_at > ?3";

#[async_trait]
impl Responses for Store {
    async fn put(&self, response: StoredResponse) -> Result<(), Error> {
        let weight = response.body.len().saturating_add(response.input.len());
        self.write(weight, move |tx| {
            tx.sql.prepare_cached(PUT)?.execute(params![
                response.id,
                response.owner,
                response.agent.as_ref().map(AgentId::as_str),
                response.session.as_ref().map(SessionKey::as_str),
                response.run.as_ref().map(RunId::as_str),
                response.previous,
                response.created_at.0,
                response.expires_at.0,
                response.status,
                response.body,
                response.input,
            ])?;
            Ok(())
        })
        .await
    }

    async fn get(&self, owner: &str, id: &str) -> Result<Option<StoredResponse>, Error> {
        let (owner, id, now) = (owner.to_owned(), id.to_owned(), self.clock.now());
        self.read(move |sql| {
            let mut statement = sql.prepare_cached(GET)?;
            Ok(statement
                .query_row(params![id, owner, now.0], response)
                .optional()?)
        })
        .await
    }

    async fn delete(&self, owner: &str, id: &str) -> Result<bool, Error> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        self.write(0, move |tx| {
            let removed = tx
                .sql
                .prepare_cached(
                    "DELETE FROM response WHERE id = ?1 AND owner = ?2 AND expires_at > ?3",
                )?
                .execute(params![id, owner, tx.now.0])?;
            Ok(removed > 0)
        })
        .await
    }

    async fn prune(&self, now: UnixMillis) -> Result<u64, Error> {
        self.write(0, move |tx| {
            let removed = tx
                .sql
                .prepare_cached("DELETE FROM response WHERE expires_at <= ?1")?
                .execute([now.0])?;
            Ok(u64::try_from(removed).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn response(row: &Row<'_>) -> rusqlite::Result<StoredResponse> {
    Ok(StoredResponse {
        id: row.get(0)?,
        owner: row.get(1)?,
        agent: row.get::<_, Option<String>>(2)?.map(AgentId::new),
        session: row.get::<_, Option<String>>(3)?.map(SessionKey::new),
        run: row.get::<_, Option<String>>(4)?.map(RunId::new),
        previous: row.get(5)?,
        created_at: UnixMillis(row.get(6)?),
        expires_at: UnixMillis(row.get(7)?),
        status: row.get(8)?,
        body: row.get(9)?,
        input: row.get(10)?,
    })
}
