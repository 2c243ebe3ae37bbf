//! Ways to answer.

use crate::net::{ResponseBody, json_response};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use serde::Serialize;
use std::convert::Infallible;

/// An answer of any dialect.
pub(crate) type Reply = Response<ResponseBody>;

/// A JSON body.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => json_response(status, body),
        Err(error) => {
            tracing::error!(%error, "cannot write an answer as JSON");
            let body = br#"{"error":{"message":"internal error","type":"api_error","code":"internal_error"}}"#;
            json_response(StatusCode::INTERNAL_SERVER_ERROR, body.to_vec())
        }
    }
}

/// A JSON body that is text already.
pub(super) fn json_text(body: String) -> Reply {
    json_response(StatusCode::OK, body.into_bytes())
}

/// A plain text.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(ResponseBody::full(Bytes::from_static(text.as_bytes())));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, constant("text/plain; charset=utf-8"));
    reply
}

/// 405 with the methods there are. Source: HTTP API, section 1.
pub(super) fn wrong_method(allowed: &'static str) -> Reply {
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    reply.headers_mut().insert(ALLOW, constant(allowed));
    reply
}

/// Server-sent events. Dropping the answer drops the stream.
pub(super) fn events(events: impl futures_util::Stream<Item = Bytes> + Send + 'static) -> Reply {
    use futures_util::StreamExt as _;
    let frames = events.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
    let mut reply = Response::new(ResponseBody::stream(StreamBody::new(frames)));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, constant("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, constant("no-cache"));
    reply
}

/// A header value known when this was written.
pub(super) fn constant(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

/// A header value from an identifier of ours; what cannot be one becomes empty.
pub(super) fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
