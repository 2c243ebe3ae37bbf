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
use crate::provider::{AuthStyle, Provider, ProviderConfig, Timeouts};
use crate::{Error, ModelStream};
use answer::{Answer, Limits, Reader};
use bytes::{Bytes, BytesMut};
use connect::{ConnectTimedOut, Connector};
use domain::ProviderId;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use pool::{Exchange, Pool, SendError};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error as StdError;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
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
        let address = request.uri().clone();
        let mut exchange = self.pool.send(&address, request).await.ok()?;
        if !exchange.head.status.is_success() {
            return None;
        }
        read_limited(&mut exchange, limit).await.ok()
    }
}

/// Sends a request and waits until the provider begins to answer with success.
pub(crate) async fn call(
    provider: &Provider,
    credential: usize,
    peer: Peer,
    codec: Box<dyn Codec>,
    encoded: Encoded,
    cancel: &CancellationToken,
) -> Result<Accepted, Error> {
    let timeouts = provider.config.timeouts;
    // Pinned here: `run_until_cancelled` would hold what it is given twice.
    let accepted = pin!(accepted(provider, credential, &*codec, encoded));
    let exchange = cancel
        .run_until_cancelled(accepted)
        .await
        .ok_or(Error::Cancelled)??;
    let limits = Limits {
        first_byte: timeouts.first_byte,
        idle: timeouts.idle,
    };
    let reader = Reader {
        decoder: codec.decoder(),
        framing: codec.framing(),
    };
    let answer = Answer::new(peer, reader, exchange, limits, cancel.clone());
    Ok(Accepted { answer })
}

/// A request that the provider began to answer with success: from here on it may charge for it.
pub(crate) struct Accepted {
    answer: Answer,
}

impl Accepted {
    /// Waits for the first event, so that a failure before it has its own type.
    pub(crate) async fn begin(mut self) -> Result<ModelStream, Error> {
        self.answer.begin().await?;
        Ok(ModelStream::new(self.answer))
    }
}

/// Sends a request and reads the whole answer, of at most `limit` bytes.
pub(crate) async fn whole(
    provider: &Provider,
    credential: usize,
    codec: &dyn Codec,
    encoded: Encoded,
    limit: usize,
    cancel: &CancellationToken,
) -> Result<Bytes, Error> {
    let patience = provider.config.timeouts.first_byte;
    let exchange = pin!(async {
        let mut exchange = accepted(provider, credential, codec, encoded).await?;
        let body = read_limited(&mut exchange, limit);
        match tokio::time::timeout(patience, body).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) => Err(Error::BrokenStream {
                provider: provider.id().clone(),
                detail: error.to_string(),
            }),
            Err(_) => Err(Error::TimedOut {
                provider: provider.id().clone(),
                phase: "whole answer",
                waited: patience,
            }),
        }
    });
    cancel
        .run_until_cancelled(exchange)
        .await
        .ok_or(Error::Cancelled)?
}

/// Sends a request and waits for the head of an answer with success.
async fn accepted(
    provider: &Provider,
    credential: usize,
    codec: &dyn Codec,
    encoded: Encoded,
) -> Result<Box<Exchange>, Error> {
    let timeouts = provider.config.timeouts;
    let endpoint =
        endpoint(provider, credential, &encoded.path).map_err(|message| Error::InvalidRequest {
            provider: provider.id().clone(),
            status: 0,
            message,
        })?;
    let request = request(&endpoint, encoded);
    let sent = provider.transport.pool.send(&endpoint.address, request);
    let exchange = match tokio::time::timeout(timeouts.connect + timeouts.first_byte, sent).await {
        Ok(Ok(exchange)) => exchange,
        Ok(Err(error)) => {
            return Err(failed(provider.id(), &endpoint.address, timeouts, &error));
        }
        Err(_) => {
            return Err(Error::TimedOut {
                provider: provider.id().clone(),
                phase: "first byte",
                waited: timeouts.connect + timeouts.first_byte,
            });
        }
    };
    if exchange.head.status.is_success() {
        return Ok(exchange);
    }
    Err(refused(codec, exchange, timeouts.idle).await)
}

/// Where the requests of one wire format go and what every one of them carries; the same for every
/// call, so it is made once.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// The path of the wire format this was made for.
    path: Box<str>,
    address: Uri,
    /// `Host`, `User-Agent`, the credential and the configured headers.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Endpoint {
    fn new(config: &ProviderConfig, credential: usize, path: &str) -> Result<Self, String> {
        let address: Uri = format!("{}{path}", config.base_url)
            .parse()
            .map_err(|error| format!("the base address is not one: {error}"))?;
        let host = address.authority().map_or("", http::uri::Authority::as_str);
        let host = HeaderValue::from_str(host)
            .map_err(|_| "the host of the base address is not one".to_owned())?;
        let mut headers = vec![
            (header::HOST, host),
            (header::USER_AGENT, HeaderValue::from_static(USER_AGENT)),
        ];
        match (config.keys.get(credential), config.auth_header) {
            (Some(key), AuthStyle::Bearer) => {
                headers.push((header::AUTHORIZATION, secret(&bearer(key))?));
            }
            (Some(key), AuthStyle::Header(name)) => {
                headers.push((
                    HeaderName::from_static(name),
                    secret(key.expose_secret().trim())?,
                ));
            }
            (Some(_), AuthStyle::None) | (None, _) => {}
        }
        for (name, value) in &config.headers {
            headers.push((name.clone(), secret(value.expose_secret())?));
        }
        Ok(Self {
            path: path.into(),
            address,
            headers,
        })
    }
}

fn endpoint(provider: &Provider, credential: usize, path: &str) -> Result<Arc<Endpoint>, String> {
    let kept = provider.endpoints.get(credential);
    if let Some(known) = kept
        .and_then(OnceLock::get)
        .filter(|known| &*known.path == path)
    {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(Endpoint::new(&provider.config, credential, path)?);
    if let Some(place) = kept {
        // Another call may have been first; its endpoint stays.
        let set = place.set(Arc::clone(&made));
        drop(set);
    }
    Ok(made)
}

/// A header value that no log shows.
fn secret(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| "the key has characters a header cannot hold".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn bearer(key: &SecretString) -> String {
    format!("Bearer {}", key.expose_secret().trim())
}

/// The request, with the path alone in its target.
fn request(endpoint: &Endpoint, encoded: Encoded) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(encoded.body));
    *request.method_mut() = Method::POST;
    if let Some(path) = endpoint.address.path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
    let headers = request.headers_mut();
    *headers = encoded.headers;
    headers.reserve(endpoint.headers.len() + 1);
    for (name, value) in &endpoint.headers {
        headers.insert(name.clone(), value.clone());
    }
    request
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
fn failed(provider: &ProviderId, address: &Uri, timeouts: Timeouts, error: &SendError) -> Error {
    let provider = provider.clone();
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
                origin: origin(address),
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
async fn refused(codec: &dyn Codec, mut exchange: Box<Exchange>, patience: Duration) -> Error {
    let body = tokio::time::timeout(patience, read_limited(&mut exchange, ERROR_LIMIT)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    codec.error(exchange.head.status, &exchange.head.headers, &body)
}

/// A body that cannot be read.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the body broke off")]
    Broken,
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
}

/// Reads a whole body of at most `limit` bytes.
async fn read_limited(exchange: &mut Exchange, limit: usize) -> Result<Bytes, BodyError> {
    let mut all = BytesMut::new();
    while let Some(frame) = exchange.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue;
        };
        if all.len() + data.len() > limit {
            return Err(BodyError::TooLong(limit));
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}
