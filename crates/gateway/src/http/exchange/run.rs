//! The answer of an agent: a run in a session.

use super::{Ended, Piece, Question, lost};
use crate::error::{self, ApiError};
use crate::services::Services;
use agent::{Agent, Feed, RunEvent, RunReport, Submitted};
use domain::{
    Message, Origin, RunId, RunOutcome, SessionKey, StopReason, ToolCall, ToolName, Turn,
};
use protocol::ErrorCode;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How long a run that was told to stop may take to end.
const CLOSE: Duration = Duration::from_secs(5);

/// A run and what it takes to ask once more in its session.
pub(super) struct RunSource {
    services: Arc<Services>,
    turn: Turn,
    client: HashSet<ToolName>,
    run: RunId,
    session: SessionKey,
    feed: Feed,
    over: bool,
}

/// The turn a question is for an agent.
pub(super) fn turn(
    agent: &Agent,
    session: SessionKey,
    model: Option<String>,
    question: Question,
) -> Turn {
    Turn {
        agent: agent.id.clone(),
        session,
        origin: Origin::OpenAi,
        at: None,
        payer_key: question.payer,
        input: question.input,
        context: question.before,
        instructions: question.instructions,
        client_tools: question.tools,
        tool_choice: question.tool_choice,
        sampling: question.sampling,
        model,
        on_disconnect: question.on_disconnect,
        timeout_ms: None,
    }
}

impl RunSource {
    /// Its future is large: boxed, it does not make that of a question to a model alone larger.
    pub(super) async fn begin(services: &Arc<Services>, turn: Turn) -> Result<Self, ApiError> {
        let (run, session, feed) = submit(services, turn.clone()).await?;
        let client = turn.client_tools.iter().map(|tool| tool.name.clone());
        Ok(Self {
            services: Arc::clone(services),
            client: client.collect(),
            turn,
            run,
            session,
            feed,
            over: false,
        })
    }

    pub(super) fn names(&self) -> (&RunId, &SessionKey) {
        (&self.run, &self.session)
    }

    /// Asks once more in the same session.
    pub(super) async fn again(&mut self, request: String) -> Result<(), ApiError> {
        let turn = Turn {
            input: vec![Message::user(request)],
            context: Vec::new(),
            ..self.turn.clone()
        };
        (self.run, self.session, self.feed) = submit(&self.services, turn).await?;
        self.over = false;
        Ok(())
    }

    /// Stops the run and waits for its end, so that what was said is not lost.
    pub(super) async fn stop(&mut self) -> Ended {
        self.services.agents.abort(&self.session, Some(&self.run));
        let end = async {
            loop {
                match self.next().await {
                    Some(Piece::Ended(ended)) => return *ended,
                    Some(_) => {}
                    None => return Ended::failed(lost()),
                }
            }
        };
        match tokio::time::timeout(CLOSE, end).await {
            Ok(ended) => ended,
            Err(_) => Ended::failed(lost()),
        }
    }

    pub(super) async fn next(&mut self) -> Option<Piece> {
        if self.over {
            return None;
        }
        let Some(event) = self.feed.next().await else {
            self.over = true;
            return Some(Piece::Ended(Box::new(Ended::failed(lost()))));
        };
        Some(match event {
            RunEvent::Text(text) => Piece::Text(text),
            RunEvent::Reasoning(text) => Piece::Reasoning(text),
            RunEvent::ClientCall { index, id, name } => Piece::Call { index, id, name },
            RunEvent::ClientCallArguments { index, json } => Piece::Arguments { index, json },
            RunEvent::Finished(report) => {
                self.over = true;
                Piece::Ended(Box::new(self.ended(&report)))
            }
        })
    }

    fn ended(&self, report: &RunReport) -> Ended {
        let message = report.message.clone();
        let message = message.unwrap_or_else(|| Message::assistant(""));
        let calls: Vec<ToolCall> = message
            .tool_calls()
            .filter(|call| self.client.contains(&call.name))
            .cloned()
            .collect();
        Ended {
            message,
            calls,
            stop: stop(&report.outcome),
            usage: report.usage,
            used_tools: report.used_tools,
            error: error::of_outcome(&report.outcome),
        }
    }
}

fn stop(outcome: &RunOutcome) -> Option<StopReason> {
    match outcome {
        RunOutcome::Completed { stop } => Some(stop.clone()),
        RunOutcome::AwaitingClient => Some(StopReason::ToolCalls),
        RunOutcome::Limited { .. }
        | RunOutcome::Failed { .. }
        | RunOutcome::Aborted { .. }
        | RunOutcome::Interrupted => None,
    }
}

async fn submit(services: &Services, turn: Turn) -> Result<(RunId, SessionKey, Feed), ApiError> {
    let Submitted { run, session, feed } = services.submit(turn.into()).await?;
    // Only a repeated idempotency key has no feed, and there is no key here.
    let feed = feed.ok_or_else(|| ApiError::new(ErrorCode::Internal, "internal error"))?;
    Ok((run, session, feed))
}
