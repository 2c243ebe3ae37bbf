//! One question and its answer, whoever answers: an agent in a session, or a model by itself.
//!
//! Every dialect reads its request into a [`Question`] and writes the [`Piece`]s of the answer in
//! its own words; what lies between is the same for all and lives here.

mod form;
pub(super) mod kept;
mod model;
mod run;

pub(super) use form::{AnswerForm, invalid_output};

use super::respond;
use crate::error::ApiError;
use crate::services::Services;
use agent::Agent;
use domain::{
    Message, OnDisconnect, ProviderState, RunId, Sampling, SessionKey, StopReason, ToolCall,
    ToolCallId, ToolChoice, ToolName, ToolSpec, Usage,
};
use futures_util::StreamExt as _;
use futures_util::stream::{Stream, unfold};
use http::HeaderValue;
use kept::{KeptSource, Place};
use protocol::ErrorCode;
use std::sync::Arc;
use std::time::Duration;

/// A comment goes out when nothing else did for so long, so that proxies keep the stream open.
/// Source: security specification, section 8.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// Who answers.
pub(super) enum Answerer {
    /// An agent, with its tools and a durable session.
    Agent {
        agent: Arc<Agent>,
        session: SessionKey,
        /// A model instead of the agent's own.
        model: Option<String>,
    },
    /// A model by itself, under this name: no agent, no session, no tools of ours.
    Model(String),
}

impl Answerer {
    /// A conversation as this one takes it: what came before and what is said now. To a model by
    /// itself all of it was said before.
    pub(super) fn divide(&self, messages: Vec<Message>) -> (Vec<Message>, Vec<Message>) {
        match self {
            Self::Agent { .. } => split(messages),
            Self::Model(_) => (messages, Vec::new()),
        }
    }
}

/// What is asked.
#[derive(Clone)]
pub(super) struct Question {
    /// System text of the client.
    pub(super) instructions: Vec<String>,
    /// What was said before.
    pub(super) before: Vec<Message>,
    /// What is said now.
    pub(super) input: Vec<Message>,
    /// Tools the client runs itself.
    pub(super) tools: Vec<ToolSpec>,
    pub(super) tool_choice: ToolChoice,
    pub(super) sampling: Sampling,
    /// Whether the pieces are wanted as they come.
    pub(super) stream: bool,
    /// What the text of the answer must look like.
    pub(super) form: Option<AnswerForm>,
    /// What becomes of the run of an agent when the [`Exchange`] is dropped.
    pub(super) on_disconnect: OnDisconnect,
    /// On whose account it goes; `None` for the owner.
    pub(super) payer: Option<String>,
    /// Whether an answer given before to an equal question is wanted.
    pub(super) kept: bool,
}

/// A piece of an answer.
#[derive(Debug)]
pub(super) enum Piece {
    /// More text.
    Text(String),
    /// More reasoning.
    Reasoning(String),
    /// State of the provider that belongs to the reasoning before it; never from an agent, whose
    /// session keeps it.
    Keep(ProviderState),
    /// A call of a tool of the client begins; `index` counts them from 0.
    Call {
        index: u32,
        id: ToolCallId,
        name: ToolName,
    },
    /// More of a call's arguments.
    Arguments { index: u32, json: String },
    /// The end; always the last piece.
    Ended(Box<Ended>),
}

/// What an answer came to.
#[derive(Debug)]
pub(super) struct Ended {
    /// What was said last; of a failed answer, what came before it failed.
    pub(super) message: Message,
    /// The calls of the client's tools among it.
    pub(super) calls: Vec<ToolCall>,
    /// Why it ended, when a model said so.
    pub(super) stop: Option<StopReason>,
    /// What all of it used.
    pub(super) usage: Usage,
    /// Whether tools of ours ran for it.
    pub(super) used_tools: bool,
    /// Why it is no answer.
    pub(super) error: Option<ApiError>,
}

impl Ended {
    /// An end without an answer.
    pub(super) fn failed(error: ApiError) -> Self {
        Self {
            message: Message {
                role: domain::Role::Assistant,
                parts: Vec::new(),
            },
            calls: Vec::new(),
            stop: None,
            usage: Usage::default(),
            used_tools: false,
            error: Some(error),
        }
    }

    /// Whether the text is the whole answer, not a call and not cut.
    fn is_final(&self) -> bool {
        self.error.is_none()
            && self.calls.is_empty()
            && !matches!(
                self.stop,
                Some(StopReason::Length | StopReason::ContentFilter)
            )
    }
}

