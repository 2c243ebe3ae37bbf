//! Who may act now, and the number that proves it.

use crate::Error;
use async_trait::async_trait;
use std::time::Duration;

/// A number that only grows; of two holders the one with the smaller number is outdated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub i64);

impl std::fmt::Display for Fence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A held lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is held.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Grows with every change of holder.
    pub fence: Fence,
}

/// Named locks that expire.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes the lease, or takes it over when it has expired. Taking it again as the same holder
    /// renews it and keeps its fence.
    ///
    /// # Errors
    /// [`Error::Held`] while another holder's time runs.
    async fn acquire(&self, name: &str, holder: &str, ttl: Duration) -> Result<Lease, Error>;

    /// Gives it back. Giving back an outdated lease does nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::DiskFull`].
    async fn release(&self, lease: &Lease) -> Result<(), Error>;
}
