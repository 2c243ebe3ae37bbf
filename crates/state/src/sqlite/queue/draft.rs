//! The beginning of an answer, one row per run.

use super::super::failure::Failure;
use super::super::job::Tx;
use super::{Known, claimed};
use crate::{Claim, Draft};
use domain::RunId;
use rusqlite::{Connection, OptionalExtension, params};

/// Replaces the draft of a running run.
pub(super) fn write(tx: &Tx<'_>, claim: &Claim, draft: &Draft) -> Result<(), Failure> {
    let head = claimed(tx, claim)?;
    let known = Known::running(tx, claim, &head)?;
    tx.sql
        .prepare_cached("INSERT OR REPLACE INTO draft (run, text, model) VALUES (?1, ?2, ?3)")?
        .execute(params![known.id, draft.text, draft.model])?;
    Ok(())
}

/// The draft, if one was kept.
pub(super) fn read(sql: &Connection, run: &RunId) -> Result<Option<Draft>, Failure> {
    let mut statement = sql.prepare_cached(
        "SELECT text, model FROM draft WHERE run = (SELECT id FROM run WHERE run = ?1)",
    )?;
    let draft = statement.query_row([run.as_str()], |row| {
        Ok(Draft {
            text: row.get(0)?,
            model: row.get(1)?,
        })
    });
    Ok(draft.optional()?)
}
