//! A run ends and the next of its session begins.

use super::super::encode::{Encoded, encode, encode_all, weight};
use super::super::failure::Failure;
use super::super::head::Head;
use super::super::job::Tx;
use super::{Known, claimed};
use crate::{Claim, Error};
use domain::{Record, RunId, RunOutcome};
use rusqlite::{OptionalExtension, params};

/// The end of a run with everything encoded.
pub(super) struct Prepared {
    claim: Claim,
    records: Vec<Encoded>,
    state: &'static str,
    outcome: String,
}

impl Prepared {
    pub(super) fn new(
        claim: Claim,
        records: &[Record],
        outcome: RunOutcome,
    ) -> Result<Self, Error> {
        let mut records = encode_all(records)?;
        let state = outcome.name();
        let last = encode(&Record::RunFinished(outcome))?;
        let outcome = last.payload.clone();
        records.push(last);
        Ok(Self {
            claim,
            records,
            state,
            outcome,
        })
    }

    pub(super) fn weight(&self) -> usize {
        weight(&self.records)
    }

    pub(super) fn write(self, tx: &Tx<'_>) -> Result<Option<Claim>, Failure> {
        let key = &self.claim.session;
        let mut head = claimed(tx, &self.claim)?;
        let known = Known::running(tx, &self.claim, &head)?;
        for record in &self.records {
            head.append(tx, Some(self.claim.run.as_str()), record)?;
        }
        tx.sql
            .prepare_cached(
                "UPDATE run SET state = ?2, finished_at = ?3, outcome = ?4 WHERE id = ?1",
            )?
            .execute(params![known.id, self.state, tx.now.0, self.outcome])?;
        tx.sql
            .prepare_cached("DELETE FROM draft WHERE run = ?1")?
            .execute([known.id])?;
        let next = match next(tx, &head)? {
            Some((run, waiting)) => Some(waiting.start(tx, &mut head, key, run)?),
            None => None,
        };
        head.save(tx)?;
        Ok(next)
    }
}

/// The run that has waited longest in this session.
fn next(tx: &Tx<'_>, head: &Head) -> rusqlite::Result<Option<(RunId, Known)>> {
    tx.sql
        .prepare_cached(
            "SELECT id, session, state, attempt, run FROM run
             WHERE session = ?1 AND state = 'queued' ORDER BY id LIMIT 1",
        )?
        .query_row([head.id], |row| {
            let known = Known {
                id: row.get(0)?,
                session: row.get(1)?,
                state: row.get(2)?,
                attempt: row.get(3)?,
            };
            Ok((RunId::new(row.get::<_, String>(4)?), known))
        })
        .optional()
}
