//! One connection: requests in, answers out.

mod peer;
mod server;

pub use peer::{HandshakePlace, Peer};
pub(super) use server::Server;

use super::refusal::{fault_response, panic_response};
use super::reply::ResponseBody;
use super::upgrade::{self, Resume, Upgraded};
use super::wire::{Exchange, Wire};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use http::header::CONNECTION;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

/// Answers requests that passed the guard.
#[async_trait]
pub trait Handler: Send + Sync {
    /// What goes on with the socket of a request that asks to become a WebSocket.
    ///
    /// # Errors
    /// The answer, when there is no WebSocket at this path.
    #[expect(
        clippy::result_large_err,
        reason = "the error is the answer that is sent, made where the socket begins"
    )]
    fn upgrade(&self, head: &Parts, peer: &Peer) -> Result<Resume, Response<ResponseBody>>;

    /// Answers one request. A panic in here becomes a 500.
    ///
    /// # Cancel safety
    /// Dropped when the client goes away before it has the whole answer.
    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<ResponseBody>;
}

/// Serves one connection to its end.
pub(super) async fn drive(
    stream: TcpStream,
    remote: SocketAddr,
    server: Arc<Server>,
    shutdown: CancellationToken,
) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    // Without it small answers wait for the client's acknowledgement; failing is harmless.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot switch off delayed sending");
    }
    let exchange = Arc::new(Exchange::default());
    let wire = Wire::new(stream, server.wire_limits(), Arc::clone(&exchange));
    let counters = Arc::clone(server.counters());
    counters.accepted.up();
    counters.open.up();
    let line = Arc::new(Line {
        remote,
        local,
        exchange,
        server,
        resume: Mutex::new(None),
    });
    let largest_head = line.server.largest_head();
    let service = service_fn(|request| answer(Arc::clone(&line), request));
    let mut http = http1::Builder::new();
    // The wire keeps the deadlines and has already checked sizes; the library's own only need to
    // be out of the way.
    http.header_read_timeout(None).max_buf_size(largest_head);
    // Boxed, so that nothing of HTTP is left once the connection is a WebSocket.
    let connection = http.serve_connection(TokioIo::new(wire), service);
    let mut connection = Box::pin(connection.with_upgrades());
    let ended = shutdown.run_until_cancelled(connection.as_mut()).await;
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.as_mut().await
    };
    drop(connection);
    if let Err(error) = ended {
        debug!(%remote, %error, "connection ended");
    }
    let resume = line
        .resume
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    drop(line);
    if let Some(resume) = resume {
        go_on(resume, shutdown).await;
    }
    counters.open.down();
}

/// Hands the bare socket to what goes on with it.
async fn go_on((asked, resume): (OnUpgrade, Resume), shutdown: CancellationToken) {
    let Ok(upgraded) = asked.await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<Wire>>() else {
        error!("an upgraded connection is of an unknown kind");
        return;
    };
    let (stream, held) = parts.io.into_inner().into_socket();
    let rest = if held.is_empty() {
        parts.read_buf
    } else {
        [parts.read_buf.as_ref(), &held].concat().into()
    };
    let upgraded = Upgraded {
        stream,
        rest,
        shutdown,
    };
    resume(upgraded).await;
}

/// What the requests of one connection share.
struct Line {
    remote: SocketAddr,
    local: SocketAddr,
    exchange: Arc<Exchange>,
    server: Arc<Server>,
    resume: Mutex<Option<(OnUpgrade, Resume)>>,
}

async fn answer(
    line: Arc<Line>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    let number = line.exchange.start();
    let server = &line.server;
    let mut response = match line.exchange.fault_of(number) {
        Some(fault) => {
            server.counters().malformed.up();
            debug!(remote = %line.remote, ?fault, "request refused");
            fault_response(fault)
        }
        None => dispatch(&line, request).await,
    };
    server.shield().cover(response.headers_mut());
    if number >= server.max_requests() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let body = response.body_mut();
    body.hold(Arc::clone(&line.exchange), Arc::clone(server.counters()));
    Ok(response)
}

async fn dispatch(line: &Line, request: Request<Incoming>) -> Response<ResponseBody> {
    let server = &line.server;
    server.counters().requests.up();
    let cleared = match server.guard().check(&request, line.remote.ip(), line.local) {
        Ok(cleared) => cleared,
        Err(refusal) => {
            server.counters().guarded.up();
            debug!(remote = %line.remote, ?refusal, "request refused");
            return refusal.response();
        }
    };
    let peer = Peer::new(cleared, line.remote, Arc::clone(server));
    if upgrade::is_asked(request.headers()) {
        return switch(line, request, &peer);
    }
    let handled = AssertUnwindSafe(server.handler().handle(request, peer))
        .catch_unwind()
        .await;
    handled.unwrap_or_else(|_panic| {
        server.counters().panics.up();
        error!("a request handler panicked");
        panic_response()
    })
}

/// Answers a request that asks to become a WebSocket.
fn switch(line: &Line, mut request: Request<Incoming>, peer: &Peer) -> Response<ResponseBody> {
    let asked = hyper::upgrade::on(&mut request);
    let (head, _) = request.into_parts();
    let resume = match line.server.handler().upgrade(&head, peer) {
        Ok(resume) => resume,
        Err(refusal) => return refusal,
    };
    match upgrade::accept(&head) {
        Ok(response) => {
            let mut place = line.resume.lock().unwrap_or_else(PoisonError::into_inner);
            *place = Some((asked, resume));
            response
        }
        Err(refusal) => refusal,
    }
}