/// A question under way. Dropping it stops the model, or does to the run of an agent what the
/// question's `on_disconnect` says.
pub(super) struct Exchange {
    source: Source,
    choice: ToolChoice,
    form: Option<AnswerForm>,
    /// Text that is not shown before it is known to have its form.
    held: String,
    /// Pieces to hand out before the source is asked again, the next one last.
    ready: Vec<Piece>,
    /// What the first of two answers used.
    used: Usage,
    asked_again: bool,
    /// Where the answer is kept, when it may be.
    place: Option<Place>,
}

enum Source {
    Kept(KeptSource),
    Run(Box<run::RunSource>),
    Model(Box<model::ModelSource>),
}

impl Exchange {
    /// Asks. With an agent the turn is durable afterwards; a model has begun to answer.
    ///
    /// # Errors
    /// [`ApiError`]: nothing was said then.
    pub(super) async fn begin(
        services: &Arc<Services>,
        answerer: Answerer,
        mut question: Question,
    ) -> Result<Self, ApiError> {
        let choice = question.tool_choice.clone();
        let form = question.form.take();
        let mut place = None;
        if question.kept {
            place = Place::of(services, &answerer, &question).await?;
        }
        let kept = place.as_mut().and_then(Place::find);
        let source = match (kept, answerer) {
            (Some(kept), _) => Source::Kept(kept),
            (
                None,
                Answerer::Agent {
                    agent,
                    session,
                    model,
                },
            ) => {
                let turn = run::turn(&agent, session, model, question);
                let begun = Box::pin(run::RunSource::begin(services, turn));
                Source::Run(Box::new(begun.await?))
            }
            (None, Answerer::Model(name)) => Source::Model(Box::new(
                model::ModelSource::begin(services, &name, question, form.is_some()).await?,
            )),
        };
        Ok(Self {
            source,
            choice,
            form,
            held: String::new(),
            ready: Vec::new(),
            used: Usage::default(),
            asked_again: false,
            place,
        })
    }

    /// The run and the session of an agent.
    pub(super) fn run(&self) -> Option<(&RunId, &SessionKey)> {
        match &self.source {
            Source::Run(run) => Some(run.names()),
            Source::Model(_) | Source::Kept(_) => None,
        }
    }

    /// What the answer's headers say about it: the run and session of an agent or the call of a
    /// model, and whether it was given before.
    pub(super) fn headers(&self) -> Vec<(&'static str, HeaderValue)> {
        let mut headers = match &self.source {
            Source::Run(run) => {
                let (run, session) = run.names();
                vec![
                    ("x-openclaw-run-id", respond::text(run.as_str())),
                    ("x-openclaw-session-key", respond::text(session.as_str())),
                ]
            }
            Source::Model(model) => model
                .call_id()
                .map(|call| ("x-openclaw-call-id", respond::text(call.as_str())))
                .into_iter()
                .collect(),
            Source::Kept(_) => Vec::new(),
        };
        if let Some(place) = &self.place {
            let state = if place.hit { "hit" } else { "miss" };
            headers.push(("x-openclaw-cache", respond::constant(state)));
        }
        headers
    }

