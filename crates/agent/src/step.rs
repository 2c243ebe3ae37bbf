//! One model call of a run: what it says goes to the listener as it comes and into one message.

use crate::feed::RunEvent;
use domain::{MicroUsd, ModelId, OnDisconnect, ProviderId, ToolName};
use llm::{Answering, Collected, Collector, ModelCall, ModelEvent, Models, PartIndex, Target};
use state::{Claim, Draft, RunQueue};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// When the first draft of an answer is kept, so that short answers never write one.
const FIRST_DRAFT: Duration = Duration::from_millis(500);

/// How often a growing answer is kept after that.
const DRAFT_EVERY: Duration = Duration::from_secs(2);

/// How long a run waits for a listener that does not read.
const SLOW_LISTENER: Duration = Duration::from_mins(1);

/// What one model call came to. `error` is set when it failed, whatever was said before.
pub(crate) struct StepResult {
    pub(crate) said: Collected,
    pub(crate) provider: ProviderId,
    pub(crate) model: ModelId,
    pub(crate) cost: Option<MicroUsd>,
    pub(crate) error: Option<StepError>,
}

/// Why a step ended early.
pub(crate) enum StepError {
    Model(llm::Error),
    /// The listener left or stopped reading.
    ListenerGone,
}

/// What a step works with.
pub(crate) struct Step<'a> {
    pub(crate) models: &'a dyn Models,
    pub(crate) queue: &'a dyn RunQueue,
    pub(crate) claim: &'a Claim,
    /// Tools whose calls go to the listener.
    pub(crate) client_tools: &'a HashSet<ToolName>,
    pub(crate) feed: Option<&'a mpsc::Sender<RunEvent>>,
    /// Whether the run goes on when the listener leaves.
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) cancel: &'a CancellationToken,
}

impl Step<'_> {
    /// Calls whoever of the plan can answer and reads the answer to its end.
    pub(crate) async fn run(&self, call: ModelCall) -> StepResult {
        let first = call.plan.targets.first().cloned();
        match self.models.stream(call, self.cancel).await {
            Ok(answer) => self.read(answer).await,
            Err(failed) => {
                let cost = failed
                    .tried
                    .iter()
                    .try_fold(MicroUsd::ZERO, |sum, tried| Some(sum + tried.cost?));
                let named = |target: &Target| {
                    let info = &target.info;
                    (info.provider.clone(), info.model.clone())
                };
                let (provider, model) = first
                    .as_ref()
                    .map_or_else(|| (ProviderId::new("none"), ModelId::new("none")), named);
                StepResult {
                    said: Collector::new().finish(),
                    provider,
                    model,
                    cost,
                    error: Some(StepError::Model(failed.error)),
                }
            }
        }
    }

    async fn read(&self, mut answer: Answering) -> StepResult {
        for tried in &answer.tried {
            warn!(run.id = %self.claim.run, model.id = %tried.model, error = %tried.error,
                "{} failed, the next candidate answers", tried.model);
        }
        let mut collector = Collector::new();
        let mut calls = ClientCalls::default();
        let mut next_draft = Instant::now() + FIRST_DRAFT;
        let error = loop {
            match answer.next().await {
                None => break None,
                Some(Err(error)) => break Some(StepError::Model(error)),
                Some(Ok(event)) => {
                    collector.add(&event);
                    if self.tell(event, &mut calls).await.is_err() {
                        break Some(StepError::ListenerGone);
                    }
                    if Instant::now() >= next_draft {
                        self.keep_draft(&collector, &answer.target).await;
                        next_draft = Instant::now() + DRAFT_EVERY;
                    }
                }
            }
        };
        let receipt = answer.receipt();
        let mut said = collector.finish();
        said.usage = receipt.usage;
        StepResult {
            said,
            provider: answer.target.info.provider.clone(),
            model: answer.target.info.model.clone(),
            cost: receipt.cost,
            error,
        }
    }

    /// Passes an event on; an error means nobody listens any more.
    async fn tell(&self, event: ModelEvent, calls: &mut ClientCalls) -> Result<(), ()> {
        let Some(feed) = self.feed else { return Ok(()) };
        let Some(event) = calls.translate(event, self.client_tools) else {
            return Ok(());
        };
        let told = match feed.try_send(event) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(event)) => {
                feed.send_timeout(event, SLOW_LISTENER).await.is_ok()
            }
        };
        match self.on_disconnect {
            OnDisconnect::Cancel if !told => Err(()),
            OnDisconnect::Cancel | OnDisconnect::Continue => Ok(()),
        }
    }

    async fn keep_draft(&self, collector: &Collector, target: &Target) {
        let text = collector.text();
        if text.is_empty() {
            return;
        }
        let draft = Draft {
            text,
            model: target.info.reference(),
        };
        if let Err(error) = self.queue.save_draft(self.claim, draft).await {
            warn!(run.id = %self.claim.run, %error, "cannot keep the draft of an answer");
        }
    }
}

/// Numbers the client's calls of one answer.
#[derive(Default)]
struct ClientCalls {
    by_part: HashMap<PartIndex, u32>,
}

impl ClientCalls {
    fn translate(&mut self, event: ModelEvent, client: &HashSet<ToolName>) -> Option<RunEvent> {
        match event {
            ModelEvent::Text { delta, .. } => Some(RunEvent::Text(delta)),
            ModelEvent::Reasoning { delta, .. } => Some(RunEvent::Reasoning(delta)),
            ModelEvent::ToolCallStarted { part, id, name } => {
                if !client.contains(&name) {
                    return None;
                }
                let index = u32::try_from(self.by_part.len()).unwrap_or(u32::MAX);
                self.by_part.insert(part, index);
                Some(RunEvent::ClientCall { index, id, name })
            }
            ModelEvent::ToolCallArguments { part, json } => {
                let index = *self.by_part.get(&part)?;
                Some(RunEvent::ClientCallArguments { index, json })
            }
            ModelEvent::Started { .. }
            | ModelEvent::Opaque { .. }
            | ModelEvent::Usage(_)
            | ModelEvent::Finished { .. } => None,
        }
    }
}
