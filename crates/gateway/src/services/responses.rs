//! Responses that clients may ask for again, and those that are being made.

use domain::{Clock, UnixMillis};
use state::{Responses, State, StoredResponse};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// How long a response is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// How often expired ones are removed.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// How long somebody who cancels waits until the response is closed.
const CLOSE: Duration = Duration::from_secs(10);

/// The responses of this gateway.
pub struct ResponseBook {
    store: Arc<dyn Responses>,
    live: Arc<Mutex<HashMap<String, Live>>>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

/// A response that is being made.
#[derive(Clone)]
struct Live {
    owner: String,
    cancel: CancellationToken,
    closed: CancellationToken,
    forgotten: Arc<AtomicBool>,
}

/// Held by whoever makes a response; dropping it says that it is made.
pub(crate) struct Making {
    id: String,
    live: Live,
    book: Arc<Mutex<HashMap<String, Live>>>,
}

impl ResponseBook {
    /// Opens the book; expired responses are removed by a task on `tasks` until `stopping`.
    pub fn start(
        state: &State,
        clock: &Arc<dyn Clock>,
        tasks: &TaskTracker,
        stopping: &CancellationToken,
    ) -> Self {
        let store = Arc::clone(&state.responses);
        let (pruned, clock) = (Arc::clone(&store), Arc::clone(clock));
        let until = stopping.clone();
        tasks.spawn(async move {
            loop {
                if let Err(error) = pruned.prune(clock.now()).await {
                    warn!(%error, "expired responses could not be removed");
                }
                let pause = tokio::time::sleep(PRUNE_EVERY);
                if until.run_until_cancelled(pause).await.is_none() {
                    return;
                }
            }
        });
        Self {
            store,
            live: Arc::default(),
            tasks: tasks.clone(),
            stopping: stopping.clone(),
        }
    }

    /// When a response made at `now` is forgotten.
    pub(crate) fn expiry(now: UnixMillis) -> UnixMillis {
        let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        UnixMillis(now.0.saturating_add(kept))
    }

    /// Where the work of making responses is done.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Cancelled when the gateway stops.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Announces that a response is being made.
    pub(crate) fn make(&self, owner: &str, id: &str) -> Making {
        let live = Live {
            owner: owner.to_owned(),
            cancel: CancellationToken::new(),
            closed: CancellationToken::new(),
            forgotten: Arc::default(),
        };
        let mut book = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        book.insert(id.to_owned(), live.clone());
        Making {
            id: id.to_owned(),
            live,
            book: Arc::clone(&self.live),
        }
    }

    /// Whether the response is being made by this process.
    pub(crate) fn is_live(&self, id: &str) -> bool {
        let book = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        book.contains_key(id)
    }

    /// Keeps a response, or what became of it.
    ///
    /// # Errors
    /// [`state::Error`]; the one kept before stays.
    pub(crate) async fn put(&self, response: StoredResponse) -> Result<(), state::Error> {
        self.store.put(response).await
    }

    /// A response of the owner.
    ///
    /// # Errors
    /// [`state::Error`].
    pub(crate) async fn get(
        &self,
        owner: &str,
        id: &str,
    ) -> Result<Option<StoredResponse>, state::Error> {
        self.store.get(owner, id).await
    }

    /// Deletes a response; one that is being made is stopped and not kept.
    ///
    /// # Errors
    /// [`state::Error`].
    pub(crate) async fn delete(&self, owner: &str, id: &str) -> Result<bool, state::Error> {
        if let Some(live) = self.found(owner, id) {
            live.forgotten.store(true, Ordering::Release);
            live.cancel.cancel();
            self.closed(&live).await;
        }
        self.store.delete(owner, id).await
    }

    /// Stops a response that is being made and waits until it is closed. Returns whether there was
    /// one.
    pub(crate) async fn cancel(&self, owner: &str, id: &str) -> bool {
        let Some(live) = self.found(owner, id) else {
            return false;
        };
        live.cancel.cancel();
        self.closed(&live).await;
        true
    }

    async fn closed(&self, live: &Live) {
        if tokio::time::timeout(CLOSE, live.closed.cancelled())
            .await
            .is_err()
        {
            warn!("a response that was told to stop is not closed yet");
        }
    }

    fn found(&self, owner: &str, id: &str) -> Option<Live> {
        let book = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        book.get(id).filter(|live| live.owner == owner).cloned()
    }
}

impl Making {
    /// Cancelled when somebody wants it stopped.
    pub(crate) fn cancelled(&self) -> &CancellationToken {
        &self.live.cancel
    }

    /// Whether it was deleted while it was made.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.live.forgotten.load(Ordering::Acquire)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.remove(&self.id);
        drop(book);
        self.live.closed.cancel();
    }
}
