//! The loop: model call, tools, model call, until an answer stands or something ends it.

mod end;
mod history;

pub(crate) use end::{Ended, end};

use crate::lane::Start;
use crate::limits::Limits;
use crate::shared::{After, Shared};
use crate::step::{Step, StepError, StepResult};
use crate::{Agent, context};
use domain::record::AssistantMessage;
use domain::{
    FailureKind, Message, OnDisconnect, Payer, Record, RunLimit, RunOutcome, StopReason, ToolCall,
    ToolName, Turn,
};
use llm::{CacheHints, ModelCall, ModelRequest, Plan, Wish};
use state::Claim;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tools::ToolCx;

/// Tokens kept free for the answer when the model does not say how long it may be.
const ANSWER_TOKENS: usize = 4_096;

/// A run under way.
pub(crate) struct Run<'a> {
    shared: &'a Shared,
    claim: &'a Claim,
    agent: Arc<Agent>,
    start: &'a Start,
    cancel: &'a CancellationToken,
    limits: Limits,
    messages: Vec<Message>,
    last: Option<AssistantMessage>,
    /// Written together with the end of the run.
    unsaved: Vec<Record>,
    /// Calls an earlier attempt of this run left without a result.
    open: Vec<(ToolCall, Progress)>,
}

/// How far a tool call of an earlier attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The model asked for it.
    Asked,
    /// It was about to run; whether it took effect is unknown.
    Started,
}

/// Executes a claimed run to its end and records it.
pub(crate) async fn execute(
    shared: &Shared,
    claim: &Claim,
    start: &Start,
    cancel: &CancellationToken,
) -> After {
    let roster = shared.roster();
    let turn = &start.turn;
    let agent = match roster.find(turn.agent.as_str()) {
        Ok(agent) => Arc::clone(agent),
        Err(why) => {
            let outcome = failed(FailureKind::InvalidRequest, why.to_string());
            return end(shared, claim, start, Ended::without_answer(outcome)).await;
        }
    };
    let timeout = turn.timeout_ms.map_or(u64::MAX, |ms| ms.max(1));
    let wall = Duration::from_millis(timeout.min(agent.timeout_seconds.saturating_mul(1000)));
    let mut run = Run {
        shared,
        claim,
        limits: Limits::new(agent.limits.clone()),
        agent,
        start,
        cancel,
        messages: Vec::new(),
        last: None,
        unsaved: Vec::new(),
        open: Vec::new(),
    };
    // On its deadline a run is cancelled from inside, so that what was said until then is kept.
    let outcome = {
        let mut work = std::pin::pin!(run.work());
        tokio::select! {
            outcome = &mut work => outcome,
            () = tokio::time::sleep(wall) => {
                cancel.cancel();
                work.await;
                let limit_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
                RunOutcome::Limited { limit: RunLimit::WallTime { limit_ms } }
            }
            () = listener_left(start) => {
                cancel.cancel();
                work.await
            }
        }
    };
    if outcome_is_left_to_restart(shared, turn, &outcome) {
        return After::Idle;
    }
    let ended = Ended {
        records: std::mem::take(&mut run.unsaved),
        outcome,
        last: run.last.take(),
        usage: run.limits.usage(),
        cost: run.limits.cost(),
    };
    end(shared, claim, start, ended).await
}

/// Resolves when the listener of a run that needs one is gone.
async fn listener_left(start: &Start) {
    match (&start.feed, start.turn.on_disconnect) {
        (Some(feed), OnDisconnect::Cancel) => feed.closed().await,
        (Some(_) | None, OnDisconnect::Continue) | (None, OnDisconnect::Cancel) => {
            std::future::pending::<()>().await;
        }
    }
}

/// A run that may go on after a restart is left as it is when the gateway stops.
fn outcome_is_left_to_restart(shared: &Shared, turn: &Turn, outcome: &RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Aborted { .. })
        && turn.on_disconnect == OnDisconnect::Continue
        && shared.is_stopping()
}

