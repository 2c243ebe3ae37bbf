//! One HTTP request and its answer, on a connection of its own.

use crate::stream::connect;
use crate::{ClientError, Credential, Endpoint};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

/// A longer answer is refused: no method of ours comes near it.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends `body` to `path` and reads the whole answer. The caller sets the time limit.
pub(crate) async fn exchange(
    endpoint: &Endpoint,
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<Answer, ClientError> {
    let broken = |error: &dyn std::fmt::Display| ClientError::Protocol {
        address: endpoint.address(),
        reason: error.to_string(),
    };
    let request = request(endpoint, method, path, body).map_err(|error| broken(&error))?;
    let stream = connect(endpoint).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    // Dropping the set at the end of this call closes the connection.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| broken(&error))?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT)
        .collect()
        .await
        .map_err(|error| broken(&error))?
        .to_bytes();
    Ok(Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}

fn request(
    endpoint: &Endpoint,
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut builder = Request::builder()
        .method(method)
        .uri(endpoint.target(path))
        .header(header::HOST, endpoint.authority())
        .header(header::ACCEPT, "application/json");
    if let Some(Credential::Token(secret) | Credential::Password(secret)) = endpoint.credential() {
        let mut value = HeaderValue::try_from(format!("Bearer {}", secret.expose_secret()))?;
        value.set_sensitive(true);
        builder = builder.header(header::AUTHORIZATION, value);
    }
    if body.is_some() {
        builder = builder.header(header::CONTENT_TYPE, "application/json");
    }
    builder.body(Full::new(Bytes::from(body.unwrap_or_default())))
}
