//! Small records that are read and written whole: devices, nodes, policies.

use crate::Error;
use async_trait::async_trait;
use domain::UnixMillis;

/// A record of some kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name among those of its kind.
    pub id: String,
    /// Its content, written and read by its owner; no secret stands in it.
    pub text: String,
    /// When it was last written.
    pub updated_at: UnixMillis,
}

/// Small records by kind and id.
#[async_trait]
pub trait Documents: Send + Sync {
    /// All of a kind, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn documents(&self, kind: &str) -> Result<Vec<Document>, Error>;

    /// Writes one, in place of what was there.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn put(&self, kind: &str, id: &str, text: String) -> Result<(), Error>;

    /// Removes one; `false` when there was none.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn remove(&self, kind: &str, id: &str) -> Result<bool, Error>;
}
