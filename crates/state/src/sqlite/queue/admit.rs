//! A turn becomes durable.

use super::super::encode::{Encoded, encode, weight};
use super::super::failure::Failure;
use super::super::head::Head;
use super::super::job::Tx;
use super::super::row;
use super::{Known, QUEUED, RUNNING, running_run, started};
use crate::{Admission, Admitted, Claim, Error, IdempotencyKey};
use domain::record::SessionOpened;
use domain::{AgentId, Record, RunId, SessionKey};
use rusqlite::{OptionalExtension, params};

/// An admission with everything encoded that can be encoded before the transaction.
pub(super) struct Prepared {
    run: RunId,
    session: SessionKey,
    agent: AgentId,
    session_id: String,
    idempotency: Option<IdempotencyKey>,
    opened: Encoded,
    accepted: Encoded,
    started: Encoded,
}

impl Prepared {
    pub(super) fn new(admission: Admission) -> Result<Self, Error> {
        let Admission {
            run,
            turn,
            session_id,
            idempotency,
        } = admission;
        let (session, agent) = (turn.session.clone(), turn.agent.clone());
        let opened = SessionOpened {
            agent: agent.clone(),
            session_id: session_id.clone(),
        };
        Ok(Self {
            opened: encode(&Record::SessionOpened(opened))?,
            accepted: encode(&Record::TurnAccepted(Box::new(turn)))?,
            started: started(1)?,
            run,
            session,
            agent,
            session_id,
            idempotency,
        })
    }

    pub(super) fn weight(&self) -> usize {
        weight(std::slice::from_ref(&self.accepted))
    }

    pub(super) fn write(self, tx: &Tx<'_>) -> Result<Admitted, Failure> {
        if let Some(key) = &self.idempotency
            && let Some(run) = remembered(tx, key)?
        {
            return Ok(Admitted::Duplicate { run });
        }
        if Known::load(tx, self.run.as_str())?.is_some() {
            let key = self.run.to_string();
            return Err(Error::KeyReused { key }.into());
        }
        let key = self.session.as_str();
        let known = Head::load(tx, key)?;
        let fresh = known.is_none();
        let mut head = match known {
            Some(head) => head,
            None => Head::create(tx, key, &self.session_id, self.agent.as_str())?,
        };
        if fresh {
            head.append(tx, None, &self.opened)?;
        }
        let run = Some(self.run.as_str());
        let seq = head.append(tx, run, &self.accepted)?;
        let idle = fresh || running_run(tx, head.id)?.is_none();
        let (state, attempt) = if idle { (RUNNING, 1) } else { (QUEUED, 0) };
        tx.sql
            .prepare_cached(
                "INSERT INTO run (run, session, agent, state, attempt, accepted_seq, accepted_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                run,
                head.id,
                self.agent.as_str(),
                state,
                attempt,
                seq.0,
                tx.now.0
            ])?;
        let claim = if idle {
            let fence = head.grow_fence();
            head.append(tx, run, &self.started)?;
            Some(Claim {
                run: self.run.clone(),
                session: self.session.clone(),
                fence,
                attempt,
            })
        } else {
            None
        };
        head.save(tx)?;
        if let Some(key) = &self.idempotency {
            remember(tx, key, &self.run)?;
        }
        Ok(Admitted::Accepted { seq, fresh, claim })
    }
}

/// The run of an earlier request with this key, unless it was forgotten.
fn remembered(tx: &Tx<'_>, key: &IdempotencyKey) -> Result<Option<RunId>, Failure> {
    let found: Option<(String, String)> = tx
        .sql
        .prepare_cached(
            "SELECT fingerprint, run FROM idempotency
             WHERE scope = ?1 AND key = ?2 AND expires_at > ?3",
        )?
        .query_row(params![key.scope, key.key, tx.now.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match found {
        None => Ok(None),
        Some((fingerprint, run)) if fingerprint == key.fingerprint => Ok(Some(RunId::new(run))),
        Some(_) => Err(Error::KeyReused {
            key: key.key.clone(),
        }
        .into()),
    }
}

fn remember(tx: &Tx<'_>, key: &IdempotencyKey, run: &RunId) -> Result<(), Failure> {
    // Two leave for each one that comes, so the table shrinks to what is alive at no visible cost.
    tx.sql
        .prepare_cached(
            "DELETE FROM idempotency WHERE (scope, key) IN (
               SELECT scope, key FROM idempotency WHERE expires_at <= ?1
               ORDER BY expires_at LIMIT 2)",
        )?
        .execute([tx.now.0])?;
    tx.sql
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency (scope, key, fingerprint, run, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            key.scope,
            key.key,
            key.fingerprint,
            run.as_str(),
            tx.now.0.saturating_add(row::millis(key.ttl)),
        ])?;
    Ok(())
}
