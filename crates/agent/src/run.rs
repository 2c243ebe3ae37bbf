//! The loop: model call, tools, model call, until an answer stands or something ends it.

mod ask;
mod calls;
mod compose;
mod end;
mod history;

pub use compose::Preview;
pub(crate) use compose::preview;
pub(crate) use end::{Ended, close, end};

use crate::lane::Start;
use crate::limits::Limits;
use crate::permit::Permit;
use crate::shared::{After, Shared};
use crate::tap::Teller;
use crate::{Agent, context, session_key};
use domain::record::AssistantMessage;
use domain::{
    FailureKind, Message, OnDisconnect, Record, RunLimit, RunOutcome, StopReason, ToolCall, Turn,
};
use state::Claim;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A run under way.
pub(crate) struct Run<'a> {
    shared: &'a Shared,
    claim: &'a Claim,
    agent: Arc<Agent>,
    start: &'a Start,
    cancel: &'a CancellationToken,
    permit: &'a Permit,
    limits: Limits,
    /// When the run is ended, if the clock reaches that far.
    deadline: Option<Instant>,
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
    permit: &Permit,
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
        permit,
        deadline: Instant::now().checked_add(wall),
        messages: Vec::new(),
        last: None,
        unsaved: Vec::new(),
        open: Vec::new(),
    };
    // On its deadline a run is cancelled from inside, so that what was said until then is kept.
    let outcome = {
        let out_of_time = || {
            let limit_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
            RunOutcome::Limited {
                limit: RunLimit::WallTime { limit_ms },
            }
        };
        let deadline = run.deadline;
        let mut work = std::pin::pin!(run.work());
        tokio::select! {
            outcome = &mut work => if gave_up_at(deadline, &outcome) { out_of_time() } else { outcome },
            () = tokio::time::sleep(wall) => {
                cancel.cancel();
                work.await;
                out_of_time()
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
    if session_key::is_one_off(&claim.session) {
        shared.sent.forget(&claim.session);
    }
    let ended = Ended {
        records: std::mem::take(&mut run.unsaved),
        outcome,
        last: run.last.take(),
        usage: run.limits.usage(),
        cost: run.limits.cost(),
        used_tools: run.limits.used_tools(),
    };
    end(shared, claim, start, ended).await
}

/// Whether a run failed because its last model call got no more time than the run had.
fn gave_up_at(deadline: Option<Instant>, outcome: &RunOutcome) -> bool {
    let timed_out = matches!(
        outcome,
        RunOutcome::Failed {
            kind: FailureKind::TimedOut,
            ..
        }
    );
    timed_out && deadline.is_some_and(|deadline| Instant::now() >= deadline)
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
        let mut question = match self.question().await {
            Ok(question) => question,
            Err(unknown) => return failed(FailureKind::ModelNotFound, unknown.to_string()),
        };
        if let Some(outcome) = self.finish_open_calls(&question).await {
            return outcome;
        }
        let mut halved = false;
        loop {
            if self.cancel.is_cancelled() {
                return self.aborted();
            }
            if let Err(limit) = self.limits.next_step() {
                return RunOutcome::Limited { limit };
            }
            let result = self.step(&mut question).await;
            self.limits.count(&result.said.usage, result.cost);
            if !halved && result.is_too_long() {
                halved = true;
                let dropped = context::halve(&mut self.messages);
                if dropped > 0 {
                    question.leave_out(dropped);
                    continue;
                }
            }
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
            if let Some(outcome) = self.call_tools(calls, &question).await {
                return outcome;
            }
        }
    }

    async fn save(&mut self) -> Result<(), state::Error> {
        let records = std::mem::take(&mut self.unsaved);
        if records.is_empty() {
            return Ok(());
        }
        let log = &self.shared.state.log;
        let (session, run) = (&self.claim.session, &self.claim.run);
        // Only for one who listens is there anything to tell afterwards.
        let told = if self.shared.tap.listens() {
            records.clone()
        } else {
            Vec::new()
        };
        log.append(session, self.claim.fence, Some(run), records)
            .await?;
        self.teller().saved(&told);
        Ok(())
    }

    fn teller(&self) -> Teller<'_> {
        self.shared.teller(self.claim, &self.start.turn.agent)
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
