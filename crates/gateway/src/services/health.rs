//! Whether everything works: the last answer of a probe that really writes.

use domain::{Clock, UnixMillis};
use protocol::methods::status::HealthSummary;
use state::Health;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};

/// How often the store is probed while it works.
const EVERY: Duration = Duration::from_secs(15);

/// How often while it does not.
const WHEN_BROKEN: Duration = Duration::from_secs(2);

/// Keeps the last answer. Cheap to clone.
#[derive(Clone)]
pub struct HealthMonitor {
    store: Arc<dyn Health>,
    clock: Arc<dyn Clock>,
    started: Instant,
    last: Arc<Mutex<Last>>,
    doubt: Arc<Notify>,
    stopping: CancellationToken,
}

#[derive(Default)]
struct Last {
    at: UnixMillis,
    problem: Option<String>,
    ready: bool,
}

impl HealthMonitor {
    /// Watches `store` on `tasks` until `stopping`.
    pub fn start(
        store: Arc<dyn Health>,
        clock: Arc<dyn Clock>,
        tasks: &TaskTracker,
        stopping: CancellationToken,
    ) -> Self {
        let last = Last {
            at: clock.now(),
            ..Last::default()
        };
        let monitor = Self {
            store,
            clock,
            started: Instant::now(),
            last: Arc::new(Mutex::new(last)),
            doubt: Arc::new(Notify::new()),
            stopping,
        };
        let watching = monitor.clone();
        tasks.spawn(async move {
            let stopping = watching.stopping.clone();
            loop {
                let pause = if watching.problem().is_some() {
                    WHEN_BROKEN
                } else {
                    EVERY
                };
                let waited = async {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = watching.doubt.notified() => {}
                    }
                };
                if stopping.run_until_cancelled(waited).await.is_none() {
                    return;
                }
                watching.probe().await;
            }
        });
        monitor
    }

    /// Says that start-up is over.
    pub fn set_ready(&self) {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ready = true;
    }

    /// Says that a write failed: the store is probed now instead of in a while.
    pub fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Writes to the store now and remembers how that went.
    pub async fn probe(&self) {
        let found = self
            .store
            .probe()
            .await
            .err()
            .map(|error| error.to_string());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match (&last.problem, &found) {
            (None, Some(problem)) => {
                error!("the store cannot be written, new turns are refused: {problem}");
            }
            (Some(_), None) => info!("the store can be written again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        last.at = self.clock.now();
        last.problem = found;
    }

    /// The last answer.
    pub fn report(&self) -> HealthSummary {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failing = Vec::new();
        let mut reasons = Vec::new();
        if self.stopping.is_cancelled() {
            failing.push("shutdown".to_owned());
            reasons.push("the gateway is shutting down".to_owned());
        } else if !last.ready {
            failing.push("startup".to_owned());
            reasons.push("the gateway is starting".to_owned());
        }
        if let Some(problem) = &last.problem {
            failing.push("storage".to_owned());
            reasons.push(problem.clone());
        }
        HealthSummary {
            ok: failing.is_empty(),
            ts: last.at.0,
            uptime_ms: self.uptime_ms(),
            failing,
            reasons,
        }
    }

    /// Since the start.
    pub fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn problem(&self) -> Option<String> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .problem
            .clone()
    }
}
