//! The door to this crate: submit turns, wait for runs, stop them, recover after a crash.

use crate::feed::RunReport;
use crate::permit::Permit;
use crate::shared::{After, Shared, Unsaved, is_passing};
use crate::{Approver, Happened, Preview, Roster, SubmitError, Tap, run};
use domain::{Clock, RunId, RunOutcome, SessionKey, Turn};
use futures_util::FutureExt;
use llm::Models;
use state::{Claim, RunStatus, State};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tools::Toolbox;
use tracing::{error, info, warn};

/// How often it is offered after that, until it is taken or the gateway stops.
const SLOW_PAUSE: Duration = Duration::from_secs(5);

/// How often a run of another life of this process is looked for.
const WAIT_POLL: Duration = Duration::from_millis(100);

/// How often the drain looks whether runs are left.
const DRAIN_POLL: Duration = Duration::from_millis(20);

/// What agents work with.
pub struct Deps {
    /// What survives.
    pub state: State,
    /// The models.
    pub models: Arc<dyn Models>,
    /// The tools.
    pub toolbox: Toolbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who hears of every run.
    pub tap: Arc<dyn Tap>,
    /// Who decides about tool calls that policy leaves to a person.
    pub approver: Arc<dyn Approver>,
}

/// All agents. Cheap to clone.
#[derive(Clone)]
pub struct Agents {
    shared: Arc<Shared>,
}

impl Agents {
    /// Puts the agents of `roster` to work.
    pub fn new(deps: Deps, roster: Roster) -> Self {
        Self {
            shared: Arc::new(Shared::new(deps, roster)),
        }
    }

    /// The agents there are now.
    pub fn roster(&self) -> Arc<Roster> {
        self.shared.roster()
    }

    /// The tools as runs that begin now see them.
    pub fn toolbox(&self) -> Arc<Toolbox> {
        self.shared.toolbox()
    }

    /// Uses other settings from the next run on; runs under way keep theirs.
    pub fn reconfigure(&self, roster: Roster, toolbox: Toolbox) {
        let old = self.roster().max_concurrent();
        let new = roster.max_concurrent();
        if new > old {
            self.shared.permits.add_permits(new - old);
        } else {
            self.shared.permits.forget_permits(old - new);
        }
        *self
            .shared
            .roster
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
        *self
            .shared
            .toolbox
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(toolbox);
    }

    /// How many runs are waiting or going on.
    pub fn active_runs(&self) -> usize {
        self.shared.lanes.len()
    }

    /// What a turn would ask, of whom. Calls nobody and keeps nothing.
    ///
    /// # Errors
    /// [`SubmitError`]: no such agent or model, or a session that cannot be read.
    pub async fn preview(&self, turn: &Turn) -> Result<Preview, SubmitError> {
        run::preview(&self.shared, turn).await
    }

    /// Executes a claimed run, and after it those of its session that it hands over to.
    pub(crate) fn start(&self, claim: Claim) {
        let agents = self.clone();
        self.shared.tasks.spawn(async move {
            let mut claim = claim;
            loop {
                match agents.execute(&claim).await {
                    After::Next(next) => claim = next,
                    After::Idle => return,
                    After::Unsaved(unsaved) => return agents.save_later(claim, unsaved),
                    After::Lost(error) => {
                        error!(run.id = %claim.run, %error, "the end of a run could not be recorded");
                        return;
                    }
                }
            }
        });
    }

    async fn execute(&self, claim: &Claim) -> After {
        let shared = &self.shared;
        let Some((start, cancel)) = shared.lanes.take_start(&claim.run) else {
            info!(run.id = %claim.run, "closing a run of the last process, nobody waits for it");
            return run::close(shared, claim, Vec::new()).await;
        };
        let teller = shared.teller(claim, &start.turn.agent);
        start.announced.tell(&teller);
        let permit = Permit::new(&shared.permits);
        permit.regain().await;
        teller.tell(|| Happened::Started {
            at: shared.clock.now(),
        });
        let work = AssertUnwindSafe(run::execute(shared, claim, &start, &cancel, &permit));
        let worked = work.catch_unwind().await;
        drop(permit);
        if let Ok(after) = worked {
            return after;
        }
        error!(run.id = %claim.run, "a run panicked; it is closed as failed");
        let outcome = RunOutcome::Failed {
            kind: domain::FailureKind::Internal,
            message: "internal error".to_owned(),
            status: None,
            retry_after_ms: None,
        };
        run::end(shared, claim, &start, run::Ended::without_answer(outcome)).await
    }

    /// Keeps offering the end of a run to the store, so that its answer is kept after all and its
    /// session's lane does not stay shut.
    fn save_later(&self, claim: Claim, unsaved: Unsaved) {
        warn!(run.id = %claim.run, "the end of a run is not on disk yet; it is tried again");
        let agents = self.clone();
        self.shared.tasks.spawn(async move {
            let shared = &agents.shared;
            let stopping = &shared.stopping;
            let Unsaved {
                records, outcome, ..
            } = unsaved;
            while stopping
                .run_until_cancelled(tokio::time::sleep(SLOW_PAUSE))
                .await
                .is_some()
            {
                let queue = &shared.state.queue;
                match queue.finish(&claim, records.clone(), outcome.clone()).await {
                    Err(error) if is_passing(&error) => {}
                    Ok(Some(next)) => return agents.start(next),
                    Ok(None) | Err(_) => return,
                }
            }
        });
    }

    /// Waits until a run has ended, at most `timeout`. `None` means it has not, or is not known.
    ///
    /// # Errors
    /// [`state::Error::Unavailable`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn wait(
        &self,
        run: &RunId,
        timeout: Duration,
    ) -> Result<Option<state::RunRow>, state::Error> {
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            let watched = self.shared.lanes.watch(run);
            let row = self.shared.state.queue.run(run).await?;
            match &row {
                None => return Ok(None),
                Some(found) if matches!(found.status, RunStatus::Finished(_)) => return Ok(row),
                Some(_) => {}
            }
            let pause = async {
                match watched {
                    // An error means the run has ended, which the next look will find.
                    Some(mut ended) => {
                        let seen = ended.wait_for(Option::is_some).await.map(drop);
                        drop(seen);
                    }
                    None => tokio::time::sleep(WAIT_POLL).await,
                }
            };
            if tokio::time::timeout_at(deadline, pause).await.is_err() {
                return Ok(None);
            }
        }
    }

    /// The report of a run that is waiting or going on, when it ends.
    pub fn watch(&self, run: &RunId) -> Option<watch::Receiver<Option<Arc<RunReport>>>> {
        self.shared.lanes.watch(run)
    }

    /// Stops the runs of a session, or one of them. Returns those that were told to stop.
    pub fn abort(&self, session: &SessionKey, only: Option<&RunId>) -> Vec<RunId> {
        self.shared.lanes.cancel(session, only)
    }

    /// Takes no more turns, lets runs finish until `patience` is over, then stops the rest; those
    /// that may go on after a restart stay claimable. Returns how many had to be stopped.
    pub async fn stop(&self, patience: impl Future<Output = ()>) -> usize {
        let shared = &self.shared;
        shared.closed.cancel();
        let drained = async {
            while shared.lanes.len() > 0 {
                tokio::time::sleep(DRAIN_POLL).await;
            }
        };
        let stopped = tokio::select! {
            () = drained => 0,
            () = patience => shared.lanes.len(),
        };
        shared.stopping.cancel();
        shared.lanes.cancel_all();
        shared.tasks.close();
        shared.tasks.wait().await;
        stopped
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}
