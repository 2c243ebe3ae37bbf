//! How a turn gets in: durable first, then in its lane.

use crate::feed::{FEED_CAPACITY, Feed};
use crate::lane::{Announced, LiveRun, Refused, Start};
use crate::tap::Teller;
use crate::{Agents, SubmitError};
use domain::{RunId, SessionKey, Turn};
use llm::{ModelRequest, Wish};
use state::{Admission, Admitted, IdempotencyKey};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How often a run that is on its way to the disk is looked for.
const SETTLE_POLL: Duration = Duration::from_millis(5);

/// A turn that asks to be answered.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The turn.
    pub turn: Turn,
    /// For requests that may be repeated.
    pub idempotency: Option<IdempotencyKey>,
    /// The id its run is to have; `None` leaves it to us.
    pub run: Option<RunId>,
}

impl From<Turn> for Submission {
    fn from(turn: Turn) -> Self {
        Self {
            turn,
            idempotency: None,
            run: None,
        }
    }
}

/// An accepted turn: it is on disk.
#[derive(Debug)]
pub struct Submitted {
    /// The run that answers it.
    pub run: RunId,
    /// Its session.
    pub session: SessionKey,
    /// What happens in it; absent when the same request was accepted before.
    pub feed: Option<Feed>,
}

/// A turn on its way to the disk.
struct Entering {
    admission: Admission,
    announced: Announced,
    /// Whether its run stands in the lane; if not, another one of the same id does.
    in_lane: bool,
}

impl Agents {
    /// Makes a turn durable and starts or queues its run. When this returns `Ok`, a crash loses
    /// nothing.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was kept then. A chosen run id that belongs to another request is
    /// [`state::Error::KeyReused`].
    ///
    /// # Cancel safety
    /// A turn that was handed to the store goes on without its caller, as its `on_disconnect` says.
    pub async fn submit(&self, submission: Submission) -> Result<Submitted, SubmitError> {
        let shared = self.shared();
        if shared.closed.is_cancelled() {
            return Err(SubmitError::ShuttingDown);
        }
        let Submission {
            mut turn,
            idempotency,
            run,
        } = submission;
        shared.roster().find(turn.agent.as_str())?;
        if let Some(model) = &turn.model {
            let wish = Wish {
                names: std::slice::from_ref(model),
                routing: None,
            };
            shared.models.plan(&wish, &ModelRequest::default())?;
        }
        turn.at = Some(shared.clock.now());
        let run = run.unwrap_or_else(RunId::generate);
        let session = turn.session.clone();
        let (sender, receiver) = mpsc::channel(FEED_CAPACITY);
        let announced = Announced::default();
        let start = Start {
            turn: turn.clone(),
            feed: Some(sender),
            fresh: false,
            accepted_at: turn.at.unwrap_or_default(),
            announced: announced.clone(),
        };
        // The run is in the lane before the store hears of it: the run before it may end in between
        // and hand over.
        let in_lane = self.enter_lane(&run, start).await?;
        let entering = Entering {
            admission: Admission {
                run: run.clone(),
                turn,
                session_id: RunId::generate().to_string(),
                idempotency,
            },
            announced,
            in_lane,
        };
        // The admission runs on a task of its own: a caller that goes away in the middle must not
        // leave an accepted turn behind that nobody executes.
        let this = self.clone();
        let admitted = shared
            .tasks
            .spawn(async move { this.admit(entering).await })
            .await
            .unwrap_or(Err(state::Error::Closed))?;
        Ok(match admitted {
            None => Submitted {
                run,
                session,
                feed: Some(Feed::new(receiver)),
            },
            Some(first) => Submitted {
                run: first,
                session,
                feed: None,
            },
        })
    }

    /// Puts a run into its lane; `false` when a run of this id is on disk already, so that the store
    /// decides what the request is.
    async fn enter_lane(&self, run: &RunId, start: Start) -> Result<bool, SubmitError> {
        let shared = self.shared();
        let mut live = LiveRun {
            session: start.turn.session.clone(),
            cancel: shared.child_token(),
            ended: watch::Sender::new(None),
            start: Some(start),
        };
        loop {
            match shared.lanes.add(run.clone(), live) {
                Ok(()) => return Ok(true),
                Err(Refused::Full { session, waiting }) => {
                    return Err(SubmitError::LaneFull { session, waiting });
                }
                Err(Refused::Known(same)) => live = *same,
            }
            if shared.state.queue.run(run).await?.is_some() {
                return Ok(false);
            }
            // The first one is being written this moment, or being refused.
            tokio::time::sleep(SETTLE_POLL).await;
        }
    }

    /// Returns the first request's run if this one repeats it.
    async fn admit(&self, entering: Entering) -> Result<Option<RunId>, state::Error> {
        let Entering {
            admission,
            announced,
            in_lane,
        } = entering;
        let shared = self.shared();
        let run = admission.run.clone();
        let session = admission.turn.session.clone();
        let agent = admission.turn.agent.clone();
        let admitted = shared.state.queue.admit(admission).await;
        if in_lane && !matches!(admitted, Ok(Admitted::Accepted { .. })) {
            shared.lanes.remove(&run);
        }
        match admitted? {
            Admitted::Accepted { fresh, claim, .. } => {
                shared.lanes.set_fresh(&run, fresh);
                announced.tell(&Teller {
                    tap: &*shared.tap,
                    run: &run,
                    session: &session,
                    agent: &agent,
                });
                if let Some(claim) = claim {
                    self.start(claim);
                }
                Ok(None)
            }
            Admitted::Duplicate { run: first } => Ok(Some(first)),
        }
    }
}
