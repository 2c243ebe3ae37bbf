//! From HTTP to a WebSocket: who asks properly gets 101, and the bare socket goes on.
//!
//! Source: RFC 6455, section 4.2.

use super::refusal::error_response;
use super::reply::ResponseBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, request};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// A socket after its 101.
#[derive(Debug)]
pub struct Upgraded {
    /// The connection.
    pub stream: TcpStream,
    /// What the client sent behind its request.
    pub rest: Bytes,
    /// Cancelled when the gateway accepts nobody any more.
    pub shutdown: CancellationToken,
}

/// What goes on with a socket after its 101.
pub type Resume = Box<dyn FnOnce(Upgraded) -> BoxFuture<'static, ()> + Send>;

/// Whether a request asks to become a WebSocket.
pub(super) fn is_asked(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE)
}

/// The answer that turns the connection into a WebSocket, or the one that says what is missing.
#[expect(
    clippy::result_large_err,
    reason = "the error is the answer that is sent, made where the socket begins"
)]
pub(super) fn accept(
    head: &request::Parts,
) -> Result<Response<ResponseBody>, Response<ResponseBody>> {
    let headers = &head.headers;
    let well_formed = head.method == Method::GET
        && head.version == Version::HTTP_11
        && lists(headers, &CONNECTION, "upgrade");
    if !well_formed {
        return Err(refused(
            "a WebSocket begins with GET, HTTP/1.1 and Connection: Upgrade",
        ));
    }
    if only(headers, &SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes) != Some(b"13") {
        let mut response = error_response(
            StatusCode::UPGRADE_REQUIRED,
            "the only version of WebSocket offered is 13",
            "invalid_request_error",
            "websocket_version",
        );
        let headers = response.headers_mut();
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(response);
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key.as_bytes()));
    let Some(key) = key else {
        return Err(refused("Sec-WebSocket-Key must be 16 bytes in base64"));
    };
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let accept =
        HeaderValue::try_from(accept).map_err(|_| refused("Sec-WebSocket-Key is not valid"))?;
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The answer to one connection too many that has not said who it is.
pub(super) fn too_many() -> Response<ResponseBody> {
    let mut response = error_response(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many connections that have not said who they are; try again in a moment",
        "rate_limited",
        "too_many_handshakes",
    );
    let wait = HeaderValue::from_static("1");
    response
        .headers_mut()
        .insert(http::header::RETRY_AFTER, wait);
    response
}

fn refused(why: &str) -> Response<ResponseBody> {
    let status = StatusCode::BAD_REQUEST;
    error_response(status, why, "invalid_request_error", "invalid_upgrade")
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether a header that lists words has this one.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|listed| listed.trim().eq_ignore_ascii_case(word))
}

fn is_key(key: &[u8]) -> bool {
    data_encoding::BASE64
        .decode(key)
        .is_ok_and(|bytes| bytes.len() == 16)
}
