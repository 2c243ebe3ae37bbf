//! Runs that are known to this process: waiting in their session's lane, or going on.
//!
//! The order of a lane and the rule "one at a time" live in the store; this holds what the store
//! cannot: who listens, and how to stop it.

use crate::Happened;
use crate::feed::{RunEvent, RunReport};
use crate::tap::Teller;
use domain::{RunId, SessionKey, Turn};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How many turns of one session may wait behind each other.
pub(crate) const LANE_CAPACITY: usize = 20;

/// A run from its submission to its end.
#[derive(Debug)]
pub(crate) struct LiveRun {
    pub(crate) session: SessionKey,
    pub(crate) cancel: CancellationToken,
    pub(crate) ended: watch::Sender<Option<Arc<RunReport>>>,
    /// What its execution needs; taken when it starts.
    pub(crate) start: Option<Start>,
}

/// What the execution of a run begins with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) turn: Turn,
    /// Who listens; nobody after a restart.
    pub(crate) feed: Option<mpsc::Sender<RunEvent>>,
    /// Whether the turn opened its session, so that there is no log to read.
    pub(crate) fresh: bool,
    pub(crate) accepted_at: domain::UnixMillis,
    pub(crate) announced: Announced,
}

/// Whether it was told that a run was accepted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announced(Arc<Mutex<bool>>);

impl Announced {
    /// A run that was accepted in an earlier life of this process.
    pub(crate) fn already() -> Self {
        Self(Arc::new(Mutex::new(true)))
    }

    /// Tells it once. A run may begin before the one who submitted it comes to tell; whoever is first
    /// tells, and the other waits for it, so that nothing of the run is told earlier.
    pub(crate) fn tell(&self, teller: &Teller<'_>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !*told {
            teller.tell(|| Happened::Accepted);
            *told = true;
        }
    }
}

/// Why a run does not stand in its lane.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Its session has too many.
    Full { session: SessionKey, waiting: usize },
    /// There is one of this id; here is the one that was not added.
    Known(Box<LiveRun>),
}

/// All live runs.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    runs: HashMap<RunId, LiveRun>,
    per_session: HashMap<SessionKey, usize>,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a run, unless there is one of its id or its session has too many already.
    pub(crate) fn add(&self, run: RunId, live: LiveRun) -> Result<(), Refused> {
        let mut inner = self.lock();
        if inner.runs.contains_key(&run) {
            return Err(Refused::Known(Box::new(live)));
        }
        let waiting = inner.per_session.entry(live.session.clone()).or_default();
        if *waiting > LANE_CAPACITY {
            return Err(Refused::Full {
                waiting: *waiting - 1,
                session: live.session,
            });
        }
        *waiting += 1;
        inner.runs.insert(run, live);
        Ok(())
    }

    /// Forgets a run and returns it.
    pub(crate) fn remove(&self, run: &RunId) -> Option<LiveRun> {
        let mut inner = self.lock();
        let live = inner.runs.remove(run)?;
        if let Some(waiting) = inner.per_session.get_mut(&live.session) {
            *waiting -= 1;
            if *waiting == 0 {
                inner.per_session.remove(&live.session);
            }
        }
        Some(live)
    }

    /// Takes what the execution of a run begins with.
    pub(crate) fn take_start(&self, run: &RunId) -> Option<(Start, CancellationToken)> {
        let mut inner = self.lock();
        let live = inner.runs.get_mut(run)?;
        Some((live.start.take()?, live.cancel.clone()))
    }

    /// Says whether a waiting run's turn opened its session.
    pub(crate) fn set_fresh(&self, run: &RunId, fresh: bool) {
        if let Some(start) = self
            .lock()
            .runs
            .get_mut(run)
            .and_then(|live| live.start.as_mut())
        {
            start.fresh = fresh;
        }
    }

    /// Watches for the end of a run.
    pub(crate) fn watch(&self, run: &RunId) -> Option<watch::Receiver<Option<Arc<RunReport>>>> {
        self.lock().runs.get(run).map(|live| live.ended.subscribe())
    }

    /// Cancels the runs of a session, or one of them, and returns which.
    pub(crate) fn cancel(&self, session: &SessionKey, only: Option<&RunId>) -> Vec<RunId> {
        let inner = self.lock();
        let mut cancelled: Vec<_> = inner
            .runs
            .iter()
            .filter(|(run, live)| live.session == *session && only.is_none_or(|o| o == *run))
            .map(|(run, live)| {
                live.cancel.cancel();
                run.clone()
            })
            .collect();
        cancelled.sort();
        cancelled
    }

    /// Cancels everything.
    pub(crate) fn cancel_all(&self) {
        for live in self.lock().runs.values() {
            live.cancel.cancel();
        }
    }

    /// How many runs are waiting or going on.
    pub(crate) fn len(&self) -> usize {
        self.lock().runs.len()
    }
}
