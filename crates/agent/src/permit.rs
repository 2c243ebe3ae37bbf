//! A place among all runs that may go on at once.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A run's place. It is given back while the run waits for a person.
#[derive(Debug)]
pub(crate) struct Permit {
    all: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Permit {
    pub(crate) fn new(all: &Arc<Semaphore>) -> Self {
        Self {
            all: Arc::clone(all),
            held: Mutex::new(None),
        }
    }

    /// Waits for a place.
    pub(crate) async fn regain(&self) {
        // Closing the semaphore never happens; a missing place must not stop the run.
        let place = Arc::clone(&self.all).acquire_owned().await.ok();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// Gives the place back.
    pub(crate) fn release(&self) {
        drop(
            self.held
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }
}
