//! Lists of sessions, projected from their logs.

use crate::{Error, Seq};
use async_trait::async_trait;
use domain::{AgentId, MicroUsd, RunId, RunOutcome, SessionEntry, SessionKey, UnixMillis, Usage};
use serde::{Deserialize, Serialize};

/// A row of the `session` projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its address.
    pub key: SessionKey,
    /// Its stable random id.
    pub session_id: String,
    /// Its agent.
    pub agent: AgentId,
    /// When it was opened.
    pub created_at: UnixMillis,
    /// When something was last appended.
    pub updated_at: UnixMillis,
    /// The number of its last record.
    pub last_seq: Seq,
    /// How many turns were accepted.
    pub turns: u64,
    /// What its runs used, added up.
    pub usage: Usage,
    /// What its runs cost, as far as prices are known.
    pub cost: MicroUsd,
    /// The number of the record its conversation begins at.
    pub start: Seq,
    /// Its last run.
    pub last_run: LastRun,
    /// What somebody set for it; no part of the log.
    pub entry: SessionEntry,
}

/// The last run of a session, and how full its context is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LastRun {
    /// Which; `None` before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<UnixMillis>,
    /// When it ended; `None` while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMillis>,
    /// How it ended; `None` while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunOutcome>,
    /// Prompt tokens of the last answer, cached ones included: what the next one begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
}

impl LastRun {
    /// Another run begins. The context is still that of the one before.
    pub fn begin(&mut self, run: Option<RunId>, at: UnixMillis) {
        *self = Self {
            run,
            started_at: Some(at),
            context_tokens: self.context_tokens,
            ..Self::default()
        };
    }

    /// It ends.
    pub fn end(&mut self, outcome: RunOutcome, at: UnixMillis) {
        self.ended_at = Some(at);
        self.outcome = Some(outcome);
    }

    /// A model answered and told this usage.
    pub fn answer(&mut self, usage: &Usage) {
        self.context_tokens = usage.input.map(|tokens| tokens.0).or(self.context_tokens);
    }
}

/// Which sessions are asked for. The default asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Those of one agent.
    pub agent: Option<AgentId>,
    /// Those whose key, label or shown name contains this, whatever the case.
    pub search: Option<String>,
    /// Those with exactly this label.
    pub label: Option<String>,
    /// Those opened by the agent of this session.
    pub spawned_by: Option<SessionKey>,
    /// Those changed at this time or later.
    pub updated_after: Option<UnixMillis>,
    /// Only those that were put away, or only those that were not.
    pub archived: Option<bool>,
}

/// A part of a list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPage {
    /// The sessions, newest first.
    pub rows: Vec<SessionRow>,
    /// How many there are in all pages together.
    pub total: u64,
}

/// Lists of sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// One session.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn get(&self, key: &SessionKey) -> Result<Option<SessionRow>, Error>;

    /// The session that has this `sessionId` now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn by_session_id(&self, session_id: &str) -> Result<Option<SessionRow>, Error>;

    /// The sessions changed most recently, newest first, at most `limit` after the first `offset`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn list(
        &self,
        filter: &SessionFilter,
        offset: usize,
        limit: usize,
    ) -> Result<SessionPage, Error>;

    /// How many sessions there are.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn count(&self) -> Result<u64, Error>;

    /// Opens a session without a turn. One that is there already is returned as it is.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn create(
        &self,
        key: &SessionKey,
        agent: &AgentId,
        session_id: &str,
        entry: SessionEntry,
    ) -> Result<SessionRow, Error>;

    /// Replaces what is set for a session, which counts as a change of it.
    ///
    /// # Errors
    /// [`Error::NoSession`], [`Error::DiskFull`], [`Error::Unavailable`].
    async fn set_entry(&self, key: &SessionKey, entry: SessionEntry) -> Result<SessionRow, Error>;

    /// Ends the conversation: another one begins under the same key with another `sessionId`, counts
    /// of nothing and the same entry. The log keeps what was said.
    ///
    /// # Errors
    /// [`Error::NoSession`]; [`Error::Busy`] while a run of it waits or goes on;
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn reset(
        &self,
        key: &SessionKey,
        session_id: &str,
        reason: &str,
    ) -> Result<SessionRow, Error>;

    /// Takes a session out of all lists. Its log is kept under the key that is returned, and its own
    /// key is free; `None` when there was none.
    ///
    /// # Errors
    /// [`Error::Busy`] while a run of it waits or goes on; [`Error::DiskFull`],
    /// [`Error::Unavailable`].
    async fn remove(&self, key: &SessionKey) -> Result<Option<SessionKey>, Error>;

    /// Cuts off the beginning of the conversation so that about `keep` messages stay: never fewer,
    /// and more until it begins with something a person said while no run was under way. Returns how
    /// many stay. The log keeps what was said.
    ///
    /// # Errors
    /// [`Error::NoSession`]; [`Error::Busy`] while a run of it waits or goes on;
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn trim(&self, key: &SessionKey, keep: usize) -> Result<usize, Error>;
}
