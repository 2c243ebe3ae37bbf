//! The only file that sends: one HTTP client per provider, with deadlines and limits.
//!
//! HTTP/1.1 with kept connections; a connection that turns out stale before the request was
//! accepted is replaced once. No redirects and no proxy of the environment, so that a credential
//! reaches only the address it was configured for.
//!
//! Source: security specification, rules R20, R21 and R28.

mod answer;
mod connect;
mod tls;

use crate::codec::{Codec, Encoded, Peer};
use crate::provider::{AuthStyle, Provider, Timeouts};
use crate::{Error, ModelStream};
use answer::{Answer, Limits};
use bytes::Bytes;
use connect::{ConnectTimedOut, Connector};
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error as StdError;
use std::time::Duration;
pub(crate) use tls::Trust;
use tokio_util::sync::CancellationToken;

const USER_AGENT: &str = concat!("openclaw/", env!("CARGO_PKG_VERSION"));
/// How long an unused connection is kept. Shorter than what servers usually allow.
const KEEP_IDLE: Duration = Duration::from_secs(50);
/// Most unused connections kept per provider.
const MOST_IDLE: usize = 256;
/// Most bytes of an error body that are read.
const ERROR_LIMIT: usize = 64 * 1024;

/// Sends requests to one provider.
#[derive(Debug)]
pub(crate) struct Transport {
    client: Client<Connector, Full<Bytes>>,
}

impl Transport {
    /// A transport that gives a connection `connect` to be made. Connects when first used.
    pub(crate) fn new(connect: Duration, trust: Trust) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .build(Connector::new(connect, trust));
        Self { client }
    }

    pub(crate) fn client(&self) -> &Client<Connector, Full<Bytes>> {
        &self.client
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
        let response = provider.transport.client.request(request);
        match tokio::time::timeout(timeouts.connect + timeouts.first_byte, response).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failed(&peer, &origin, timeouts, &error)),
            Err(_) => Err(Error::TimedOut {
                provider: peer.provider.clone(),
                phase: "first byte",
                waited: timeouts.connect + timeouts.first_byte,
            }),
        }
    };
    let response = cancel
        .run_until_cancelled(head)
        .await
        .ok_or(Error::Cancelled)??;
    if !response.status().is_success() {
        let refusal = refused(&*codec, response, timeouts.idle);
        return Err(cancel
            .run_until_cancelled(refusal)
            .await
            .ok_or(Error::Cancelled)?);
    }
    let limits = Limits {
        first_byte: timeouts.first_byte,
        idle: timeouts.idle,
    };
    let mut answer = Answer::new(peer, codec.decoder(), response, limits, cancel.clone());
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
fn failed(
    peer: &Peer,
    origin: &str,
    timeouts: Timeouts,
    error: &hyper_util::client::legacy::Error,
) -> Error {
    let provider = peer.provider.clone();
    let root = root(error);
    if root.downcast_ref::<ConnectTimedOut>().is_some() {
        return Error::TimedOut {
            provider,
            phase: "connect",
            waited: timeouts.connect,
        };
    }
    let detail = root.to_string();
    if error.is_connect() {
        return Error::Unreachable {
            provider,
            origin: origin.to_owned(),
            detail,
        };
    }
    Error::BrokenStream {
        provider,
        detail: format!("no answer came back: {detail}"),
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
async fn refused(codec: &dyn Codec, response: Response<Incoming>, patience: Duration) -> Error {
    let (head, body) = response.into_parts();
    let body = tokio::time::timeout(patience, read_limited(body, ERROR_LIMIT)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    codec.error(head.status, &head.headers, &body)
}

/// A body was longer than allowed, or broke off.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the body")]
pub(crate) struct BodyError;

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read_limited(body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let collected = Limited::new(body, limit)
        .collect()
        .await
        .map_err(|_| BodyError)?;
    Ok(collected.to_bytes())
}
