//! Connections and routes of the fake model.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::answer::{Saying, failure};
use super::body::{Act, ScriptedBody};
use super::journal::{Journal, OpenCall};
use super::request::Request as Chat;
use super::script::Script;
use super::{GREETING, MODELS, WRONG_KEY, check};

type Reply = Response<ScriptedBody>;

/// How often each flaky text failed.
type Failures = Arc<Mutex<HashMap<String, u64>>>;

/// Accepts connections for ever; dropping the future closes them all.
pub(super) async fn accept(listener: TcpListener, journal: Arc<Journal>) {
    let mut connections = JoinSet::new();
    let failures = Failures::default();
    loop {
        // Ended connections are collected on the way, so that the set does not grow.
        while connections.try_join_next().is_some() {}
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        // Latency is measured through this server; a refusal of the option changes nothing else.
        drop(socket.set_nodelay(true));
        let (journal, failures) = (Arc::clone(&journal), Arc::clone(&failures));
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let (journal, failures) = (Arc::clone(&journal), Arc::clone(&failures));
                async move { Ok::<_, Infallible>(route(request, &journal, &failures).await) }
            });
            let mut server = http1::Builder::new();
            server.half_close(false);
            // A client that breaks the connection is part of many tests.
            drop(server.serve_connection(TokioIo::new(socket), service).await);
        });
    }
}

async fn route(request: Request<Incoming>, journal: &Arc<Journal>, failures: &Failures) -> Reply {
    let refused = bearer(&request) == Some(WRONG_KEY);
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/__fake/requests") => {
            let body = json!({"calls": journal.calls(), "open": journal.open(),
                              "peak": journal.peak(), "requests": journal.requests()});
            whole(StatusCode::OK, Bytes::from(body.to_string()), None)
        }
        (_, path) if refused && path.starts_with("/v1/") => whole(
            StatusCode::UNAUTHORIZED,
            failure(401, "incorrect API key provided"),
            None,
        ),
        (&Method::GET, "/v1/models") => {
            let models = MODELS
                .map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "fake"}));
            let body = json!({"object": "list", "data": models});
            whole(StatusCode::OK, Bytes::from(body.to_string()), None)
        }
        (&Method::POST, "/v1/chat/completions") => {
            let Ok(body) = request.into_body().collect().await else {
                return whole(
                    StatusCode::BAD_REQUEST,
                    failure(400, "the body broke off"),
                    None,
                );
            };
            let body = body.to_bytes();
            let call = journal.begin(body.clone());
            chat(&body, call, failures).await
        }
        (method, path) => {
            let text = format!("no route {method} {path}");
            whole(StatusCode::NOT_FOUND, failure(404, &text), None)
        }
    }
}

