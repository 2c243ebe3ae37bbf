//! The requests of one connection: they run side by side, and each is answered under its id.
//!
//! Source: WebSocket protocol, sections 1, 14 and 16.

use super::answer;
use super::link::Link;
use super::outbox::Close;
use super::sockets::Sockets;
use crate::error::ApiError;
use crate::net::Caller;
use crate::rpc::{Call, CallError, Early};
use protocol::{ErrorCode, Malformed, Request, Role};
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Most calls of one connection under way.
const MAX_CALLS: usize = 256;

/// Most bytes of their parameters.
const MAX_CALL_BYTES: usize = 52_428_800;

/// How soon a client that is told to wait may try again.
const BUSY_WAIT: Duration = Duration::from_millis(250);

/// How often in a row a role may call what is not for it.
const MAX_WRONG_ROLES: u32 = 10;

/// How many malformed frames a client may send in a minute. Source: security specification, section 8.
const MAX_MALFORMED: u32 = 30;

/// How long a call goes on when the connection it came over has ended.
const AFTERLIFE: Duration = Duration::from_secs(30);

/// How long when the gateway stops.
const AT_STOP: Duration = Duration::from_secs(1);

/// What answers the requests of one connection.
pub(super) struct Requests {
    sockets: Arc<Sockets>,
    link: Arc<Link>,
    calls: AtomicUsize,
    call_bytes: AtomicUsize,
    wrong_roles: AtomicU32,
    malformed: Mutex<(Option<Instant>, u32)>,
    ended: CancellationToken,
}

impl Requests {
    pub(super) fn new(sockets: &Arc<Sockets>, link: Arc<Link>) -> Self {
        Self {
            sockets: Arc::clone(sockets),
            link,
            calls: AtomicUsize::new(0),
            call_bytes: AtomicUsize::new(0),
            wrong_roles: AtomicU32::new(0),
            malformed: Mutex::new((None, 0)),
            ended: CancellationToken::new(),
        }
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    pub(super) fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// The connection has ended: forgets it, and lets its calls go soon.
    fn end(&self) {
        self.ended.cancel();
        let hub = self.sockets.hub();
        hub.remove(&self.link.id);
        if hub
            .roll
            .leave(&self.link, self.sockets.services.clock.now())
        {
            hub.presence_changed();
        }
        if self.link.role == Role::Node {
            let services = Arc::clone(&self.sockets.services);
            let link = Arc::clone(&self.link);
            let left = async move { services.nodes.left(&link).await };
            self.sockets.tasks.spawn(left);
        }
    }

    /// Takes a frame. What it returns ends the connection.
    pub(super) fn take(self: &Arc<Self>, frame: &[u8]) -> Option<Close> {
        match Request::parse(frame) {
            Ok(request) => {
                self.start(request);
                None
            }
            Err(malformed) => self.refuse(malformed),
        }
    }

    /// What is not JSON is ignored, what is no request is told so; too much of either ends it.
    fn refuse(&self, malformed: Malformed) -> Option<Close> {
        if let Malformed::NotARequest { id, bare, why } = malformed {
            let error = ApiError::invalid(format!("invalid request frame: {why}"));
            let id = id.as_deref().unwrap_or("invalid");
            self.link
                .answer(answer::failed(id, bare, self.link.protocol, &error));
        }
        let now = Instant::now();
        let mut malformed = self
            .malformed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (since, count) = &mut *malformed;
        match since {
            Some(since) if now.duration_since(*since) < Duration::from_mins(1) => *count += 1,
            Some(_) | None => (*since, *count) = (Some(now), 1),
        }
        (*count > MAX_MALFORMED).then(|| Close::new(1008, "too many malformed frames"))
    }

    /// Starts a call in a task of its own.
    fn start(self: &Arc<Self>, request: Request) {
        let weight = request.params.as_ref().map_or(0, |raw| raw.get().len());
        let place = Place::take(self, weight);
        if place.calls > MAX_CALLS || place.bytes > MAX_CALL_BYTES {
            let error = ApiError::new(
                ErrorCode::Unavailable,
                "The server is busy with earlier requests of this connection; try again in a moment",
            );
            let error = error.with_retry_after(Some(BUSY_WAIT));
            self.fail(&request, &error);
            return;
        }
        self.sockets.tasks.spawn(async move {
            let requests = Arc::clone(&place.requests);
            tokio::select! {
                () = requests.answer(&request) => {}
                () = requests.abandoned() => {}
            }
            drop(place);
        });
    }

    /// Calls and answers.
    async fn answer(&self, request: &Request) {
        let call = self.call(request);
        if request.method == "connect" {
            let error = ApiError::invalid("connect is only valid as the first request");
            return self.fail(request, &error);
        }
        let body = request.params.as_ref().map_or("", |raw| raw.get());
        let registry = &self.sockets.registry;
        let answered = registry
            .call(&request.method, call.clone(), body.as_bytes())
            .await;
        self.count_role(matches!(answered, Err(CallError::WrongRole)));
        match answered {
            Ok(payload) => self.succeed(request, payload),
            Err(error) => self.fail(request, &answer::of_call(error, &request.method, &call)),
        }
    }

    fn call(&self, request: &Request) -> Call {
        Call {
            services: Arc::clone(&self.sockets.services),
            caller: Caller {
                identity: self.link.identity.clone(),
                scopes: self.link.scopes,
                client: self.link.address,
            },
            role: self.link.role,
            protocol: self.link.protocol,
            link: Some(Arc::clone(&self.link)),
            early: Some(self.early(request)),
        }
    }

    /// Sends the first of two answers.
    fn early(&self, request: &Request) -> Early {
        let (link, id, bare) = (Arc::clone(&self.link), request.id.clone(), request.bare);
        Arc::new(move |payload: Box<RawValue>| link.answer(answer::succeeded(&id, bare, payload)))
    }

    fn succeed(&self, request: &Request, payload: Box<RawValue>) {
        self.link
            .answer(answer::succeeded(&request.id, request.bare, payload));
    }

    fn fail(&self, request: &Request, error: &ApiError) {
        let frame = answer::failed(&request.id, request.bare, self.link.protocol, error);
        self.link.answer(frame);
    }

    /// Closes a connection that goes on calling what is not for its role.
    fn count_role(&self, is_wrong: bool) {
        if !is_wrong {
            self.wrong_roles.store(0, Ordering::Relaxed);
        } else if self.wrong_roles.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_WRONG_ROLES {
            self.link
                .close(Close::new(1008, "repeated unauthorized calls"));
        }
    }

    /// Ready when nobody needs the answer of a call any more, and it had time to finish.
    async fn abandoned(&self) {
        tokio::select! {
            () = self.ended.cancelled() => sleep(AFTERLIFE).await,
            () = self.sockets.closing.cancelled() => sleep(AT_STOP).await,
        }
    }
}

/// The seat of a connection among all; dropping it ends everything the connection was part of.
pub(super) struct Seat(pub(super) Arc<Requests>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A call among those under way; dropping it gives its place back.
struct Place {
    requests: Arc<Requests>,
    weight: usize,
    calls: usize,
    bytes: usize,
}

impl Place {
    fn take(requests: &Arc<Requests>, weight: usize) -> Self {
        Self {
            requests: Arc::clone(requests),
            weight,
            calls: requests.calls.fetch_add(1, Ordering::Relaxed) + 1,
            bytes: requests.call_bytes.fetch_add(weight, Ordering::Relaxed) + weight,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.requests.calls.fetch_sub(1, Ordering::Relaxed);
        self.requests
            .call_bytes
            .fetch_sub(self.weight, Ordering::Relaxed);
    }
}
