//! Lists of sessions, projected from their logs.

use crate::{Error, Seq};
use async_trait::async_trait;
use domain::{AgentId, MicroUsd, SessionKey, UnixMillis, Usage};

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
}

/// Lists of sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// One session.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn get(&self, key: &SessionKey) -> Result<Option<SessionRow>, Error>;

    /// The sessions changed most recently, newest first, at most `limit`; of one agent if given.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn list(&self, agent: Option<&AgentId>, limit: usize) -> Result<Vec<SessionRow>, Error>;

    /// How many sessions there are.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn count(&self) -> Result<u64, Error>;
}
