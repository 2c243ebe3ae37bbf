//! The run queue on SQLite. Each write is one transaction and one file below.

mod admit;
mod claim;
mod draft;
mod finish;
mod rows;

use super::Store;
use super::encode::{Encoded, encode};
use super::failure::Failure;
use super::head::Head;
use super::job::Tx;
use crate::{Admission, Admitted, Claim, Draft, Error, RunQueue, RunRow};
use async_trait::async_trait;
use domain::record::RunStarted;
use domain::{Record, RunId, RunOutcome, SessionKey};
use rusqlite::{OptionalExtension, params};

#[async_trait]
impl RunQueue for Store {
    async fn admit(&self, admission: Admission) -> Result<Admitted, Error> {
        let admission = admit::Prepared::new(admission)?;
        self.write(admission.weight(), move |tx| admission.write(tx))
            .await
    }

    async fn claim(&self, run: &RunId) -> Result<Claim, Error> {
        let run = run.clone();
        self.write(0, move |tx| claim::write(tx, run)).await
    }

    async fn finish(
        &self,
        claim: &Claim,
        records: Vec<Record>,
        outcome: RunOutcome,
    ) -> Result<Option<Claim>, Error> {
        let ending = finish::Prepared::new(claim.clone(), &records, outcome)?;
        self.write(ending.weight(), move |tx| ending.write(tx))
            .await
    }

    async fn save_draft(&self, claim: &Claim, draft: Draft) -> Result<(), Error> {
        let claim = claim.clone();
        self.write(draft.text.len(), move |tx| draft::write(tx, &claim, &draft))
            .await
    }

    async fn draft(&self, run: &RunId) -> Result<Option<Draft>, Error> {
        let run = run.clone();
        self.read(move |sql| draft::read(sql, &run)).await
    }

    async fn run(&self, run: &RunId) -> Result<Option<RunRow>, Error> {
        let run = run.clone();
        self.read(move |sql| rows::one(sql, &run)).await
    }

    async fn unfinished(&self) -> Result<Vec<RunRow>, Error> {
        self.read(rows::unfinished).await
    }
}

const QUEUED: &str = "queued";
const RUNNING: &str = "running";

/// What a write has to know of a run.
struct Known {
    id: i64,
    session: i64,
    state: String,
    attempt: u32,
}

impl Known {
    fn load(tx: &Tx<'_>, run: &str) -> rusqlite::Result<Option<Self>> {
        tx.sql
            .prepare_cached("SELECT id, session, state, attempt FROM run WHERE run = ?1")?
            .query_row([run], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    session: row.get(1)?,
                    state: row.get(2)?,
                    attempt: row.get(3)?,
                })
            })
            .optional()
    }

    /// The state as the word of an error message.
    fn status(&self) -> &'static str {
        match self.state.as_str() {
            QUEUED => QUEUED,
            RUNNING => RUNNING,
            _ => "finished",
        }
    }

    /// The run a claim speaks of, which must be running.
    fn running(tx: &Tx<'_>, claim: &Claim, head: &Head) -> Result<Self, Failure> {
        let known = Self::load(tx, claim.run.as_str())?
            .filter(|known| known.session == head.id)
            .ok_or_else(|| Error::NoRun(claim.run.clone()))?;
        if known.state != RUNNING {
            let status = known.status();
            return Err(Error::WrongStatus {
                run: claim.run.clone(),
                status,
            }
            .into());
        }
        Ok(known)
    }

    /// Makes the run the running one of its session: grows the fence and writes `RunStarted`. The
    /// head is still to be saved.
    fn start(
        self,
        tx: &Tx<'_>,
        head: &mut Head,
        key: &SessionKey,
        run: RunId,
    ) -> Result<Claim, Failure> {
        let attempt = self.attempt.saturating_add(1);
        tx.sql
            .prepare_cached("UPDATE run SET state = 'running', attempt = ?2 WHERE id = ?1")?
            .execute(params![self.id, attempt])?;
        let fence = head.grow_fence();
        head.append(tx, Some(run.as_str()), &started(attempt)?)?;
        Ok(Claim {
            run,
            session: key.clone(),
            fence,
            attempt,
        })
    }
}

/// The record that an attempt began.
fn started(attempt: u32) -> Result<Encoded, Error> {
    encode(&Record::RunStarted(RunStarted { attempt }))
}

/// The running run of a session, if any.
fn running_run(tx: &Tx<'_>, session: i64) -> rusqlite::Result<Option<i64>> {
    tx.sql
        .prepare_cached("SELECT id FROM run WHERE session = ?1 AND state = 'running'")?
        .query_row([session], |row| row.get(0))
        .optional()
}

/// The session of a claim, if the claim may still write.
fn claimed(tx: &Tx<'_>, claim: &Claim) -> Result<Head, Failure> {
    let head = Head::load(tx, claim.session.as_str())?
        .ok_or_else(|| Error::NoSession(claim.session.clone()))?;
    head.check(claim.fence)?;
    Ok(head)
}
