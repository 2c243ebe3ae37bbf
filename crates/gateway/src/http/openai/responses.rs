//! `POST /v1/responses` and what can be done with a response afterwards.
//! Source: HTTP API, section 6.

mod events;
mod input;
mod kept;
mod make;
mod object;
mod request;

use self::kept::{Slot, Transcript};
use self::make::{Maker, Start, Update};
use self::object::{Response, Status};
use self::request::ResponseRequest;
use super::error_reply;
use crate::error::ApiError;
use crate::http::exchange::{self, Answerer, Exchange, Question};
use crate::http::respond::{self, Reply};
use crate::http::router::missing_scope;
use crate::http::target::{self, DEFAULT_MODEL, Wanted};
use crate::net::{Caller, Scope, principal};
use crate::services::Services;
use bytes::Bytes;
use domain::OnDisconnect;
use futures_util::stream::{Stream, unfold};
use http::{HeaderMap, Method, StatusCode};
use protocol::ErrorCode;
use serde_json::json;
use state::StoredResponse;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Largest body. Source: HTTP API, section 1.
pub(in crate::http) const MAX_BODY: usize = 20 * 1024 * 1024;

/// How long a cancel waits for a run that an earlier process began.
const CANCEL_WAIT: Duration = Duration::from_secs(10);

/// Answers a request whose body was read.
pub(in crate::http) async fn create(
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
    let request = ResponseRequest::read(body)?;
    let principal = principal(caller);
    let owner = owner(principal);
    let previous = continued(services, &owner, request.previous.as_deref()).await?;
    let wanted = Wanted {
        model: request.model.as_deref(),
        user: request.user.as_deref(),
        previous: previous.as_ref().and_then(|stored| stored.session.as_ref()),
        family: "openresponses",
    };
    let answerer = target::answerer(services, headers, &wanted, principal)?;
    let now = services.clock.now();
    let model = request.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let response = Response::new(now.seconds(), model, request.echo.clone());
    let transcript = Transcript {
        system: request.system.clone(),
        input: request.messages.clone(),
        said: Vec::new(),
    };
    let (store, background, stream) = (request.store, request.background, request.stream);
    let previous_id = request.previous.clone();
    let agent = match &answerer {
        Answerer::Agent { agent, .. } => Some(agent.id.clone()),
        Answerer::Model(_) => None,
    };
    let question = question(services, request, &answerer, previous, principal).await?;
    let direct = agent.is_none();
    let mut slot = Slot {
        owner: owner.clone(),
        agent,
        session: None,
        run: None,
        previous: previous_id,
        created_at: now,
        transcript,
    };
    let start = if background && direct {
        Start::ToAsk(answerer, Box::new(question))
    } else {
        match Exchange::begin(services, answerer, question).await {
            Ok(exchange) => Start::Asked(Box::new(exchange)),
            Err(error) if direct && error.code != ErrorCode::InvalidModel => {
                return failed(services, response, store.then_some(slot), &error).await;
            }
            Err(error) => return Err(error),
        }
    };
    let (names, described) = (start.run(), start.headers());
    if let Some((run, session)) = &names {
        slot.run = Some(run.clone());
        slot.session = Some(session.clone());
    }
    let maker = Maker {
        services: Arc::clone(services),
        making: services.responses.make(&owner, &response.id),
        stream,
        background,
        slot: store.then_some(slot),
    };
    if let Some(slot) = maker.slot.as_ref().filter(|_| stream || background) {
        let kept = services.responses.put(slot.row(&response)?).await;
        if let (Err(_), Some((run, session))) = (&kept, &names) {
            // Nobody could fetch what it comes to.
            services.agents.abort(session, Some(run));
        }
        kept?;
    }
    let begun = (background && !stream).then(|| respond::json(StatusCode::OK, &response));
    let updates = maker.start(start, response);
    let mut reply = match (stream, begun) {
        (true, _) => respond::events(events(updates)),
        (false, Some(begun)) => begun,
        (false, None) => whole(updates).await,
    };
    for (name, value) in described {
        reply.headers_mut().insert(name, value);
    }
    Ok(reply)
}

/// The response a request continues.
async fn continued(
    services: &Services,
    owner: &str,
    id: Option<&str>,
) -> Result<Option<StoredResponse>, ApiError> {
    let Some(id) = id else { return Ok(None) };
    match kept::find(services, owner, id).await? {
        Some(stored) => Ok(Some(stored)),
        None => Err(kept::previous_not_found(id)),
    }
}

/// A model that failed before it began to answer: a failed response like one that failed later.
async fn failed(
    services: &Services,
    mut response: Response,
    slot: Option<Slot>,
    error: &ApiError,
) -> Result<Reply, ApiError> {
    response.status = Status::Failed;
    response.error = Some(error.into());
    if let Some(slot) = slot {
        services.responses.put(slot.row(&response)?).await?;
    }
    Ok(failure(&response, error))
}

