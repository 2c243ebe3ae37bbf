//! Whether the store can be written.

use crate::Error;
use async_trait::async_trait;

/// Whether the store can be written.
#[async_trait]
pub trait Health: Send + Sync {
    /// Writes and commits one small row.
    ///
    /// # Errors
    /// What a real write would meet: [`Error::DiskFull`], [`Error::Unavailable`], …
    /// [`Error::Corrupt`] once any call has met damage.
    async fn probe(&self) -> Result<(), Error>;

    /// Flushes what is waiting and closes; later calls return [`Error::Closed`]. Closing twice is
    /// fine.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the last flush failed.
    async fn close(&self) -> Result<(), Error>;
}
