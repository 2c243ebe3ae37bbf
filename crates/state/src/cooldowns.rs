//! Credentials that are not to be used for a while, kept over a restart.

use crate::Error;
use async_trait::async_trait;
use domain::ledger::Cooldown;

/// The list of resting credentials.
#[async_trait]
pub trait Cooldowns: Send + Sync {
    /// The list as it was last replaced, expired entries included.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn load(&self) -> Result<Vec<Cooldown>, Error>;

    /// Puts `all` in place of what was there, in one transaction. Of two for the same provider,
    /// credential and model, the last one stays.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    async fn replace(&self, all: Vec<Cooldown>) -> Result<(), Error>;
}
