//! What happens to runs that a dead process left behind.

use crate::lane::{Announced, LiveRun, Start};
use crate::shared::{After, Unsaved};
use crate::{Agents, run};
use domain::record::AssistantMessage;
use domain::{Message, ModelId, OnDisconnect, ProviderId, Record, Turn, Usage};
use state::{Claim, RunRow, RunStatus, Seq};
use tokio::sync::watch;
use tracing::{info, warn};

/// What recovery did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Runs that go on.
    pub resumed: usize,
    /// Runs that were closed as interrupted, their partial answers kept.
    pub interrupted: usize,
}

impl Agents {
    /// Takes up or closes every run of a process that died. Call once, before the first
    /// [`Agents::submit`].
    ///
    /// A run whose turn says [`OnDisconnect::Continue`] goes on where its log ends; the one who asked
    /// for any other is gone, so it is closed, and what it had said so far is kept as an incomplete
    /// message.
    ///
    /// # Errors
    /// [`state::Error`] when the store cannot be read or written.
    pub async fn recover(&self) -> Result<Recovered, state::Error> {
        let mut recovery = Recovery {
            agents: self,
            done: Recovered::default(),
            claimed: Vec::new(),
        };
        let left = self.shared().state.queue.unfinished().await?;
        // Everybody is told of the runs that go on before a lane can hand over to one of them.
        let mut work = Vec::with_capacity(left.len());
        for row in left {
            let goes_on = match self.accepted_turn(&row).await? {
                Some(turn) if turn.on_disconnect == OnDisconnect::Continue => {
                    self.register(&row, turn);
                    recovery.done.resumed += 1;
                    true
                }
                Some(_) | None => false,
            };
            work.push((row, goes_on));
        }
        // A running run holds its lane, so those come before the ones that wait.
        work.sort_by_key(|(row, _)| row.status != RunStatus::Running);
        for (row, goes_on) in work {
            recovery.settle(&row, goes_on).await?;
        }
        // Only now: a run that went on before would hand its lane over to runs still being settled.
        for claim in recovery.claimed {
            self.start(claim);
        }
        let Recovered {
            resumed,
            interrupted,
        } = recovery.done;
        if resumed + interrupted > 0 {
            info!(resumed, interrupted, "took up the runs of the last process");
        }
        Ok(recovery.done)
    }

    async fn accepted_turn(&self, row: &RunRow) -> Result<Option<Turn>, state::Error> {
        let before = Seq(row.accepted_seq.0 - 1);
        let found = self
            .shared()
            .state
            .log
            .read(&row.session, before, 1)
            .await?;
        Ok(found
            .into_iter()
            .next()
            .and_then(|recorded| match recorded.record {
                Record::TurnAccepted(turn) => Some(*turn),
                Record::SessionOpened(_)
                | Record::RunStarted(_)
                | Record::AssistantMessage(_)
                | Record::ToolStarted(_)
                | Record::CommandAnswered(_)
                | Record::ToolFinished(_)
                | Record::ApprovalDecided(_)
                | Record::RunFinished(_)
                | Record::SessionReset(_)
                | Record::Trimmed(_)
                | Record::Unknown { .. } => None,
            }))
    }

    /// The draft of a run as the message it will never become.
    async fn partial_answer(&self, claim: &Claim) -> Result<Vec<Record>, state::Error> {
        let Some(draft) = self.shared().state.queue.draft(&claim.run).await? else {
            return Ok(Vec::new());
        };
        let (provider, model) = draft
            .model
            .split_once('/')
            .unwrap_or(("unknown", &draft.model));
        Ok(vec![Record::AssistantMessage(Box::new(AssistantMessage {
            message: Message::assistant(draft.text),
            provider: ProviderId::new(provider),
            model: ModelId::new(model),
            usage: Usage::default(),
            cost: None,
            stop: None,
            incomplete: true,
        }))])
    }

    fn register(&self, row: &RunRow, turn: Turn) {
        let shared = self.shared();
        let live = LiveRun {
            session: row.session.clone(),
            cancel: shared.child_token(),
            ended: watch::Sender::new(None),
            start: Some(Start {
                turn,
                feed: None,
                fresh: false,
                accepted_at: row.accepted_at,
                announced: Announced::already(),
            }),
        };
        if shared.lanes.add(row.run.clone(), live).is_err() {
            warn!(run.id = %row.run, "a lane is over its capacity after a restart");
        }
    }
}

/// A recovery under way.
struct Recovery<'a> {
    agents: &'a Agents,
    done: Recovered,
    /// Runs that go on, to be started when everything is settled.
    claimed: Vec<Claim>,
}

impl Recovery<'_> {
    async fn settle(&mut self, row: &RunRow, goes_on: bool) -> Result<(), state::Error> {
        if self.claimed.iter().any(|claim| claim.run == row.run) {
            return Ok(());
        }
        match self.agents.shared().state.queue.claim(&row.run).await {
            Ok(claim) if goes_on => {
                self.claimed.push(claim);
                Ok(())
            }
            Ok(claim) => self.close(claim).await,
            // It waits behind a run that goes on and is started, or closed, when that one ends; or it
            // was closed already when its lane was handed over.
            Err(state::Error::WrongStatus { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Closes a run and those its lane hands over to, until one goes on.
    async fn close(&mut self, claim: Claim) -> Result<(), state::Error> {
        let mut next = Some(claim);
        while let Some(claim) = next {
            if self.agents.watch(&claim.run).is_some() {
                self.claimed.push(claim);
                return Ok(());
            }
            self.done.interrupted += 1;
            let records = self.agents.partial_answer(&claim).await?;
            next = match run::close(self.agents.shared(), &claim, records).await {
                After::Next(next) => Some(next),
                After::Idle => None,
                After::Unsaved(Unsaved { error, .. }) | After::Lost(error) => return Err(error),
            };
        }
        Ok(())
    }
}
