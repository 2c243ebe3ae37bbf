//! What can go wrong with the store, named after what the caller can do.

use crate::Fence;
use domain::{RunId, SessionKey};
use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No room left. Reads go on; free some space and writes work again.
    #[error("the disk that holds {path} is full")]
    DiskFull {
        /// The database file.
        path: PathBuf,
    },
    /// The database cannot be written or read: permissions, a read-only or failing disk.
    #[error("cannot use {path}: {detail}")]
    Unavailable {
        /// The database file.
        path: PathBuf,
        /// What SQLite or the system said.
        detail: String,
    },
    /// Another gateway holds the state directory.
    #[error("another gateway (pid {pid}) is using {path}")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The holder, 0 when it could not be read.
        pid: u32,
    },
    /// The database was written by a newer program.
    #[error(
        "{path} has schema version {found}, this program knows up to {known}; use a newer openclaw or another state directory"
    )]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The database file is damaged.
    #[error("{path} is damaged: {detail}")]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The writer holds an outdated fence: somebody else took over. Nothing was written.
    #[error("fence {held} is outdated, the session is at {current}")]
    LeaseLost {
        /// The fence the caller gave.
        held: Fence,
        /// The fence in force.
        current: Fence,
    },
    /// The lease is held by somebody else.
    #[error("lease {name} is held by {holder}")]
    Held {
        /// The lease.
        name: String,
        /// Its holder.
        holder: String,
    },
    /// The session was never opened.
    #[error("session {0} does not exist")]
    NoSession(SessionKey),
    /// A run of the session waits or goes on.
    #[error("session {0} has a run under way; stop it or wait for its end")]
    Busy(SessionKey),
    /// The run is not known.
    #[error("run {0} does not exist")]
    NoRun(RunId),
    /// The run is not in the state the call needs.
    #[error("run {run} is {status}")]
    WrongStatus {
        /// The run.
        run: RunId,
        /// Its status.
        status: &'static str,
    },
    /// The key was used for another request.
    #[error("idempotency key {key} was used for a different request")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// Too many writes are waiting; try again.
    #[error("the store is overloaded: {waiting} writes are waiting")]
    Overloaded {
        /// How many.
        waiting: usize,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A record could not be encoded or decoded.
    #[error("cannot read or write a record: {0}")]
    Record(String),
}