    /// The next piece; `None` after [`Piece::Ended`]. Not cancel-safe: use [`pieces`] to wait with
    /// a time limit.
    pub(super) async fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.ready.pop() {
                return Some(piece);
            }
            let piece = match &mut self.source {
                Source::Run(run) => run.next().await?,
                Source::Model(model) => model.next().await?,
                Source::Kept(kept) => kept.next()?,
            };
            match piece {
                Piece::Text(text) if self.form.is_some() => self.held.push_str(&text),
                Piece::Reasoning(_) | Piece::Keep(_) if self.asked_again => {}
                Piece::Call { .. } if !self.held.is_empty() => {
                    self.ready.push(piece);
                    self.ready.push(Piece::Text(std::mem::take(&mut self.held)));
                }
                Piece::Ended(ended) => self.end(*ended).await,
                Piece::Text(_)
                | Piece::Reasoning(_)
                | Piece::Keep(_)
                | Piece::Call { .. }
                | Piece::Arguments { .. } => return Some(piece),
            }
        }
    }

    /// Stops whoever answers and returns what was said until then.
    pub(super) async fn stop(&mut self) -> Ended {
        let mut ended = match &mut self.source {
            Source::Run(run) => run.stop().await,
            Source::Model(model) => model.stop(),
            Source::Kept(kept) => kept.ended(),
        };
        ended.usage = self.used.plus(ended.usage);
        ended
    }

    /// Waits for the end.
    pub(super) async fn finished(&mut self) -> Ended {
        while let Some(piece) = self.next().await {
            if let Piece::Ended(ended) = piece {
                return *ended;
            }
        }
        Ended::failed(lost())
    }

    /// Takes the end of an answer: hands it out, or asks once more.
    async fn end(&mut self, mut ended: Ended) {
        self.used = self.used.plus(ended.usage);
        if ended.error.is_none() {
            ended.error = self.hold_choice(&ended).err();
        }
        if let Some(form) = &self.form {
            match form.hold(&mut ended) {
                Err(words) if !self.asked_again => {
                    self.asked_again = true;
                    self.held.clear();
                    let request = form::repair_request(&words);
                    let again = match &mut self.source {
                        Source::Run(run) => Box::pin(run.again(request)).await,
                        Source::Model(model) => model.again(ended.message.clone(), request).await,
                        // It had its form when it was kept.
                        Source::Kept(_) => Err(form::invalid_output(&words)),
                    };
                    match again {
                        Ok(()) => return,
                        Err(error) => ended.error = Some(error),
                    }
                }
                Err(words) => ended.error = Some(form::invalid_output(&words)),
                Ok(()) => {}
            }
        }
        ended.usage = self.used;
        if let Some(place) = &self.place {
            place.keep(&ended);
        }
        let shown = self.form.is_some() && ended.error.is_none();
        // Of a cut or a spoken-and-calling answer everything that is left is shown.
        let text = if shown && ended.calls.is_empty() {
            ended.message.text()
        } else {
            String::new()
        };
        self.ready.push(Piece::Ended(Box::new(ended)));
        if !text.is_empty() {
            self.ready.push(Piece::Text(text));
        }
    }

    /// Whether a required tool call was made. Source: HTTP API, section 3 (recorded words).
    fn hold_choice(&self, ended: &Ended) -> Result<(), ApiError> {
        let called = |wanted: &ToolName| ended.calls.iter().any(|call| call.name == *wanted);
        let wanted = match &self.choice {
            ToolChoice::Auto | ToolChoice::None => return Ok(()),
            ToolChoice::Required if !ended.calls.is_empty() => return Ok(()),
            ToolChoice::Required => "a tool call".to_owned(),
            ToolChoice::Named { name } if called(name) => return Ok(()),
            ToolChoice::Named { name } => format!("a {name} tool call"),
        };
        Err(ApiError::new(
            ErrorCode::ProviderError,
            format!("tool_choice required {wanted}, but the agent did not produce one"),
        )
        .with_reason("tool_choice_not_met"))
    }
}

/// The pieces as they come; `None` where nothing came for so long that the connection wants a sign
/// of life. Dropping it drops the exchange.
pub(super) fn pieces(exchange: Exchange) -> impl Stream<Item = Option<Piece>> + Send + 'static {
    // The exchange waits inside a stream of its own, so that a heartbeat interrupts nothing.
    let inner = Box::pin(unfold(exchange, |mut exchange| async move {
        let piece = exchange.next().await?;
        Some((piece, exchange))
    }));
    unfold(inner, |mut inner| async move {
        match tokio::time::timeout(HEARTBEAT, inner.next()).await {
            Err(_) => Some((None, inner)),
            Ok(Some(piece)) => Some((Some(piece), inner)),
            Ok(None) => None,
        }
    })
}

/// Takes a conversation apart: what came before, and the input of this turn, which is the last
/// user message or the last results of tools. An answer after it is left out.
pub(super) fn split(mut messages: Vec<Message>) -> (Vec<Message>, Vec<Message>) {
    let input = messages.iter().rposition(asks).unwrap_or_default();
    messages.truncate(input + 1);
    let input = messages.split_off(input.min(messages.len()));
    (messages, input)
}

/// Whether a message wants an answer.
pub(super) fn asks(message: &Message) -> bool {
    match message.role {
        domain::Role::User | domain::Role::Tool => !message.parts.is_empty(),
        domain::Role::Assistant => false,
    }
}

/// The error of those whose answer ended with the gateway.
pub(super) fn lost() -> ApiError {
    ApiError::new(ErrorCode::Unavailable, "the gateway is shutting down")
}
