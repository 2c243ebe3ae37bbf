//! Anthropic's dialect: `POST /v1/messages` and `/v1/messages/count_tokens`, so that its SDKs and
//! tools can use agents and every provider. Source: Anthropic API, "Messages".
//!
//! Differences: nothing is fetched from an address, tools of the provider are refused, and
//! `count_tokens` is an estimate, because it calls nobody.

mod answer;
mod request;
mod signature;
mod stream;

pub(super) use answer::error_reply;

use super::exchange::{self, Answerer, Ended, Exchange, Piece, Question, kept};
use super::respond::{self, Reply};
use super::target::{self, Wanted};
use crate::error::ApiError;
use crate::net::{Caller, principal};
use crate::services::Services;
use answer::{Answer, Head};
use bytes::Bytes;
use domain::{OnDisconnect, StopReason};
use futures_util::stream::{Stream, StreamExt as _};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use llm::ModelRequest;
use request::MessagesRequest;
use serde_json::json;
use std::borrow::Cow;
use std::sync::Arc;
use stream::Blocks;

/// Largest body; as for chat completions.
pub(super) const MAX_BODY: usize = 20 * 1024 * 1024;

/// Tokens that a message has beside those of its text.
const PER_MESSAGE: u64 = 4;

/// Where this dialect's clients put their key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Answers a message request whose body was read.
pub(super) async fn messages(
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
    let request = MessagesRequest::read(body, false)?;
    let principal = principal(caller);
    let wanted = Wanted {
        model: Some(&request.model),
        user: request.user.as_deref(),
        previous: None,
        family: "messages",
    };
    let answerer = target::answerer(services, headers, &wanted, principal)?;
    let head = Head::new(&request.model);
    let stream = request.stream;
    let kept = kept::wanted(services, headers, principal)?;
    let question = question(request, &answerer, principal, kept);
    let mut exchange = Exchange::begin(services, answerer, question).await?;
    let described = exchange.headers();
    let mut reply = if stream {
        respond::events(events(exchange, Blocks::new(head)))
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
    request: MessagesRequest,
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
        form: None,
        on_disconnect: OnDisconnect::Cancel,
        payer: principal.map(str::to_owned),
        kept,
    }
}

fn whole<'e>(head: &Head, ended: &'e Ended) -> Result<Reply, &'e ApiError> {
    if let Some(error) = &ended.error {
        return Err(error);
    }
    let is_theirs = |name: &domain::ToolName| ended.calls.iter().any(|call| call.name == *name);
    let answer = Answer::new(head, &ended.message, is_theirs, &ended.usage, stop(ended));
    Ok(respond::json(StatusCode::OK, &answer))
}

fn stop(ended: &Ended) -> &StopReason {
    ended.stop.as_ref().unwrap_or(&StopReason::Stop)
}

/// The pieces of an answer as server-sent events. Dropping the stream tells whoever answers that
/// nobody listens.
fn events(exchange: Exchange, mut blocks: Blocks) -> impl Stream<Item = Bytes> + Send + 'static {
    let first = blocks.begin();
    let rest = exchange::pieces(exchange).filter_map(move |piece| {
        let bytes = match piece {
            Some(piece) => event(&mut blocks, piece),
            None => blocks.ping(),
        };
        std::future::ready((!bytes.is_empty()).then_some(bytes))
    });
    futures_util::stream::once(std::future::ready(first)).chain(rest)
}

fn event(blocks: &mut Blocks, piece: Piece) -> Bytes {
    match piece {
        Piece::Text(text) => blocks.text(&text),
        Piece::Reasoning(text) => blocks.thinking(&text),
        Piece::Keep(state) => blocks.keep(&state),
        Piece::Call { index, id, name } => blocks.call(index, id.as_str(), name.as_str()),
        Piece::Arguments { index, json } => blocks.arguments(index, &json),
        Piece::Ended(ended) => match &ended.error {
            Some(error) => blocks.error(error),
            None => blocks.end(stop(&ended), &ended.usage),
        },
    }
}

/// Answers `count_tokens`: about how many tokens the prompt has. Calls nobody.
pub(super) fn count_tokens(services: &Services, headers: &HeaderMap, body: &[u8]) -> Reply {
    let counted = MessagesRequest::read(body, true).and_then(|request| {
        let wanted = Wanted {
            model: Some(&request.model),
            user: None,
            previous: None,
            family: "messages",
        };
        target::answerer(services, headers, &wanted, None)?;
        let request = ModelRequest {
            system: request.instructions.into_iter().map(Arc::from).collect(),
            messages: request.messages,
            tools: request.tools.into(),
            ..ModelRequest::default()
        };
        let messages = u64::try_from(request.messages.len()).unwrap_or(u64::MAX);
        Ok(llm::estimate::rough(&request).saturating_add(messages.saturating_mul(PER_MESSAGE)))
    });
    match counted {
        Ok(tokens) => respond::json(StatusCode::OK, &json!({ "input_tokens": tokens })),
        Err(error) => error_reply(&error),
    }
}

/// The headers with the key of this dialect's clients where authentication looks for it.
pub(super) fn credentials(headers: &HeaderMap) -> Cow<'_, HeaderMap> {
    if headers.contains_key(AUTHORIZATION) {
        return Cow::Borrowed(headers);
    }
    let mut keys = headers.get_all(&API_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Cow::Borrowed(headers);
    };
    let bearer = [b"Bearer ", key.as_bytes()].concat();
    let Ok(mut bearer) = HeaderValue::from_bytes(&bearer) else {
        return Cow::Borrowed(headers);
    };
    bearer.set_sensitive(true);
    let mut headers = headers.clone();
    headers.insert(AUTHORIZATION, bearer);
    Cow::Owned(headers)
}
