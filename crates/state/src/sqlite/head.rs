//! The head of a session: its projection row, read at the start of a write and saved at its end.

use super::encode::{Effect, Encoded};
use super::job::Tx;
use super::row;
use crate::{Appended, Fence, LastRun, Seq};
use domain::{MicroUsd, RunId, SessionKey, Usage};
use rusqlite::{OptionalExtension, params};

/// A session as it stands inside the open transaction.
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) fence: i64,
    key: SessionKey,
    /// Set when it changed.
    session_id: Option<String>,
    start: i64,
    /// As it was before this write.
    old_seq: i64,
    last_seq: i64,
    turns: i64,
    usage: Usage,
    cost: MicroUsd,
    /// The last run, as JSON: most writes do not touch it.
    last_run: String,
}

impl Head {
    /// The session with this key, if it was ever opened.
    pub(super) fn load(tx: &Tx<'_>, key: &str) -> rusqlite::Result<Option<Self>> {
        tx.sql
            .prepare_cached(
                "SELECT id, fence, last_seq, turns, cost, input_tokens, output_tokens,
                   cache_read_tokens, cache_write_tokens, media_tokens, reasoning_tokens, start,
                   last_run
                 FROM session WHERE key = ?1",
            )?
            .query_row([key], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    fence: row.get(1)?,
                    key: SessionKey::new(key),
                    session_id: None,
                    start: row.get(11)?,
                    old_seq: row.get(2)?,
                    last_seq: row.get(2)?,
                    turns: row.get(3)?,
                    cost: MicroUsd(row.get(4)?),
                    usage: row::usage(row, 5)?,
                    last_run: row.get(12)?,
                })
            })
            .optional()
    }

    /// A new session; its records are still to be appended.
    pub(super) fn create(
        tx: &Tx<'_>,
        key: &str,
        session_id: &str,
        agent: &str,
    ) -> rusqlite::Result<Self> {
        let id = tx
            .sql
            .prepare_cached(
                "INSERT INTO session (key, session_id, agent, created_at, updated_at, fence,
                   last_seq, turns, cost) VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, 0, 0)",
            )?
            .insert(params![key, session_id, agent, tx.now.0])?;
        Ok(Self {
            id,
            fence: 0,
            key: SessionKey::new(key),
            session_id: None,
            start: 1,
            old_seq: 0,
            last_seq: 0,
            turns: 0,
            usage: Usage::default(),
            cost: MicroUsd::ZERO,
            last_run: "{}".to_owned(),
        })
    }

    /// Whether `held` may still write.
    ///
    /// # Errors
    /// [`crate::Error::LeaseLost`].
    pub(super) fn check(&self, held: Fence) -> Result<(), crate::Error> {
        if held.0 < self.fence {
            return Err(crate::Error::LeaseLost {
                held,
                current: Fence(self.fence),
            });
        }
        Ok(())
    }

    /// Outdates every earlier holder.
    pub(super) fn grow_fence(&mut self) -> Fence {
        self.fence = self.fence.saturating_add(1);
        Fence(self.fence)
    }

    /// Writes the next record of the log and folds it into this head.
    pub(super) fn append(
        &mut self,
        tx: &Tx<'_>,
        run: Option<&str>,
        record: &Encoded,
    ) -> rusqlite::Result<Seq> {
        self.last_seq = self.last_seq.saturating_add(1);
        tx.sql
            .prepare_cached(
                "INSERT INTO session_event (session, seq, at_ms, run, fence, kind, version, payload)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.id,
                self.last_seq,
                tx.now.0,
                run,
                self.fence,
                record.kind,
                record.version,
                record.payload,
            ])?;
        match &record.effect {
            Effect::None => {}
            Effect::Turn => self.turns = self.turns.saturating_add(1),
            Effect::Began => self.last_run(|last| last.begin(run.map(RunId::new), tx.now)),
            Effect::Spent(usage, cost) => {
                self.usage = self.usage.plus(*usage);
                self.cost += cost.unwrap_or_default();
                self.last_run(|last| last.answer(usage));
            }
            Effect::Ended(outcome) => self.last_run(|last| last.end(outcome.clone(), tx.now)),
            Effect::Reset(session_id) => {
                self.session_id = Some(session_id.clone());
                self.start = self.last_seq.saturating_add(1);
                self.turns = 0;
                self.usage = Usage::default();
                self.cost = MicroUsd::ZERO;
                self.last_run(|last| *last = LastRun::default());
            }
            Effect::Begins(seq) => self.start = *seq,
        }
        Ok(Seq(self.last_seq))
    }

    /// Changes what is known of the last run.
    fn last_run(&mut self, change: impl FnOnce(&mut LastRun)) {
        let mut last = row::last_run(&self.last_run);
        change(&mut last);
        // Names, numbers and texts can always be written.
        self.last_run = serde_json::to_string(&last).unwrap_or_default();
    }

    /// The number of the record the conversation begins at.
    pub(super) fn start(&self) -> Seq {
        Seq(self.start)
    }

    /// The number of the last record.
    pub(super) fn last(&self) -> Seq {
        Seq(self.last_seq)
    }

    /// Writes the projection back.
    pub(super) fn save(&self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        if self.last_seq > self.old_seq {
            tx.appended.borrow_mut().push(Appended {
                session: self.key.clone(),
                last: Seq(self.last_seq),
            });
        }
        tx.sql
            .prepare_cached(
                "UPDATE session SET updated_at = ?2, fence = ?3, last_seq = ?4, turns = ?5,
                   cost = ?6, input_tokens = ?7, output_tokens = ?8, cache_read_tokens = ?9,
                   cache_write_tokens = ?10, media_tokens = ?11, reasoning_tokens = ?12,
                   start = ?13, session_id = coalesce(?14, session_id),
                   last_run = ?15
                 WHERE id = ?1",
            )?
            .execute(params![
                self.id,
                tx.now.0,
                self.fence,
                self.last_seq,
                self.turns,
                self.cost.0,
                row::count(self.usage.input),
                row::count(self.usage.output),
                row::count(self.usage.cache_read),
                row::count(self.usage.cache_write),
                row::count(self.usage.media),
                row::count(self.usage.reasoning),
                self.start,
                self.session_id,
                self.last_run,
            ])
            .map(|_rows| ())
    }
}
