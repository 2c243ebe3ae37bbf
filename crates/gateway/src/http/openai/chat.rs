//! `POST /v1/chat/completions`: read, decide who answers, answer whole or as a stream.

use super::complete::{self, Completion, Head};
use super::error_reply;
use super::request::ChatRequest;
use super::stream::Frames;
use crate::error::ApiError;
use crate::http::exchange::{self, Answerer, Ended, Exchange, Piece, Question, kept};
use crate::http::respond::{self, Reply};
use crate::http::target::{self, Wanted};
use crate::net::{Caller, principal};
use crate::services::Services;
use bytes::Bytes;
use domain::OnDisconnect;
use futures_util::stream::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderName};
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
    answer(services, caller, headers, body)
        .await
        .unwrap_or_else(|error| error_reply(&error))
}

async fn answer(
    services: &Arc<Services>,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Reply, ApiError> {
    let request = ChatRequest::read(body)?;
    let principal = principal(caller);
    let wanted = Wanted {
        model: request.model.as_deref(),
        user: request.user.as_deref(),
        previous: None,
        family: "openai",
    };
    let answerer = target::answerer(services, headers, &wanted, principal)?;
    let head = Head::new(services.clock.now().seconds(), request.model.as_deref());
    let (stream, include_usage) = (request.stream, request.include_usage);
    let kept = kept::wanted(services, headers, principal)?;
    let question = question(request, &answerer, principal, kept);
    let mut exchange = Exchange::begin(services, answerer, question).await?;
    let described = exchange.headers();
    let mut reply = if stream {
        respond::events(events(exchange, Frames::new(head), include_usage))
    } else {
        let ended = exchange.finished().await;
        whole(&head, &ended).unwrap_or_else(error_reply)
    };
    reply.headers_mut().extend(
        described
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), value)),
    );
    Ok(reply)
}

fn question(
    request: ChatRequest,
    answerer: &Answerer,
    principal: Option<&str>,
    kept: bool,
) -> Question {
    let (before, input) = answerer.divide(request.messages);
    Question {
        instructions: request.instructions,
        before,
        input,
        tools: request.tools,
        tool_choice: request.tool_choice,
        sampling: request.sampling,
        stream: request.stream,
        form: request.form,
        on_disconnect: OnDisconnect::Cancel,
        payer: principal.map(str::to_owned),
        kept,
    }
}

fn whole<'e>(head: &Head, ended: &'e Ended) -> Result<Reply, &'e ApiError> {
    if let Some(error) = &ended.error {
        return Err(error);
    }
    let finish = complete::finish_reason(ended.stop.as_ref(), !ended.calls.is_empty());
    let completion = Completion::new(
        head,
        &ended.message,
        ended.calls.iter(),
        &ended.usage,
        finish,
    );
    Ok(respond::json(http::StatusCode::OK, &completion))
}

/// The pieces of an answer as server-sent events. Dropping the stream tells whoever answers that
/// nobody listens.
fn events(
    exchange: Exchange,
    frames: Frames,
    include_usage: bool,
) -> impl Stream<Item = Bytes> + Send + 'static {
    let first = frames.role();
    let rest = exchange::pieces(exchange).filter_map(move |piece| {
        std::future::ready(match piece {
            Some(piece) => frame(&frames, piece, include_usage),
            None => Some(Frames::heartbeat()),
        })
    });
    futures_util::stream::once(std::future::ready(first)).chain(rest)
}

fn frame(frames: &Frames, piece: Piece, include_usage: bool) -> Option<Bytes> {
    Some(match piece {
        Piece::Text(text) => frames.text(&text),
        Piece::Reasoning(text) => frames.reasoning(&text),
        Piece::Keep(_) => return None,
        Piece::Call { index, id, name } => frames.call(index, id.as_str(), name.as_str()),
        Piece::Arguments { index, json } => frames.arguments(index, &json),
        Piece::Ended(ended) => end(frames, &ended, include_usage),
    })
}

fn end(frames: &Frames, ended: &Ended, include_usage: bool) -> Bytes {
    if let Some(error) = &ended.error {
        return Frames::error(error);
    }
    let finish = complete::finish_reason(ended.stop.as_ref(), !ended.calls.is_empty());
    frames.end(finish, include_usage.then_some(&ended.usage))
}
