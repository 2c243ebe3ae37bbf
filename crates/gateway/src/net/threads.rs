//! Threads for connections, each with a runtime of its own.
//!
//! A connection stays on its thread with everything it asks for: the run, the call of the model, the
//! answer. Nothing has to wake another thread, which under load costs more than the work itself.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Most threads; beyond that a machine is better used by the models it runs.
const MOST: usize = 16;

/// Running threads. Ended by [`Threads::end`]; what still runs on them then is dropped.
#[derive(Debug)]
pub struct Threads {
    handles: Vec<Handle>,
    joins: Vec<JoinHandle<()>>,
    next: AtomicUsize,
    ending: CancellationToken,
}

impl Threads {
    /// One thread per core.
    ///
    /// # Errors
    /// When the system gives no thread or no runtime.
    pub fn start() -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut threads = Self {
            handles: Vec::new(),
            joins: Vec::new(),
            next: AtomicUsize::new(0),
            ending: CancellationToken::new(),
        };
        for number in 0..cores.min(MOST) {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            threads.handles.push(runtime.handle().clone());
            let ending = threads.ending.clone();
            let thread = std::thread::Builder::new().name(format!("connections-{number}"));
            threads
                .joins
                .push(thread.spawn(move || runtime.block_on(ending.cancelled()))?);
        }
        Ok(threads)
    }

    /// The thread whose turn it is.
    pub(super) fn next(&self) -> &Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        #[expect(
            clippy::indexing_slicing,
            reason = "there is at least one core, and one thread"
        )]
        &self.handles[turn % self.handles.len()]
    }

    /// Ends the threads and waits for them.
    pub async fn end(self) {
        self.ending.cancel();
        let joined = tokio::task::spawn_blocking(move || {
            self.joins
                .into_iter()
                .filter_map(|thread| thread.join().err())
                .count()
        });
        match joined.await {
            Ok(0) => {}
            Ok(panicked) => warn!(panicked, "threads of connections panicked"),
            Err(error) => warn!(%error, "the threads of connections could not be waited for"),
        }
    }
}