impl Run<'_> {
    async fn work(&mut self) -> RunOutcome {
        if let Err(error) = self.load().await {
            return failed(
                FailureKind::Internal,
                format!("cannot read the session: {error}"),
            );
        }
        if let Some(outcome) = self.finish_open_calls().await {
            return outcome;
        }
        let turn = &self.start.turn;
        let client: HashSet<_> = turn.client_tools.iter().map(|t| t.name.clone()).collect();
        let mut request = self.request(&client).await;
        let plan = match self.plan(&request) {
            Ok(plan) => plan,
            Err(unknown) => return failed(FailureKind::ModelNotFound, unknown.to_string()),
        };
        if !plan.targets.iter().all(|target| target.info.tools) {
            request.tools = turn.client_tools.clone().into();
        }
        loop {
            if self.cancel.is_cancelled() {
                return self.aborted();
            }
            if let Err(limit) = self.limits.next_step() {
                return RunOutcome::Limited { limit };
            }
            let result = self.step(&request, &client, &plan).await;
            self.limits.count(&result.said.usage, result.cost);
            let stop = result.said.stop.clone();
            let error = self.keep(&result);
            if let Some(error) = error {
                return error;
            }
            let calls: Vec<_> = result.said.message.tool_calls().cloned().collect();
            if calls.is_empty() {
                return RunOutcome::Completed {
                    stop: stop.unwrap_or(StopReason::Stop),
                };
            }
            if let Some(outcome) = self.call_tools(calls, &client).await {
                return outcome;
            }
        }
    }

    fn plan(&self, request: &ModelRequest) -> Result<Plan, llm::UnknownModel> {
        let chosen = self.start.turn.model.as_ref().map(std::slice::from_ref);
        let wish = Wish {
            names: chosen.unwrap_or(&self.agent.models),
            routing: None,
        };
        self.shared.models.plan(&wish, request)
    }

    /// Everything of the request but the conversation.
    async fn request(&self, client: &HashSet<ToolName>) -> ModelRequest {
        let turn = &self.start.turn;
        let system = self
            .shared
            .prompts
            .system(&self.agent, &turn.instructions)
            .await;
        let mut offered = self.shared.toolbox().specs(&self.agent.access);
        offered.retain(|spec| !client.contains(&spec.name));
        offered.extend(turn.client_tools.iter().cloned());
        ModelRequest {
            system,
            messages: self.messages.clone(),
            tools: offered.into(),
            tool_choice: turn.tool_choice.clone(),
            sampling: turn.sampling.clone(),
            stream: true,
            cache: CacheHints::default(),
        }
    }

    async fn step(
        &mut self,
        base: &ModelRequest,
        client: &HashSet<ToolName>,
        plan: &Plan,
    ) -> StepResult {
        let mut request = base.clone();
        let window = plan
            .targets
            .iter()
            .filter_map(|target| target.info.context_window)
            .min();
        let system: usize = request.system.iter().map(|text| text.len() / 4).sum();
        let answer = request
            .sampling
            .max_tokens
            .and_then(|tokens| usize::try_from(tokens).ok())
            .unwrap_or(ANSWER_TOKENS);
        context::fit(&mut self.messages, window, system + answer);
        request.messages.clone_from(&self.messages);
        let step = Step {
            models: &*self.shared.models,
            queue: &*self.shared.state.queue,
            claim: self.claim,
            client_tools: client,
            feed: self.start.feed.as_ref(),
            on_disconnect: self.start.turn.on_disconnect,
            cancel: self.cancel,
        };
        let call = ModelCall {
            payer: Payer {
                key: None,
                agent: Some(self.agent.id.clone()),
                session: Some(self.claim.session.clone()),
                run: Some(self.claim.run.clone()),
            },
            ..ModelCall::new(request, plan.clone())
        };
        step.run(call).await
    }

    /// Remembers what the step said; returns the outcome if the step was the last one.
    fn keep(&mut self, result: &StepResult) -> Option<RunOutcome> {
        let incomplete = result.error.is_some();
        if !incomplete || !result.said.message.parts.is_empty() {
            let said = AssistantMessage {
                message: result.said.message.clone(),
                provider: result.provider.clone(),
                model: result.model.clone(),
                usage: result.said.usage,
                cost: result.cost,
                stop: result.said.stop.clone(),
                incomplete,
            };
            self.messages.push(said.message.clone());
            self.unsaved
                .push(Record::AssistantMessage(Box::new(said.clone())));
            self.last = Some(said);
        }
        match result.error.as_ref()? {
            StepError::ListenerGone | StepError::Model(llm::Error::Cancelled) => {
                Some(self.aborted())
            }
            StepError::Model(llm::Error::OverBudget(trip)) => Some(RunOutcome::Limited {
                limit: RunLimit::Budget { trip: trip.clone() },
            }),
            StepError::Model(llm::Error::UnknownPrice { message }) => Some(RunOutcome::Limited {
                limit: RunLimit::UnknownPrice {
                    message: message.clone(),
                },
            }),
            StepError::Model(error) => Some(RunOutcome::Failed {
                kind: error.kind(),
                message: error.to_string(),
                status: error.status(),
                retry_after_ms: error
                    .retry_after()
                    .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            }),
        }
    }

    /// Runs the agent's own tools; returns the outcome if the run ends with the calls.
    async fn call_tools(
        &mut self,
        calls: Vec<ToolCall>,
        client: &HashSet<ToolName>,
    ) -> Option<RunOutcome> {
        let (theirs, ours): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|call| client.contains(&call.name));
        let toolbox = self.shared.toolbox();
        for call in ours {
            if self.cancel.is_cancelled() {
                return Some(self.aborted());
            }
            if let Err(limit) = self.limits.count_call(&call) {
                return Some(RunOutcome::Limited { limit });
            }
            self.unsaved.push(Record::ToolStarted(call.clone()));
            if let Err(error) = self.save().await {
                return Some(unsaved(&error));
            }
            let cx = ToolCx {
                workspace: self.agent.workspace.clone(),
                agent: self.agent.id.clone(),
                session: self.claim.session.clone(),
                run: self.claim.run.clone(),
                access: self.agent.access.clone(),
                cancel: self.cancel.clone(),
            };
            let result = toolbox.run(&call, &cx).await;
            context::push_result(&mut self.messages, result.clone());
            self.unsaved.push(Record::ToolFinished(result));
        }
        if theirs.is_empty() {
            // What a tool did is on disk before the model hears of it.
            return self.save().await.err().map(|error| unsaved(&error));
        }
        Some(RunOutcome::AwaitingClient)
    }

    async fn save(&mut self) -> Result<(), state::Error> {
        let records = std::mem::take(&mut self.unsaved);
        if records.is_empty() {
            return Ok(());
        }
        let log = &self.shared.state.log;
        log.append(
            &self.claim.session,
            self.claim.fence,
            Some(&self.claim.run),
            records,
        )
        .await
        .map(drop)
    }

    fn aborted(&self) -> RunOutcome {
        let gone = self
            .start
            .feed
            .as_ref()
            .is_some_and(tokio::sync::mpsc::Sender::is_closed);
        let reason = if self.shared.is_stopping() {
            "the gateway was shut down"
        } else if gone {
            "the client disconnected"
        } else {
            "stopped on request"
        };
        RunOutcome::Aborted {
            reason: reason.to_owned(),
        }
    }
}

fn failed(kind: FailureKind, message: String) -> RunOutcome {
    RunOutcome::Failed {
        kind,
        message,
        status: None,
        retry_after_ms: None,
    }
}

fn unsaved(error: &state::Error) -> RunOutcome {
    failed(
        FailureKind::Internal,
        format!("the answer could not be saved: {error}"),
    )
}
