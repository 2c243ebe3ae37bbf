//! Answers of `/v1/responses` that clients may ask for again, continue from, or delete.

use crate::Error;
use async_trait::async_trait;
use domain::{AgentId, RunId, SessionKey, UnixMillis};

/// One response, as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// Its id, e.g. `resp_…`; unique among all owners.
    pub id: String,
    /// Whose it is: the name of the principal that asked. Nobody else finds it.
    pub owner: String,
    /// The agent that answered, absent on the direct path.
    pub agent: Option<AgentId>,
    /// The session it belongs to, absent on the direct path.
    pub session: Option<SessionKey>,
    /// The run that made it, absent on the direct path.
    pub run: Option<RunId>,
    /// The id of the response it continues.
    pub previous: Option<String>,
    /// When it was asked for.
    pub created_at: UnixMillis,
    /// From when on it is not found any more.
    pub expires_at: UnixMillis,
    /// Where it stands, e.g. `in_progress` or `completed`.
    pub status: String,
    /// The response object, as JSON text.
    pub body: String,
    /// The input items, as JSON text.
    pub input: String,
}

/// Keeps responses for their owners.
#[async_trait]
pub trait Responses: Send + Sync {
    /// Writes a response, or replaces the one of the same id and owner. One of another owner is
    /// left as it is.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`], [`Error::Overloaded`].
    async fn put(&self, response: StoredResponse) -> Result<(), Error>;

    /// The response of this id, if it is the owner's and has not expired.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn get(&self, owner: &str, id: &str) -> Result<Option<StoredResponse>, Error>;

    /// Deletes a response of the owner. Returns whether there was one.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn delete(&self, owner: &str, id: &str) -> Result<bool, Error>;

    /// Removes what expired at or before `now`. Returns how many were removed.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn prune(&self, now: UnixMillis) -> Result<u64, Error>;
}
