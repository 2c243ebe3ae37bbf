//! From the challenge to the hello. Source: WebSocket protocol, sections 2 to 5 and 13.

use super::answer;
use super::hello;
use super::link::{Heard, Link, Told};
use super::outbox::{Close, Outbox, event_frame};
use super::requests::{Requests, Seat};
use super::socket::{Incoming, Socket};
use super::sockets::{Newcomer, Sockets};
use crate::identity::{Admitted, Knock, Rejected};
use protocol::{ConnectParams, FrameError, Malformed, Protocol, Request, Role};
use serde_json::json;
use std::pin::pin;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Most frames that wait while a `connect` is decided about.
const MAX_WAITING: usize = 15;

/// How a connection ends.
#[derive(Debug)]
pub(super) enum Ended {
    /// It is no more.
    Gone,
    /// The client is told good-bye.
    Close(Close),
}

impl From<Close> for Ended {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// A client that was let in, and the frames it has sent meanwhile.
pub(super) type Joined = (Seat, Vec<Vec<u8>>);

/// Challenges a client, hears its `connect`, and says hello.
pub(super) async fn connect(
    sockets: &Arc<Sockets>,
    socket: &mut Socket,
    newcomer: Newcomer,
) -> Result<Joined, Ended> {
    let nonce = Uuid::new_v4().to_string();
    let challenge = json!({ "nonce": nonce, "ts": sockets.services.clock.now().0 });
    if let Some(told) = Told::new("connect.challenge", &challenge) {
        socket.send(&event_frame(&told, None));
    }
    let introduced = introduce(sockets, socket, &newcomer, &nonce);
    match tokio::time::timeout(sockets.handshake, introduced).await {
        Ok(joined) => joined,
        // As recorded: a client that says nothing is told nothing.
        Err(_) => Err(Close::new(1000, "").into()),
    }
}

async fn introduce(
    sockets: &Arc<Sockets>,
    socket: &mut Socket,
    newcomer: &Newcomer,
    nonce: &str,
) -> Result<Joined, Ended> {
    let frame = first(socket).await?;
    let request = match Request::parse(&frame) {
        Ok(request) => request,
        Err(Malformed::NotJson) => return Err(Close::new(1000, "").into()),
        Err(Malformed::NotARequest { .. }) => {
            return Err(Close::new(1008, "invalid request frame").into());
        }
    };
    drop(frame);
    if request.method != "connect" {
        let message = "invalid handshake: first request must be connect";
        return Err(refuse(socket, &request, invalid(message), 1008));
    }
    let params = match read(&request) {
        Ok(params) => params,
        Err(message) => return Err(refuse(socket, &request, invalid(&message), 1008)),
    };
    if let Some((error, close)) = not_now(sockets) {
        return Err(refuse_as(socket, &request, error, close));
    }
    let knock = Knock {
        params: &params,
        nonce,
        headers: &newcomer.headers,
        peer: &newcomer.peer,
    };
    let (admitted, waiting) = meanwhile(socket, sockets.door.admit(&knock)).await?;
    match admitted {
        Ok(admitted) => {
            let link = join(sockets, &params, &admitted, newcomer);
            // Whoever took something back before the connection was known did not close it.
            if !sockets.door.is_current(&admitted) {
                link.close(Close::new(4001, "gateway auth changed"));
            }
            // From here on it is taken off every list, however it ends.
            let seat = Seat(Arc::new(Requests::new(sockets, Arc::clone(&link))));
            let hello = hello::hello(sockets, &link, &admitted).await;
            socket.send(&answer::replied(&request.id, request.bare, &hello));
            hello::welcome(&link, &hello.snapshot);
            if link.role == Role::Node {
                sockets.services.nodes.arrived(&link, &params).await;
                hello::tell_words(sockets, &link).await;
            }
            Ok((seat, waiting))
        }
        Err(Rejected {
            error: Some(error),
            close,
        }) => Err(refuse_as(socket, &request, error, close)),
        Err(Rejected { error: None, close }) => Err(close.into()),
    }
}

/// The first message.
async fn first(socket: &mut Socket) -> Result<Vec<u8>, Ended> {
    loop {
        match socket.next().await {
            Incoming::Message(frame) => return Ok(frame),
            Incoming::Alive | Incoming::Room => {}
            Incoming::Farewell => return Err(Close::new(1000, "").into()),
            Incoming::Gone => return Err(Ended::Gone),
            Incoming::Broken(close) => return Err(close.into()),
        }
    }
}

/// Waits for the doorkeeper's word and keeps what the client sends meanwhile.
pub(super) async fn meanwhile<T>(
    socket: &mut Socket,
    deciding: impl Future<Output = T>,
) -> Result<(T, Vec<Vec<u8>>), Ended> {
    let mut waiting = Vec::new();
    let mut deciding = pin!(deciding);
    loop {
        tokio::select! {
            biased;
            decided = &mut deciding => return Ok((decided, waiting)),
            incoming = socket.next() => match incoming {
                Incoming::Message(_) if waiting.len() >= MAX_WAITING => {
                    return Err(Close::new(1008, "too many pending handshake frames").into());
                }
                Incoming::Message(frame) => waiting.push(frame),
                Incoming::Alive | Incoming::Room => {}
                Incoming::Farewell => return Err(Close::new(1000, "").into()),
                Incoming::Gone => return Err(Ended::Gone),
                Incoming::Broken(close) => return Err(close.into()),
            },
        }
    }
}

/// Makes the connection known.
fn join(
    sockets: &Arc<Sockets>,
    params: &ConnectParams,
    admitted: &Admitted,
    newcomer: &Newcomer,
) -> Arc<Link> {
    let hub = sockets.hub();
    let link = Arc::new(Link {
        id: Uuid::new_v4().to_string(),
        protocol: admitted.protocol,
        role: admitted.role,
        identity: admitted.identity.clone(),
        scopes: admitted.scopes,
        client: params.client.clone(),
        caps: params.caps.iter().cloned().collect(),
        device: admitted.device.clone(),
        address: newcomer.peer.client(),
        since: sockets.services.clock.now(),
        generation: admitted.generation,
        heard: Mutex::new(Heard::default()),
        slot: hub.slot(),
        outbox: Outbox::new(hub.reservoir.clone()),
        silence: AtomicU32::new(0),
    });
    hub.add(Arc::clone(&link));
    if hub.roll.join(&link, &admitted.scope_names) {
        hub.presence_changed();
    }
    link
}

/// Why nobody can be let in at this moment.
fn not_now(sockets: &Sockets) -> Option<(FrameError, Close)> {
    let report = sockets.services.health.report();
    let is = |what: &str| report.failing.iter().any(|name| name == what);
    if is("shutdown") {
        let error = unavailable("gateway stopping; retry shortly", 1000);
        return Some((error, Close::new(1013, "gateway stopping")));
    }
    if is("startup") {
        let mut error = unavailable("gateway starting; retry shortly", 500);
        error.details = Some(json!({ "reason": "startup-sidecars" }));
        return Some((error, Close::new(1013, "gateway starting")));
    }
    None
}

/// The parameters of `connect`, or what is wrong with them.
fn read(request: &Request) -> Result<ConnectParams, String> {
    let text = request.params.as_ref().map_or("{}", |raw| raw.get());
    let params: ConnectParams =
        answer::read(text).map_err(|why| format!("invalid connect params: {why}"))?;
    if params.min_protocol == 0 || params.max_protocol == 0 {
        return Err("invalid connect params: at /minProtocol: must be >= 1".to_owned());
    }
    Ok(params)
}

fn invalid(message: &str) -> FrameError {
    FrameError {
        code: "INVALID_REQUEST".to_owned(),
        message: message.to_owned(),
        ..FrameError::default()
    }
}

fn unavailable(message: &str, wait_ms: u64) -> FrameError {
    FrameError {
        code: "UNAVAILABLE".to_owned(),
        message: message.to_owned(),
        retryable: Some(true),
        retry_after_ms: Some(wait_ms),
        details: None,
    }
}

/// Answers with an error and closes with its text.
fn refuse(socket: &mut Socket, request: &Request, error: FrameError, code: u16) -> Ended {
    let close = Close::new(code, error.message.clone());
    refuse_as(socket, request, error, close)
}

fn refuse_as(socket: &mut Socket, request: &Request, error: FrameError, close: Close) -> Ended {
    // What the client speaks is not known yet, or is not ours; the error says the same in both.
    let frame = answer::refused(&request.id, request.bare, Protocol::V4, error);
    socket.send(&frame);
    close.into()
}
