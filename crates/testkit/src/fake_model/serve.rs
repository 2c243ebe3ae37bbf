//! Connections and routes of the fake model.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::bill::{Charge, Meter, Price, Used};
use super::body::ScriptedBody;
use super::fail::Refusal;
use super::journal::OpenCall;
use super::wire::{Wire, Wish, wish};
use super::world::World;
use super::{EMBEDDER, MODELS, embed, play, read};
use crate::wire::{count_tokens_check, wire_check};

type Reply = Response<ScriptedBody>;

/// Accepts connections for ever; dropping the future closes them all.
pub(super) async fn accept(listener: TcpListener, world: Arc<World>) {
    let mut connections = JoinSet::new();
    loop {
        // Ended connections are collected on the way, so that the set does not grow.
        while connections.try_join_next().is_some() {}
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        // Latency is measured through this server; a refusal of the option changes nothing else.
        drop(socket.set_nodelay(true));
        let world = Arc::clone(&world);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let world = Arc::clone(&world);
                async move { Ok::<_, Infallible>(route(request, &world).await) }
            });
            let mut server = http1::Builder::new();
            server.half_close(false);
            // A client that breaks the connection is part of many tests.
            drop(server.serve_connection(TokioIo::new(socket), service).await);
        });
    }
}

async fn route(request: Request<Incoming>, world: &Arc<World>) -> Reply {
    let key = key(request.headers(), request.uri());
    if request.method() == Method::POST
        && let Some((wire, wish)) = wish(request.uri())
    {
        let path = request.uri().to_string();
        let Ok(body) = request.into_body().collect().await else {
            return refuse(wire, &Refusal::new(400, "the body broke off"), None);
        };
        let body = body.to_bytes();
        let call = world.journal.begin(wire, path, key.clone(), body.clone());
        if let Some(refusal) = Refusal::of_key(wire, &key) {
            return refuse(wire, &refusal, Some(call));
        }
        return served(wire, wish, &key, &body, world, call).await;
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/__fake/requests") => {
            let journal = &world.journal;
            json_reply(&json!({"calls": journal.calls(), "open": journal.open(),
                               "peak": journal.peak(), "requests": journal.requests()}))
        }
        (&Method::GET, "/__fake/bill") => {
            let bill = &world.bill;
            json_reply(
                &json!({"total": bill.total(), "unreported": bill.unreported(),
                               "byModel": bill.by_model()}),
            )
        }
        (&Method::POST, "/__fake/advance") => {
            let seconds = request.uri().query().and_then(|query| query.parse().ok());
            world
                .clock
                .advance(Duration::from_secs(seconds.unwrap_or(0)));
            json_reply(&json!({}))
        }
        (&Method::GET, "/v1/models") => match Refusal::of_key(Wire::Chat, &key) {
            Some(refusal) => refuse(Wire::Chat, &refusal, None),
            None => json_reply(&models()),
        },
        (method, path) => {
            let text = format!("no route {method} {path}");
            refuse(Wire::Chat, &Refusal::new(404, text), None)
        }
    }
}

fn models() -> Value {
    let models =
        MODELS.map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "fake"}));
    json!({"object": "list", "data": models})
}

/// The key, in any of the places the services look for it; empty without one.
fn key(headers: &HeaderMap, uri: &Uri) -> String {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let query = || {
        let mut pairs = uri.query()?.split('&');
        pairs.find_map(|pair| pair.strip_prefix("key="))
    };
    let key = bearer
        .or_else(|| header("x-api-key"))
        .or_else(|| header("x-goog-api-key"))
        .or_else(|| header("api-key"))
        .or_else(query);
    key.unwrap_or_default().to_owned()
}

async fn served(
    wire: Wire,
    wish: Wish,
    key: &str,
    body: &[u8],
    world: &Arc<World>,
    call: OpenCall,
) -> Reply {
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => {
            let text = format!("cannot read the request: {error}");
            return refuse(wire, &Refusal::new(400, text), Some(call));
        }
    };
    let outcome = match &wish {
        Wish::Embed | Wish::EmbedOf(_) => embedded(wire, &wish, key, &body, world),
        Wish::Count => count_tokens_check(&body)
            .map(|()| {
                let tokens = read::read(wire, &wish, &body).prompt.tokens();
                json_reply(&json!({"input_tokens": tokens}))
            })
            .map_err(|complaint| Refusal::new(400, complaint)),
        Wish::Answer | Wish::AnswerOf { .. } => {
            if let Err(complaint) = wire_check(wire.api(), &body) {
                return refuse(wire, &Refusal::new(400, complaint), Some(call));
            }
            let asked = read::read(wire, &wish, &body);
            let Some(price) = world.bill.price(&asked.model) else {
                return refuse(wire, &Refusal::no_model(&asked.model), Some(call));
            };
            let played = play::play(&asked, key, price, world, call).await;
            return match played {
                Ok(body) => typed(body, asked.streams, wire),
                Err(refusal) => refuse(wire, &refusal, None),
            };
        }
    };
    outcome.unwrap_or_else(|refusal| refuse(wire, &refusal, Some(call)))
}

fn embedded(
    wire: Wire,
    wish: &Wish,
    key: &str,
    body: &Value,
    world: &Arc<World>,
) -> Result<Reply, Refusal> {
    let model = match wish {
        Wish::EmbedOf(model) => model.as_str(),
        Wish::Embed | Wish::Answer | Wish::AnswerOf { .. } | Wish::Count => body
            .get("model")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    };
    let price = world.bill.price(model).filter(|_| model == EMBEDDER);
    let price: Price = price.ok_or_else(|| Refusal::no_model(model))?;
    let (bytes, input) = embed::answer(wire, body)?;
    let charge = Charge {
        wire,
        model: model.to_owned(),
        key: key.to_owned(),
        used: Used {
            input,
            ..Used::default()
        },
        cost: 0,
        reported: false,
    };
    // Gemini's wire does not tell what it took.
    Meter::new(&world.bill, price, charge).note(0, 0, wire != Wire::Gemini);
    Ok(typed(ScriptedBody::whole(bytes, None), false, wire))
}

fn typed(body: ScriptedBody, streams: bool, wire: Wire) -> Reply {
    let kind = match (streams, wire) {
        (false, _) => "application/json",
        (true, Wire::Ollama) => "application/x-ndjson",
        (true, Wire::Chat | Wire::Responses | Wire::Messages | Wire::Gemini) => "text/event-stream",
    };
    let mut reply = Response::new(body);
    let value = HeaderValue::from_static(kind);
    reply.headers_mut().insert("content-type", value);
    reply
}

fn json_reply(body: &Value) -> Reply {
    let body = ScriptedBody::whole(Bytes::from(body.to_string()), None);
    typed(body, false, Wire::Chat)
}

fn refuse(wire: Wire, refusal: &Refusal, call: Option<OpenCall>) -> Reply {
    let body = ScriptedBody::whole(refusal.body(wire), call);
    let mut reply = typed(body, false, wire);
    let status = StatusCode::from_u16(refusal.status);
    *reply.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // Google says it in the body.
    if let Some(seconds) = refusal.retry_after.filter(|_| wire != Wire::Gemini) {
        let value = HeaderValue::from(seconds);
        reply.headers_mut().insert("retry-after", value);
    }
    reply
}
