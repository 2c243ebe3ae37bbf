//! Where a conversation may begin, and how it comes to begin there.

use super::encode::encode;
use super::failure::Failure;
use super::head::Head;
use super::job::Tx;
use crate::Error;
use domain::record::Trimmed;
use domain::{Record, Role};
use rusqlite::{Row, params};
use std::collections::HashSet;

/// Cuts off what is older than the last `keep` messages or more; returns how many stay.
pub(super) fn write(tx: &Tx<'_>, head: &mut Head, keep: usize) -> Result<usize, Failure> {
    let (before, kept) = beginning(tx, head, keep)?;
    if let Some(before) = before {
        let trimmed = encode(&Record::Trimmed(Trimmed { before }))?;
        head.append(tx, None, &trimmed)?;
        head.save(tx)?;
    }
    Ok(kept)
}

/// The record from which on at least `keep` messages stand, and how many; `None` when nothing is to
/// be cut off.
fn beginning(tx: &Tx<'_>, head: &Head, keep: usize) -> Result<(Option<i64>, usize), Failure> {
    let mut statement = tx.sql.prepare_cached(
        "SELECT seq, run, kind, version, CASE kind WHEN 'turnAccepted' THEN payload END
             FROM session_event WHERE session = ?1 AND seq >= ?2 ORDER BY seq DESC",
    )?;
    let mut rows = statement.query(params![head.id, head.start().0])?;
    // Runs whose end was seen and whose turn was not: something was under way there.
    let mut under_way = HashSet::new();
    let mut kept = 0;
    // Where it may begin, once something older than that is seen.
    let mut found = None;
    while let Some(row) = rows.next()? {
        let (seq, run): (i64, Option<String>) = (row.get(0)?, row.get(1)?);
        let kind: String = row.get(2)?;
        let is_turn = kind == "turnAccepted";
        if is_turn || kind == "assistantMessage" || kind == "toolFinished" {
            if found.is_some() {
                return Ok((found, kept));
            }
            kept += 1;
        }
        if is_turn {
            run.map(|run| under_way.remove(&run));
            if kept >= keep && under_way.is_empty() && is_said(row)? {
                found = Some(seq);
            }
        } else {
            under_way.extend(run);
        }
    }
    Ok((None, kept))
}

/// Whether a turn is something a person said, and not the results of a client's tools.
fn is_said(row: &Row<'_>) -> Result<bool, Failure> {
    let payload: String = row.get(4)?;
    let record = Record::decode("turnAccepted", row.get(3)?, &payload)
        .map_err(|error| Error::Record(error.to_string()))?;
    Ok(match record {
        Record::TurnAccepted(turn) => turn
            .input
            .first()
            .is_some_and(|message| message.role == Role::User),
        Record::SessionOpened(_)
        | Record::RunStarted(_)
        | Record::AssistantMessage(_)
        | Record::ToolStarted(_)
        | Record::CommandAnswered(_)
        | Record::ToolFinished(_)
        | Record::ApprovalDecided(_)
        | Record::RunFinished(_)
        | Record::SessionReset(_)
        | Record::Trimmed(_)
        | Record::Unknown { .. } => false,
    })
}
