//! What every run shares, and how its end is recorded.

use crate::lane::Lanes;
use crate::prompt::Prompts;
use crate::prompt::sent::Sent;
use crate::tap::Teller;
use crate::{Approver, Deps, Roster, Tap};
use domain::{AgentId, Clock, Record, RunOutcome};
use llm::Models;
use state::{Claim, State};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tools::Toolbox;

/// How often the end of a run is offered to a store that refuses it, before the client is told.
const QUICK_RETRIES: u32 = 3;

/// The pause before the first of those retries; it doubles.
const QUICK_PAUSE: Duration = Duration::from_millis(100);

/// What every run shares.
pub(crate) struct Shared {
    pub(crate) state: State,
    pub(crate) models: Arc<dyn Models>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tap: Arc<dyn Tap>,
    pub(crate) approver: Arc<dyn Approver>,
    pub(crate) prompts: Prompts,
    pub(crate) sent: Sent,
    pub(crate) lanes: Lanes,
    pub(crate) toolbox: RwLock<Arc<Toolbox>>,
    pub(crate) roster: RwLock<Arc<Roster>>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) tasks: TaskTracker,
    /// No new turns are taken.
    pub(crate) closed: CancellationToken,
    /// Runs are stopped.
    pub(crate) stopping: CancellationToken,
}

impl Shared {
    pub(crate) fn new(deps: Deps, roster: Roster) -> Self {
        let permits = Arc::new(Semaphore::new(roster.max_concurrent()));
        Self {
            state: deps.state,
            models: deps.models,
            clock: deps.clock,
            tap: deps.tap,
            approver: deps.approver,
            prompts: Prompts::default(),
            sent: Sent::default(),
            lanes: Lanes::default(),
            toolbox: RwLock::new(Arc::new(deps.toolbox)),
            roster: RwLock::new(Arc::new(roster)),
            permits,
            tasks: TaskTracker::new(),
            closed: CancellationToken::new(),
            stopping: CancellationToken::new(),
        }
    }

    pub(crate) fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn toolbox(&self) -> Arc<Toolbox> {
        Arc::clone(&self.toolbox.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    pub(crate) fn child_token(&self) -> CancellationToken {
        self.stopping.child_token()
    }

    /// Tells of a claimed run.
    pub(crate) fn teller<'a>(&'a self, claim: &'a Claim, agent: &'a AgentId) -> Teller<'a> {
        Teller {
            tap: &*self.tap,
            run: &claim.run,
            session: &claim.session,
            agent,
        }
    }

    /// Records the end of a run. When the store refuses, it is offered again a few times; what it
    /// still refuses then comes back, to be offered in the background.
    pub(crate) async fn finish(
        &self,
        claim: &Claim,
        records: Vec<Record>,
        outcome: RunOutcome,
    ) -> After {
        let mut pause = QUICK_PAUSE;
        let mut tries = 0;
        loop {
            let queue = &self.state.queue;
            match queue.finish(claim, records.clone(), outcome.clone()).await {
                Ok(Some(next)) => return After::Next(next),
                Ok(None) => return After::Idle,
                Err(error) if !is_passing(&error) => return After::Lost(error),
                Err(error) if tries >= QUICK_RETRIES => {
                    return After::Unsaved(Unsaved {
                        records,
                        outcome,
                        error,
                    });
                }
                Err(_) => {}
            }
            tries += 1;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

/// What follows when the end of a run was to be recorded.
pub(crate) enum After {
    /// It is on disk, and this run is next in the lane.
    Next(Claim),
    /// It is on disk, and nobody waits.
    Idle,
    /// It is not on disk yet.
    Unsaved(Unsaved),
    /// It never will be: somebody else took the run over.
    Lost(state::Error),
}

/// The end of a run that the store did not take.
pub(crate) struct Unsaved {
    pub(crate) records: Vec<Record>,
    pub(crate) outcome: RunOutcome,
    pub(crate) error: state::Error,
}

/// Whether the same write may work later.
pub(crate) fn is_passing(error: &state::Error) -> bool {
    matches!(
        error,
        state::Error::DiskFull { .. }
            | state::Error::Unavailable { .. }
            | state::Error::Overloaded { .. }
    )
}
