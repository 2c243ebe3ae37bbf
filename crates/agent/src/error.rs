//! Why a turn was not accepted.

use crate::{SessionKeyError, UnknownAgent};

/// A turn was refused; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// There is no such agent.
    #[error(transparent)]
    UnknownAgent(#[from] UnknownAgent),
    /// There is no such model.
    #[error(transparent)]
    UnknownModel(#[from] llm::UnknownModel),
    /// The session key cannot be used.
    #[error(transparent)]
    SessionKey(#[from] SessionKeyError),
    /// Too many turns of the session are waiting.
    #[error("session {session} has {waiting} turns waiting; wait for its answers first")]
    LaneFull {
        /// The session.
        session: domain::SessionKey,
        /// How many wait.
        waiting: usize,
    },
    /// The gateway is shutting down.
    #[error("the gateway is shutting down; try again in a moment")]
    ShuttingDown,
    /// The turn could not be made durable.
    #[error(transparent)]
    Store(#[from] state::Error),
}
