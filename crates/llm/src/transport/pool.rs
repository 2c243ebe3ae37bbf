//! Kept connections to one provider, each driven by whoever uses it.
//!
//! A connection has no task of its own: its protocol is advanced by the call that reads the answer.
//! So a call wakes one task, not two, and a connection nobody uses costs nothing but its socket.

use super::connect::{BoxError, Connector, Stream};
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Request, Response, Uri, header};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::Service;

/// How long an unused connection is kept. Shorter than what servers usually allow.
const KEEP_IDLE: Duration = Duration::from_secs(50);
/// Most unused connections kept per provider and thread.
const MOST_IDLE: usize = 128;

thread_local! {
    static SHARD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS
    };
}

/// Why a request got no answer.
#[derive(Debug)]
pub(super) enum SendError {
    /// No connection could be made; nothing was sent.
    Connect(BoxError),
    /// The connection broke before the answer began.
    Broken(hyper::Error),
}

/// Threads that keep connections apart from each other; more threads share.
const SHARDS: usize = 32;

/// The connections to one address. Each thread keeps those it made: a socket wakes the thread that
/// opened it, and waking another one costs more than a connection of its own.
#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    idle: [Mutex<Idle>; SHARDS],
}

type Idle = VecDeque<(Connection, Instant)>;

/// A connection and the work of its protocol.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended; a future must not be polled after that.
    driver: Option<Driver>,
}

type Driver = Pin<Box<http1::Connection<Stream, Full<Bytes>>>>;

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Advances the protocol as far as it goes now.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(cx).is_ready()
        {
            self.driver = None;
        }
    }

    /// Whether another request can be sent now.
    fn is_free(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.driver.is_some() && self.sender.is_ready()
    }
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            idle: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Sends a request to `address`, the pool's own, and waits for the head of the answer. A kept
    /// connection that turns out dead before it took the request is replaced once.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub(super) async fn send(
        self: &Arc<Self>,
        address: &Uri,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Box<Exchange>, SendError> {
        to_origin_form(address, &mut request);
        let kept = poll_fn(|cx| Poll::Ready(self.kept(cx))).await;
        if let Some(connection) = kept {
            match self.exchange(connection, request).await {
                Ok(exchange) => return Ok(exchange),
                Err((_, Some(unsent))) => request = unsent,
                Err((error, None)) => return Err(SendError::Broken(error)),
            }
        }
        // Rare and large: in a box it does not make every call's future larger.
        let connection = Box::pin(self.connect(address.clone())).await?;
        let sent = self.exchange(connection, request).await;
        sent.map_err(|(error, _)| SendError::Broken(error))
    }

    /// The connections this thread keeps.
    fn own(&self) -> MutexGuard<'_, Idle> {
        #[expect(
            clippy::indexing_slicing,
            reason = "a number below the length of the array"
        )]
        let shard = &self.idle[SHARD.with(|shard| *shard)];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection used last that still lives.
    fn kept(&self, cx: &mut Context<'_>) -> Option<Connection> {
        let mut idle = self.own();
        while let Some((mut connection, since)) = idle.pop_back() {
            if since.elapsed() < KEEP_IDLE && connection.is_free(cx) {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.own();
        idle.push_back((connection, Instant::now()));
        let expired = |entry: &(Connection, Instant)| entry.1.elapsed() >= KEEP_IDLE;
        while idle.len() > MOST_IDLE || idle.front().is_some_and(expired) {
            idle.pop_front();
        }
    }

    async fn connect(&self, address: Uri) -> Result<Connection, SendError> {
        let mut connector = self.connector.clone();
        let stream = connector.call(address).await.map_err(SendError::Connect)?;
        let shaken = http1::handshake(stream).await;
        let (sender, driver) = shaken.map_err(SendError::Broken)?;
        Ok(Connection {
            sender,
            driver: Some(Box::pin(driver)),
        })
    }

    /// On failure says whether the request was never taken, by giving it back.
    async fn exchange(
        self: &Arc<Self>,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
    ) -> Result<Box<Exchange>, (hyper::Error, Option<Request<Full<Bytes>>>)> {
        let answer = {
            let mut answer = pin!(connection.sender.try_send_request(request));
            let driver = &mut connection.driver;
            poll_fn(|cx| {
                if let Some(running) = driver
                    && running.as_mut().poll(cx).is_ready()
                {
                    *driver = None;
                }
                answer.as_mut().poll(cx)
            })
            .await
        };
        match answer {
            Ok(response) => Ok(Box::new(Exchange::new(
                response,
                connection,
                Arc::clone(self),
            ))),
            Err(mut failed) => {
                let unsent = failed.take_message();
                Err((failed.into_error(), unsent))
            }
        }
    }
}

/// An answer that is being read, with the connection it comes on. Once read to its end it gives the
/// connection back; dropped before, it closes it.
pub(super) struct Exchange {
    pub(super) head: http::response::Parts,
    body: Incoming,
    connection: Option<Connection>,
    pool: Arc<Pool>,
}

impl Exchange {
    fn new(response: Response<Incoming>, connection: Connection, pool: Arc<Pool>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            head,
            body,
            connection: Some(connection),
            pool,
        }
    }

    /// Whether the body was read to its end.
    pub(super) fn is_over(&self) -> bool {
        self.body.is_end_stream()
    }

    /// The next piece of the body; `None` after the last.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn frame(&mut self) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        poll_fn(|cx| {
            if let Some(connection) = &mut self.connection {
                connection.drive(cx);
            }
            let polled = Pin::new(&mut self.body).poll_frame(cx);
            if self.body.is_end_stream() || matches!(polled, Poll::Ready(None)) {
                self.give_back(cx);
            }
            polled
        })
        .await
    }

    fn give_back(&mut self, cx: &mut Context<'_>) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if connection.is_free(cx) {
            self.pool.keep(connection);
        }
    }
}

/// `GET /path` with a `Host` header, as HTTP/1.1 wants it of a client; what has that already stays.
fn to_origin_form(address: &Uri, request: &mut Request<Full<Bytes>>) {
    if request.uri().authority().is_some() {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    }
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let host = address.authority().map(Authority::as_str);
    if let Some(host) = host.and_then(|text| HeaderValue::from_str(text).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
}
