//! The session log: append-only, gapless, the truth about every conversation.

use crate::{Error, Fence};
use async_trait::async_trait;
use domain::{Record, RunId, SessionKey, UnixMillis};
use tokio::sync::broadcast;

/// The number of a record within its session; the first is 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub i64);

/// A record with where and when it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number.
    pub seq: Seq,
    /// When it was appended.
    pub at: UnixMillis,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// What happened.
    pub record: Record,
}

/// Says that a session has new records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The session.
    pub session: SessionKey,
    /// The number of its last record.
    pub last: Seq,
}

/// Appends to and reads from session logs.
#[async_trait]
pub trait SessionLog: Send + Sync {
    /// Appends `records` in order, all or nothing, and updates the projection (session row) in
    /// the same transaction. Returns the number of the last one, durable.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when `fence` is older than the session's; [`Error::NoSession`];
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    ///
    /// # Cancel safety
    /// Dropping the future does not stop a write that was handed over.
    async fn append(
        &self,
        key: &SessionKey,
        fence: Fence,
        run: Option<&RunId>,
        records: Vec<Record>,
    ) -> Result<Seq, Error>;

    /// Reads committed records in order, starting after `after`, at most `limit`. An empty page
    /// means the reader has caught up; an unknown session reads as empty.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Record`].
    async fn read(
        &self,
        key: &SessionKey,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Recorded>, Error>;

    /// Reads committed records backwards, the newest first, starting before `before` or at the end,
    /// at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Record`].
    async fn read_back(
        &self,
        key: &SessionKey,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Error>;

    /// Appends `records` that belong to no run, whatever is under way, all or nothing. Returns the
    /// number of the last one, durable.
    ///
    /// # Errors
    /// [`Error::NoSession`]; [`Error::DiskFull`], [`Error::Unavailable`].
    ///
    /// # Cancel safety
    /// Dropping the future does not stop a write that was handed over.
    async fn note(&self, key: &SessionKey, records: Vec<Record>) -> Result<Seq, Error>;

    /// Hears of every append from now on, after it is committed. A receiver that lags goes back to
    /// the log, which has everything.
    fn tail(&self) -> broadcast::Receiver<Appended>;
}
