//! One model call of a run: what it says goes to the listener as it comes and into one message.

use crate::Happened;
use crate::feed::RunEvent;
use crate::tap::Teller;
use domain::{Message, MicroUsd, ModelId, OnDisconnect, Part, ProviderId, ToolCall, ToolName};
use llm::{Answering, Collected, Collector, ModelCall, ModelEvent, Models, PartIndex, Target};
use state::{Claim, Draft, RunQueue};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tools::Offer;
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
    /// Whether the usage is our estimate.
    pub(crate) estimated: bool,
    pub(crate) error: Option<StepError>,
}

impl StepResult {
    /// Whether the prompt did not fit, and nothing was said.
    pub(crate) fn is_too_long(&self) -> bool {
        let too_long = matches!(
            self.error,
            Some(StepError::Model(llm::Error::ContextTooLong { .. }))
        );
        too_long && self.said.message.parts.is_empty()
    }
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
    /// The tools, and what is inside the calls of those that were found.
    pub(crate) offer: &'a Offer,
    /// Tools whose calls go to the listener.
    pub(crate) client_tools: &'a HashSet<ToolName>,
    pub(crate) feed: Option<&'a mpsc::Sender<RunEvent>>,
    /// Who hears of it beside the listener.
    pub(crate) teller: Teller<'a>,
    /// Whether the run goes on when the listener leaves.
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) cancel: &'a CancellationToken,
}

impl Step<'_> {
    /// Calls whoever of the plan can answer and reads the answer to its end.
    pub(crate) async fn run(&self, call: ModelCall) -> StepResult {
        let first = call.plan.targets.first().cloned();
        let first_draft = Instant::now() + FIRST_DRAFT;
        if let Some(target) = &first {
            self.asked(target);
        }
        match self.models.stream(call, self.cancel).await {
            Ok(answer) => {
                let same = |first: &Target| {
                    let (a, b) = (&first.info, &answer.target.info);
                    a.provider == b.provider && a.model == b.model
                };
                if !first.as_ref().is_some_and(same) {
                    self.asked(&answer.target);
                }
                self.read(answer, first_draft).await
            }
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
                    estimated: false,
                    error: Some(StepError::Model(failed.error)),
                }
            }
        }
    }

    async fn read(&self, mut answer: Answering, first_draft: Instant) -> StepResult {
        for tried in &answer.tried {
            warn!(run.id = %self.claim.run, model.id = %tried.model, error = %tried.error,
                "{} failed, the next candidate answers", tried.model);
        }
        let mut collector = Collector::new();
        let mut calls = ClientCalls::default();
        let mut next_draft = first_draft;
        let mut error = loop {
            match answer.next().await {
                None => break None,
                Some(Err(error)) => break Some(StepError::Model(error)),
                Some(Ok(event)) => {
                    collector.add(&event);
                    if self.tell(event, &mut calls).await.is_err() {
                        break Some(StepError::ListenerGone);
                    }
                    // Before the first word there is nothing to keep.
                    if Instant::now() >= next_draft
                        && self.keep_draft(&collector, &answer.target).await
                    {
                        next_draft = Instant::now() + DRAFT_EVERY;
                    }
                }
            }
        };
        let receipt = answer.receipt();
        let mut said = collector.finish();
        said.usage = receipt.usage;
        if error.is_none() && self.open(&mut said.message, &mut calls).await.is_err() {
            error = Some(StepError::ListenerGone);
        }
        StepResult {
            said,
            provider: answer.target.info.provider.clone(),
            model: answer.target.info.model.clone(),
            cost: receipt.cost,
            estimated: receipt.estimated,
            error,
        }
    }

    /// Puts what is inside the calls of found tools in their place, and tells the listener of those
    /// it is to run; an error means nobody listens any more.
    async fn open(&self, message: &mut Message, calls: &mut ClientCalls) -> Result<(), ()> {
        for part in &mut message.parts {
            let Part::ToolCall(call) = part else { continue };
            let Some(inner) = self.offer.opened(call) else {
                continue;
            };
            *call = inner;
            if self.client_tools.contains(&call.name) {
                for event in calls.whole(call) {
                    self.send(event).await?;
                }
            }
        }
        Ok(())
    }

    fn asked(&self, target: &Target) {
        self.teller.tell(|| Happened::Asked {
            model: target.info.reference(),
        });
    }

    /// Passes an event on; an error means nobody listens any more.
    async fn tell(&self, event: ModelEvent, calls: &mut ClientCalls) -> Result<(), ()> {
        match &event {
            ModelEvent::Text { delta, .. } => {
                self.teller.tell(|| Happened::Text(delta.as_str().into()));
            }
            ModelEvent::Reasoning { delta, .. } => {
                self.teller
                    .tell(|| Happened::Reasoning(delta.as_str().into()));
            }
            ModelEvent::Started { .. }
            | ModelEvent::ToolCallStarted { .. }
            | ModelEvent::ToolCallArguments { .. }
            | ModelEvent::Opaque { .. }
            | ModelEvent::Usage(_)
            | ModelEvent::Finished { .. } => {}
        }
        match calls.translate(event, self.client_tools) {
            Some(event) => self.send(event).await,
            None => Ok(()),
        }
    }

    async fn send(&self, event: RunEvent) -> Result<(), ()> {
        let Some(feed) = self.feed else { return Ok(()) };
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

    /// Whether there was something to keep.
    async fn keep_draft(&self, collector: &Collector, target: &Target) -> bool {
        let text = collector.text();
        if text.is_empty() {
            return false;
        }
        let draft = Draft {
            text,
            model: target.info.reference(),
        };
        if let Err(error) = self.queue.save_draft(self.claim, draft).await {
            warn!(run.id = %self.claim.run, %error, "cannot keep the draft of an answer");
        }
        true
    }
}

/// Numbers the client's calls of one answer.
#[derive(Default)]
struct ClientCalls {
    by_part: HashMap<PartIndex, u32>,
    count: u32,
}

impl ClientCalls {
    fn next(&mut self) -> u32 {
        let index = self.count;
        self.count = self.count.saturating_add(1);
        index
    }

    /// The events of a call that is told in one go.
    fn whole(&mut self, call: &ToolCall) -> [RunEvent; 2] {
        let index = self.next();
        let begun = RunEvent::ClientCall {
            index,
            id: call.id.clone(),
            name: call.name.clone(),
        };
        let json = call.arguments.clone();
        [begun, RunEvent::ClientCallArguments { index, json }]
    }

    fn translate(&mut self, event: ModelEvent, client: &HashSet<ToolName>) -> Option<RunEvent> {
        match event {
            ModelEvent::Text { delta, .. } => Some(RunEvent::Text(delta)),
            ModelEvent::Reasoning { delta, .. } => Some(RunEvent::Reasoning(delta)),
            ModelEvent::ToolCallStarted { part, id, name } => {
                if !client.contains(&name) {
                    return None;
                }
                let index = self.next();
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