async fn question(
    services: &Services,
    request: ResponseRequest,
    answerer: &Answerer,
    previous: Option<StoredResponse>,
    principal: Option<&str>,
) -> Result<Question, ApiError> {
    let continues_session = matches!(answerer, Answerer::Agent { .. })
        && previous
            .as_ref()
            .is_some_and(|stored| stored.session.is_some());
    let earlier = match previous {
        Some(stored) if !continues_session => kept::transcript(services, stored).await?,
        Some(_) | None => Transcript::default(),
    };
    let mut instructions: Vec<String> = request.instructions.into_iter().collect();
    instructions.extend(earlier.system);
    instructions.extend(request.system);
    let (before, input) = if continues_session || matches!(answerer, Answerer::Model(_)) {
        (earlier.input, request.messages)
    } else {
        let (said, input) = exchange::split(request.messages);
        let mut before = earlier.input;
        before.extend(said);
        (before, input)
    };
    Ok(Question {
        instructions,
        before,
        input,
        tools: request.tools,
        tool_choice: request.tool_choice,
        sampling: request.sampling,
        stream: request.stream || request.background,
        form: request.form,
        on_disconnect: if request.background {
            OnDisconnect::Continue
        } else {
            OnDisconnect::Cancel
        },
        payer: principal.map(str::to_owned),
        // Every response has an id of its own, under which it is kept already.
        kept: false,
    })
}

async fn whole(mut updates: mpsc::Receiver<Update>) -> Reply {
    while let Some(update) = updates.recv().await {
        if let Update::Finished(response, error) = update {
            return match error.filter(|_| response.status == Status::Failed) {
                Some(error) => failure(&response, &error),
                None => respond::json(StatusCode::OK, &response),
            };
        }
    }
    error_reply(&exchange::lost())
}

/// A failed response: the status of its error, and the response as the body.
fn failure(response: &Response, error: &ApiError) -> Reply {
    let mut reply = respond::json(error.status, response);
    // What an error says in its headers it says here too.
    for (name, value) in error_reply(error).headers() {
        if name == "x-openclaw-error" || name == http::header::RETRY_AFTER {
            reply.headers_mut().insert(name, value.clone());
        }
    }
    reply
}

/// The updates as server-sent events. Dropping the stream tells the making that nobody listens.
fn events(updates: mpsc::Receiver<Update>) -> impl Stream<Item = Bytes> + Send + 'static {
    unfold(updates, |mut updates| async move {
        let update = tokio::time::timeout(exchange::HEARTBEAT, updates.recv()).await;
        match update {
            Err(_) => Some((events::heartbeat(), updates)),
            Ok(Some(Update::Events(bytes))) => Some((bytes, updates)),
            Ok(Some(Update::Finished(..)) | None) => None,
        }
    })
}

/// `GET` and `DELETE /v1/responses/{id}`.
pub(in crate::http) async fn one(
    services: &Services,
    caller: &Caller,
    method: &Method,
    id: &str,
) -> Reply {
    let owner = owner(principal(caller));
    let answered = if method == Method::DELETE {
        if !caller.scopes.allow(Scope::Write) {
            return missing_scope(Scope::Write);
        }
        delete(services, &owner, id).await
    } else {
        match found(services, &owner, id).await {
            Ok(stored) => Ok(respond::json_text(stored.body)),
            Err(error) => Err(error),
        }
    };
    answered.unwrap_or_else(|error| error_reply(&error))
}

async fn delete(services: &Services, owner: &str, id: &str) -> Result<Reply, ApiError> {
    let stored = found(services, owner, id).await?;
    abort(services, &stored);
    if !services.responses.delete(owner, id).await? {
        return Err(not_found(id));
    }
    let body = json!({ "id": id, "object": "response", "deleted": true });
    Ok(respond::json(StatusCode::OK, &body))
}

/// `POST /v1/responses/{id}/cancel`.
pub(in crate::http) async fn cancel(services: &Services, caller: &Caller, id: &str) -> Reply {
    let owner = owner(principal(caller));
    match cancelled(services, &owner, id).await {
        Ok(stored) => respond::json_text(stored.body),
        Err(error) => error_reply(&error),
    }
}

async fn cancelled(services: &Services, owner: &str, id: &str) -> Result<StoredResponse, ApiError> {
    let stored = found(services, owner, id).await?;
    if stored.status != Status::InProgress.word() {
        return Ok(stored);
    }
    if !services.responses.cancel(owner, id).await {
        abort(services, &stored);
        if let Some(run) = &stored.run {
            services.agents.wait(run, CANCEL_WAIT).await?;
        }
    }
    found(services, owner, id).await
}

/// Stops the run of a response that no task of this process is making.
fn abort(services: &Services, stored: &StoredResponse) {
    if stored.status != Status::InProgress.word() || services.responses.is_live(&stored.id) {
        return;
    }
    if let (Some(session), Some(run)) = (&stored.session, &stored.run) {
        services.agents.abort(session, Some(run));
    }
}

async fn found(services: &Services, owner: &str, id: &str) -> Result<StoredResponse, ApiError> {
    if id.is_empty() || id.len() > request::MAX_ID {
        return Err(not_found(id));
    }
    kept::find(services, owner, id)
        .await?
        .ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> ApiError {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(128).collect();
    ApiError::new(
        ErrorCode::NotFound,
        format!("Response with id '{shown}' not found."),
    )
    .with_param("id")
}

/// The name of a principal in the store.
fn owner(principal: Option<&str>) -> String {
    principal.map_or_else(|| "owner".to_owned(), |user| format!("user:{user}"))
}
