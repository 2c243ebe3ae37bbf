//! The run queue: how a turn becomes durable, is claimed, and ends.
//!
//! A session has at most one running run; the others wait in the order of acceptance.

use crate::{Error, Fence, Seq};
use async_trait::async_trait;
use domain::{AgentId, Record, RunId, RunOutcome, SessionKey, Turn, UnixMillis};
use std::time::Duration;

/// A key under which a repeated request finds the first one's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who used it and for what, so that keys of different callers never meet.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// Digest of the request; a different one under the same key is [`Error::KeyReused`].
    pub fingerprint: String,
    /// How long it is remembered.
    pub ttl: Duration,
}

/// A turn asking to be let in.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The run that will answer it.
    pub run: RunId,
    /// The turn.
    pub turn: Turn,
    /// The `sessionId` to give the session if it does not exist yet.
    pub session_id: String,
    /// For requests that may be repeated.
    pub idempotency: Option<IdempotencyKey>,
}

/// The right to work on a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionKey,
    /// Proof against takeover.
    pub fence: Fence,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// What became of an [`Admission`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// It is on disk.
    Accepted {
        /// The number of its `TurnAccepted` record.
        seq: Seq,
        /// Whether the session was opened by this turn.
        fresh: bool,
        /// Present when the session was idle: the run is already claimed and its `RunStarted`
        /// (attempt 1) is written. Absent: it waits behind another run of its session.
        claim: Option<Claim>,
    },
    /// The same request was accepted before, as this run.
    Duplicate {
        /// The first one's run.
        run: RunId,
    },
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStatus {
    /// Accepted, waiting for its turn.
    Queued,
    /// Claimed.
    Running,
    /// Over.
    Finished(RunOutcome),
}

/// A row of the `run` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionKey,
    /// Its agent.
    pub agent: AgentId,
    /// Where it stands.
    pub status: RunStatus,
    /// How often it was started.
    pub attempt: u32,
    /// The number of its `TurnAccepted` record.
    pub accepted_seq: Seq,
    /// When it was accepted.
    pub accepted_at: UnixMillis,
    /// When it ended.
    pub finished_at: Option<UnixMillis>,
}

/// The beginning of an answer, kept in case the process dies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text so far.
    pub text: String,
    /// Who was answering, as `provider/model`.
    pub model: String,
}

/// Turns waiting for and under execution.
#[async_trait]
pub trait RunQueue: Send + Sync {
    /// Makes a turn durable: opens the session if needed (`SessionOpened`), appends `TurnAccepted`,
    /// inserts the run, remembers the idempotency key, and claims the run if its session is idle,
    /// all in one transaction. When this returns `Ok`, a crash loses nothing.
    ///
    /// # Errors
    /// [`Error::KeyReused`], also when a run of this id belongs to another request;
    /// [`Error::DiskFull`], [`Error::Unavailable`], [`Error::Overloaded`].
    ///
    /// # Cancel safety
    /// Dropping the future does not take back a turn that was handed over.
    async fn admit(&self, admission: Admission) -> Result<Admitted, Error>;

    /// Claims a queued run, or takes over a running one left by a dead process: grows the session's
    /// fence and appends `RunStarted`.
    ///
    /// # Errors
    /// [`Error::NoRun`]; [`Error::WrongStatus`] when it is finished or when another run of its
    /// session is running.
    async fn claim(&self, run: &RunId) -> Result<Claim, Error>;

    /// Appends `records` and then `RunFinished`, closes the run and drops its draft, in one
    /// transaction. Returns the next queued run of the session, already claimed, if there is one.
    ///
    /// # Errors
    /// [`Error::LeaseLost`], [`Error::WrongStatus`] when it is finished already.
    async fn finish(
        &self,
        claim: &Claim,
        records: Vec<Record>,
        outcome: RunOutcome,
    ) -> Result<Option<Claim>, Error>;

    /// Replaces the run's draft.
    ///
    /// # Errors
    /// [`Error::LeaseLost`], [`Error::DiskFull`], [`Error::Unavailable`].
    async fn save_draft(&self, claim: &Claim, draft: Draft) -> Result<(), Error>;

    /// The run's draft, if one was kept.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn draft(&self, run: &RunId) -> Result<Option<Draft>, Error>;

    /// One run.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn run(&self, run: &RunId) -> Result<Option<RunRow>, Error>;

    /// All runs that are queued or running, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn unfinished(&self) -> Result<Vec<RunRow>, Error>;
}
