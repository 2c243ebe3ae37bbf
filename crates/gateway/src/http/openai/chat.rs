//! `POST /v1/chat/completions`: read, decide who answers, answer whole or as a stream.

use super::complete::{self, Completion, Head};
use super::request::ChatRequest;
use super::stream::{Frames, HEARTBEAT};
use super::target::{self, Answerer};
use super::{direct, error_reply};
use crate::error::ApiError;
use crate::http::respond::{self, Reply};
use crate::net::{Caller, Identity};
use crate::services::Services;
use agent::{Feed, RunEvent, RunReport, Submitted};
use bytes::Bytes;
use domain::{OnDisconnect, Origin, ToolChoice, ToolName, Turn};
use http::HeaderMap;
use std::collections::HashSet;
use std::sync::Arc;

/// Largest body. Source: HTTP API, section 1.
pub(in crate::http) const MAX_BODY: usize = 20 * 1024 * 1024;

/// Answers a chat completion whose body was read.
pub(in crate::http) async fn complete(
    services: &Arc<Services>,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Reply {
    let read = ChatRequest::read(body).and_then(|request| {
        let answerer = target::answerer(services, headers, &request, principal(caller))?;
        Ok((request, answerer))
    });
    let answered = match read {
        Err(error) => Err(error),
        Ok((request, Answerer::Model(target))) => direct::complete(services, target, request).await,
        Ok((request, answerer)) => run(services, request, answerer).await,
    };
    answered.unwrap_or_else(|error| error_reply(&error))
}

/// Who shares sessions with whom: the owner is one principal, every user of a proxy another.
fn principal(caller: &Caller) -> Option<&str> {
    match &caller.identity {
        Identity::Owner | Identity::Anyone => None,
        Identity::User(name) => Some(name),
    }
}

async fn run(
    services: &Arc<Services>,
    mut request: ChatRequest,
    answerer: Answerer,
) -> Result<Reply, ApiError> {
    let Answerer::Agent {
        agent,
        session,
        model,
    } = answerer
    else {
        return Err(ApiError::new(
            protocol::ErrorCode::Internal,
            "internal error",
        ));
    };
    let head = Head::new(services.clock.now().seconds(), request.model.as_deref());
    let (context, input) = request.split();
    let ChatRequest {
        instructions,
        tools,
        tool_choice,
        sampling,
        stream,
        include_usage,
        ..
    } = request;
    let expect = Expect {
        choice: tool_choice.clone(),
        client: tools.iter().map(|tool| tool.name.clone()).collect(),
        include_usage,
    };
    let turn = Turn {
        agent: agent.id.clone(),
        session,
        origin: Origin::OpenAi,
        input,
        context,
        instructions,
        client_tools: tools,
        tool_choice,
        sampling,
        model,
        on_disconnect: OnDisconnect::Cancel,
        timeout_ms: None,
    };
    let Submitted { run, session, feed } = services.submit(turn, None).await?;
    let Some(mut feed) = feed else {
        return Err(ApiError::new(
            protocol::ErrorCode::Internal,
            "internal error",
        ));
    };
    let mut reply = if stream {
        respond::events(events(feed, Frames::new(head), expect))
    } else {
        match feed.finished().await {
            Some(report) => {
                whole(&head, &report, &expect).unwrap_or_else(|error| error_reply(&error))
            }
            None => error_reply(&lost()),
        }
    };
    let headers = reply.headers_mut();
    headers.insert("x-openclaw-run-id", respond::text(run.as_str()));
    headers.insert("x-openclaw-session-key", respond::text(session.as_str()));
    Ok(reply)
}

/// What the request wants of the answer.
struct Expect {
    choice: ToolChoice,
    client: HashSet<ToolName>,
    include_usage: bool,
}

impl Expect {
    fn held(&self, report: &RunReport) -> Result<(), ApiError> {
        let calls = report.message.iter().flat_map(domain::Message::tool_calls);
        let theirs = calls.filter(|call| self.client.contains(&call.name));
        complete::hold_choice(&self.choice, theirs.map(|call| call.name.as_str()))
    }
}

fn whole(head: &Head, report: &RunReport, expect: &Expect) -> Result<Reply, ApiError> {
    let finish = complete::run_finish(&report.outcome)?;
    expect.held(report)?;
    let nothing = domain::Message::assistant("");
    let message = report.message.as_ref().unwrap_or(&nothing);
    let calls = message
        .tool_calls()
        .filter(|call| expect.client.contains(&call.name));
    let completion = Completion::new(head, message, calls, &report.usage, finish);
    Ok(respond::json(http::StatusCode::OK, &completion))
}

fn lost() -> ApiError {
    ApiError::new(
        protocol::ErrorCode::Unavailable,
        "the gateway is shutting down",
    )
}

/// The feed of a run as server-sent events. Dropping the stream tells the run that nobody listens.
fn events(
    feed: Feed,
    frames: Frames,
    expect: Expect,
) -> impl futures_util::Stream<Item = Bytes> + Send + 'static {
    let state = (feed, frames, expect, Place::Begin);
    futures_util::stream::unfold(state, |(mut feed, frames, expect, place)| async move {
        match place {
            Place::End => None,
            Place::Begin => {
                let bytes = frames.role();
                Some((bytes, (feed, frames, expect, Place::Middle)))
            }
            Place::Middle => {
                let next = tokio::time::timeout(HEARTBEAT, feed.next()).await;
                let (bytes, place) = match next {
                    Err(_) => (Frames::heartbeat(), Place::Middle),
                    Ok(event) => frame(&frames, event, &expect),
                };
                Some((bytes, (feed, frames, expect, place)))
            }
        }
    })
}

enum Place {
    Begin,
    Middle,
    End,
}

fn frame(frames: &Frames, event: Option<RunEvent>, expect: &Expect) -> (Bytes, Place) {
    match event {
        Some(RunEvent::Text(text)) => (frames.text(&text), Place::Middle),
        Some(RunEvent::Reasoning(text)) => (frames.reasoning(&text), Place::Middle),
        Some(RunEvent::ClientCall { index, id, name }) => (
            frames.call(index, id.as_str(), name.as_str()),
            Place::Middle,
        ),
        Some(RunEvent::ClientCallArguments { index, json }) => {
            (frames.arguments(index, &json), Place::Middle)
        }
        Some(RunEvent::Finished(report)) => {
            let ended = complete::run_finish(&report.outcome)
                .and_then(|finish| expect.held(&report).map(|()| finish));
            let bytes = match ended {
                Ok(finish) => frames.end(finish, expect.include_usage.then_some(&report.usage)),
                Err(error) => Frames::error(&error),
            };
            (bytes, Place::End)
        }
        None => (Frames::error(&lost()), Place::End),
    }
}
