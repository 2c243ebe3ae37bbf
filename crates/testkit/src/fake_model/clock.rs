//! The time since the fake began, which a test can move on.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Real time and what was added to it.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    added: Mutex<Duration>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            added: Mutex::default(),
        }
    }

    /// The time since the beginning.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed() + *self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it on.
    pub(super) fn advance(&self, by: Duration) {
        *self.added.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}