fn bearer(request: &Request<Incoming>) -> Option<&str> {
    request
        .headers()
        .get("authorization")?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

async fn chat(body: &[u8], call: OpenCall, failures: &Failures) -> Reply {
    let chat: Chat = match serde_json::from_slice(body) {
        Ok(chat) => chat,
        Err(error) => {
            let text = format!("cannot read the request: {error}");
            return whole(StatusCode::BAD_REQUEST, failure(400, &text), Some(call));
        }
    };
    if let Some(complaint) = check::complaint(&chat) {
        return whole(
            StatusCode::BAD_REQUEST,
            failure(400, &complaint),
            Some(call),
        );
    }
    if !MODELS.contains(&chat.model.as_str()) {
        let text = format!("the model {:?} does not exist", chat.model);
        return whole(StatusCode::NOT_FOUND, failure(404, &text), Some(call));
    }
    let user_text = chat.last_user_text();
    let greeting = Saying::text(GREETING);
    let saying = match Script::of(&user_text) {
        Script::Greet => greeting,
        Script::Say(text) => Saying::text(&text),
        Script::Empty => Saying::default(),
        Script::EchoSystem => Saying::text(&chat.system_text()),
        Script::EchoImages => Saying::text(&images(&chat)),
        Script::Loop(tool) => Saying::calls(vec![tool], chat.calls_so_far()),
        Script::Tools(tools) => {
            let results = chat.trailing_results();
            if results.is_empty() {
                Saying::calls(tools, chat.calls_so_far())
            } else {
                Saying::text(&format!("The tool said: {}", results.join(" | ")))
            }
        }
        Script::Status { code, retry_after } => return refuse(code, retry_after, call),
        Script::Flaky { times, code } => {
            if fails_again(failures, &user_text, times) {
                return refuse(code, None, call);
            }
            greeting
        }
        Script::Hang => {
            let _held_open = call;
            return std::future::pending().await;
        }
        Script::HangMid => return broken(&chat, 3, [Act::Hang], call),
        Script::Cut => return broken(&chat, 3, [Act::Cut], call),
        Script::BadJson => {
            let bad = Bytes::from_static(b"data: {\"id\":\"chatcmpl-fake\",\"choices\":[{\n\n");
            return broken(&chat, 2, [Act::Send(bad)], call);
        }
        Script::Slow(pause) => {
            let pauses = greeting.stream(&chat.model, chat.wants_usage()).into_iter();
            let acts = pauses.flat_map(|act| [Act::Pause(pause), act]);
            if chat.streams() {
                return stream(acts, call);
            }
            tokio::time::sleep(pause * 6).await;
            greeting
        }
    };
    if chat.streams() {
        stream(saying.stream(&chat.model, chat.wants_usage()), call)
    } else {
        whole(StatusCode::OK, saying.whole(&chat.model), Some(call))
    }
}

/// Some deltas, or half of a whole answer, and then what goes wrong.
fn broken<const N: usize>(chat: &Chat, deltas: usize, end: [Act; N], call: OpenCall) -> Reply {
    let greeting = Saying::text(GREETING);
    if chat.streams() {
        // The first chunk carries the role only.
        let chunks = greeting
            .chunks(&chat.model)
            .into_iter()
            .take(deltas + 1)
            .map(Act::Send);
        return stream(chunks.chain(end), call);
    }
    let body = greeting.whole(&chat.model);
    let half = Act::Send(body.slice(..body.len() / 2));
    let mut reply = Response::new(ScriptedBody::acts(
        [half].into_iter().chain(end),
        Some(call),
    ));
    set_type(&mut reply, "application/json");
    reply
}

fn fails_again(failures: &Failures, text: &str, times: u64) -> bool {
    let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = failures.entry(text.to_owned()).or_default();
    *failed += 1;
    *failed <= times
}

fn images(chat: &Chat) -> String {
    let urls = chat.image_urls();
    let kinds: Vec<&str> = urls
        .iter()
        .map(|url| {
            url.strip_prefix("data:")
                .and_then(|rest| rest.split(';').next())
        })
        .map(|kind| kind.unwrap_or("link"))
        .collect();
    format!("{} images: {}", urls.len(), kinds.join(", "))
}

fn refuse(code: u16, retry_after: Option<u64>, call: OpenCall) -> Reply {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = whole(
        status,
        failure(code, &format!("fake failure {code}")),
        Some(call),
    );
    if let Some(seconds) = retry_after {
        reply
            .headers_mut()
            .insert("retry-after", HeaderValue::from(seconds));
    }
    reply
}

fn stream(acts: impl IntoIterator<Item = Act>, call: OpenCall) -> Reply {
    let mut reply = Response::new(ScriptedBody::acts(acts, Some(call)));
    set_type(&mut reply, "text/event-stream");
    reply
}

fn whole(status: StatusCode, body: Bytes, call: Option<OpenCall>) -> Reply {
    let mut reply = Response::new(ScriptedBody::whole(body, call));
    *reply.status_mut() = status;
    set_type(&mut reply, "application/json");
    reply
}

fn set_type(reply: &mut Reply, kind: &'static str) {
    reply
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(kind));
}
