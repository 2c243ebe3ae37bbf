//! Why the gateway does not start.

use std::path::PathBuf;

/// A start that was refused or failed; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings file has errors and no earlier version worked.
    #[error("the settings cannot be used:\n{0}")]
    Settings(#[from] config::Problems),
    /// The settings would open the gateway to others.
    #[error("refusing to start: {}", .0.join("; "))]
    Insecure(Vec<String>),
    /// A flag or a variable of the environment has a value that cannot be used.
    #[error("{0}")]
    Flag(String),
    /// A secret cannot be fetched.
    #[error("{path}: {source}")]
    Secret {
        /// The setting that refers to it.
        path: String,
        /// What was wrong.
        #[source]
        source: config::secret::SecretError,
    },
    /// The state directory cannot be used.
    #[error(
        "cannot use the state directory {path}: {source}; choose another with OPENCLAW_STATE_DIR"
    )]
    StateDir {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] state::Error),
    /// No port could be bound.
    #[error(transparent)]
    Listen(#[from] crate::net::ListenError),
    /// The system gives no threads.
    #[error(
        "cannot start the threads for connections: {0}; the system's limits may be too low (ulimit -u)"
    )]
    Threads(#[source] std::io::Error),
}

impl StartError {
    /// Whether the configuration was refused for safety; the exit code is 78 then.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Insecure(_))
    }
}
