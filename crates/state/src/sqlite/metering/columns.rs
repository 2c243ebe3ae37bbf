//! A call as columns and back.

use super::super::job::Tx;
use super::super::row;
use crate::{CallRow, Error};
use domain::ledger::CallId;
use domain::{AgentId, MicroUsd, ModelId, ProviderId, RunId, SessionKey, UnixMillis};
use rusqlite::types::Type;
use rusqlite::{Row, params};
use serde::de::DeserializeOwned;
use std::sync::Arc;

const INSERT: &str = "INSERT INTO usage (call, at_ms, key, run, session, agent, provider, model,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, media_tokens,
    reasoning_tokens, cost, estimated, outcome, duration_ms, note)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
  ON CONFLICT (call) DO NOTHING";

/// The statement that reads rows with all columns, for [`numbered`].
pub(super) fn select(condition: &str) -> String {
    format!(
        "SELECT id, call, at_ms, key, run, session, agent, provider, model, input_tokens,
            output_tokens, cache_read_tokens, cache_write_tokens, media_tokens, reasoning_tokens,
            cost, estimated, outcome, duration_ms, note
          FROM usage WHERE {condition}"
    )
}

/// A row with its JSON columns made on the caller's side, so that the writer thread only writes.
pub(super) struct Encoded {
    row: CallRow,
    outcome: String,
    note: String,
}

impl Encoded {
    pub(super) fn new(row: CallRow) -> Result<Self, Error> {
        let text = |made: Result<String, serde_json::Error>| {
            made.map_err(|error| Error::Record(error.to_string()))
        };
        Ok(Self {
            outcome: text(serde_json::to_string(&row.outcome))?,
            note: text(serde_json::to_string(&row.note))?,
            row,
        })
    }

    /// About how many bytes it takes while it waits.
    pub(super) fn weight(&self) -> usize {
        self.note.len().saturating_add(256)
    }

    /// Writes it, unless its call has a row.
    pub(super) fn insert(&self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        let row = &self.row;
        tx.sql
            .prepare_cached(INSERT)?
            .execute(params![
                row.call.as_str(),
                row.at.0,
                row.key.as_deref(),
                row.run.as_ref().map(RunId::as_str),
                row.session.as_ref().map(SessionKey::as_str),
                row.agent.as_ref().map(AgentId::as_str),
                row.provider.as_str(),
                row.model.as_str(),
                row::count(row.usage.input),
                row::count(row.usage.output),
                row::count(row.usage.cache_read),
                row::count(row.usage.cache_write),
                row::count(row.usage.media),
                row::count(row.usage.reasoning),
                row.cost.map(|cost| cost.0),
                row.estimated,
                self.outcome,
                i64::try_from(row.duration_ms).unwrap_or(i64::MAX),
                self.note,
            ])
            .map(|_rows| ())
    }
}

/// A row of [`select`] with its number.
pub(super) fn numbered(row: &Row<'_>) -> rusqlite::Result<(i64, CallRow)> {
    let text = |at: usize| row.get::<_, Option<String>>(at);
    let call = CallRow {
        call: CallId::new(row.get::<_, String>(1)?),
        at: UnixMillis(row.get(2)?),
        key: text(3)?.map(Arc::from),
        run: text(4)?.map(RunId::new),
        session: text(5)?.map(SessionKey::new),
        agent: text(6)?.map(AgentId::new),
        provider: ProviderId::new(row.get::<_, String>(7)?),
        model: ModelId::new(row.get::<_, String>(8)?),
        usage: row::usage(row, 9)?,
        cost: row.get::<_, Option<i64>>(15)?.map(MicroUsd),
        estimated: row.get(16)?,
        outcome: json(row, 17)?,
        duration_ms: row::unsigned(row.get(18)?),
        note: json(row, 19)?,
    };
    Ok((row.get(0)?, call))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))
}
