//! The only room that sends: kept connections per provider, with deadlines and limits.
//!
//! HTTP/1.1; a connection that turns out stale before the request was
//! accepted is replaced once. No redirects and no proxy of the environment, so that a credential
//! reaches only the address it was configured for.
//!
//! Source: security specification, rules R20, R21 and R28.

mod answer;
mod connect;
mod pool;
mod tls;

use crate::codec::{Codec, Encoded, Peer};
use crate::provider::{AuthStyle, Provider, Timeouts};
use crate::{Error, ModelStream};
use answer::{Answer, Limits};
use bytes::{Bytes, BytesMut};
use connect::{ConnectTimedOut, Connector};
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use pool::{Exchange, Pool, SendError};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;
pub(crate) use tls::Trust;
use tokio_util::sync::CancellationToken;

const USER_AGENT: &str = concat!("openclaw/", env!("CARGO_PKG_VERSION"));
/// Most bytes of an error body that are read.
const ERROR_LIMIT: usize = 64 * 1024;

/// Sends requests to one provider.
#[derive(Debug)]
pub(crate) struct Transport {
    pool: Arc<Pool>,
}

impl Transport {
    /// A transport that gives a connection `connect` to be made. Connects when first used.
    pub(crate) fn new(connect: Duration, trust: Trust) -> Self {
        let pool = Arc::new(Pool::new(Connector::new(connect, trust)));
        Self { pool }
    }

    /// Asks for a small text, such as a list of models; `None` when there is none for any reason.
    pub(crate) async fn read(&self, request: Request<Full<Bytes>>, limit: usize) -> Option<Bytes> {
        let mut exchange = self.pool.send(request).await.ok()?;
        if !exchange.head.status.is_success() {
            return None;
        }
        read_limited(&mut exchange, limit).await.ok()
    }
}

/// Sends a request and waits until the provider begins to answer with success.
pub(crate) async fn call(
    provider: &Provider,
    peer: Peer,
    codec: Box<dyn Codec>,
    encoded: Encoded,
    cancel: &CancellationToken,
) -> Result<ModelStream, Error> {
    let timeouts = provider.config.timeouts;
    let request = request(provider, &peer, encoded)?;
    let origin = origin(request.uri());
    let head = async {
        let sent = provider.transport.pool.send(request);
        match tokio::time::timeout(timeouts.connect + timeouts.first_byte, sent).await {
            Ok(Ok(exchange)) => Ok(exchange),
            Ok(Err(error)) => Err(failed(&peer, &origin, timeouts, &error)),
            Err(_) => Err(Error::TimedOut {
                provider: peer.provider.clone(),
                phase: "first byte",
                waited: timeouts.connect + timeouts.first_byte,
            }),
        }
    };
    let exchange = cancel
        .run_until_cancelled(head)
        .await
        .ok_or(Error::Cancelled)??;
    if !exchange.head.status.is_success() {
        let refusal = refused(&*codec, exchange, timeouts.idle);
        return Err(cancel
            .run_until_cancelled(refusal)
            .await
            .ok_or(Error::Cancelled)?);
    }
    let limits = Limits {
        first_byte: timeouts.first_byte,
        idle: timeouts.idle,
    };
    let mut answer = Answer::new(peer, codec.decoder(), exchange, limits, cancel.clone());
    answer.begin().await?;
    Ok(ModelStream::new(answer))
}

fn request(
    provider: &Provider,
    peer: &Peer,
    encoded: Encoded,
) -> Result<Request<Full<Bytes>>, Error> {
    let config = &provider.config;
    let invalid = |message: String| Error::InvalidRequest {
        provider: peer.provider.clone(),
        status: 0,
        message,
    };
    let uri: Uri = format!("{}{}", config.base_url, encoded.path)
        .parse()
        .map_err(|error| invalid(format!("the base address is not one: {error}")))?;
    let mut request = Request::new(Full::new(encoded.body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    *headers = encoded.headers;
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let secret = |text: &str| {
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| invalid("the key has characters a header cannot hold".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    };
    match (&config.key, config.auth_header) {
        (Some(key), AuthStyle::Bearer) => {
            let value = secret(&bearer(key))?;
            headers.insert(header::AUTHORIZATION, value);
        }
        (Some(key), AuthStyle::XApiKey) => {
            headers.insert("x-api-key", secret(key.expose_secret().trim())?);
        }
        (Some(_), AuthStyle::None) | (None, _) => {}
    }
    for (name, value) in &config.headers {
        headers.insert(name, secret(value.expose_secret())?);
    }
    Ok(request)
}

fn bearer(key: &SecretString) -> String {
    format!("Bearer {}", key.expose_secret().trim())
}

/// Scheme, host and port, which is what a user can check.
fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    format!(
        "{scheme}://{}",
        uri.authority().map_or("", http::uri::Authority::as_str)
    )
}

/// Names a failure before any answer.
fn failed(peer: &Peer, origin: &str, timeouts: Timeouts, error: &SendError) -> Error {
    let provider = peer.provider.clone();
    match error {
        SendError::Connect(error) => {
            let root = root(&**error);
            if root.downcast_ref::<ConnectTimedOut>().is_some() {
                return Error::TimedOut {
                    provider,
                    phase: "connect",
                    waited: timeouts.connect,
                };
            }
            Error::Unreachable {
                provider,
                origin: origin.to_owned(),
                detail: root.to_string(),
            }
        }
        SendError::Broken(error) => Error::BrokenStream {
            provider,
            detail: format!("no answer came back: {}", root(error)),
        },
    }
}

/// The first cause of an error.
fn root<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root
}

/// Reads a refusal. A body that is too long, broken or slow is judged by its status alone.
async fn refused(codec: &dyn Codec, mut exchange: Exchange, patience: Duration) -> Error {
    let body = tokio::time::timeout(patience, read_limited(&mut exchange, ERROR_LIMIT)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    codec.error(exchange.head.status, &exchange.head.headers, &body)
}

/// A body was longer than allowed, or broke off.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the body")]
struct BodyError;

/// Reads a whole body of at most `limit` bytes.
async fn read_limited(exchange: &mut Exchange, limit: usize) -> Result<Bytes, BodyError> {
    let mut all = BytesMut::new();
    while let Some(frame) = exchange.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError)?.into_data() else {
            continue;
        };
        if all.len() + data.len() > limit {
            return Err(BodyError);
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}
