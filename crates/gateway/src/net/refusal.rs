//! Answers that say no, in the error shape of the OpenAI dialect.

use super::reply::ResponseBody;
use super::wire::Fault;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

/// An answer with a JSON body and `Cache-Control: no-store`.
pub fn json_response(status: StatusCode, body: Vec<u8>) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::full(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(16);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error as `{"error":{"message","type","code"}}`.
///
/// Source: HTTP API, section 1, "Error object of the OpenAI-style routes".
pub fn error_response(
    status: StatusCode,
    message: &str,
    kind: &str,
    code: &str,
) -> Response<ResponseBody> {
    let error = json!({"error": {"message": message, "type": kind, "code": code}});
    json_response(status, error.to_string().into_bytes())
}

/// Why the guard sent a request away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No `Host`, several, or one that cannot be read.
    BadHost,
    /// A `Host` this gateway does not answer to.
    ForeignHost,
    /// A target other than an unambiguous path.
    BadPath,
    /// An `Origin` that is neither ours nor allowed.
    ForeignOrigin,
    /// A browser sent it on behalf of another site.
    CrossSite,
    /// A proxy nobody configured stands in front.
    Unattributed,
    /// An `Upgrade` to something other than WebSocket.
    BadUpgrade,
}

impl Refusal {
    /// The answer; it closes the connection.
    pub(super) fn response(self) -> Response<ResponseBody> {
        let (status, message, kind, code) = match self {
            Self::BadHost => (
                StatusCode::BAD_REQUEST,
                "exactly one valid Host header is required",
                "invalid_request_error",
                "invalid_host",
            ),
            Self::ForeignHost => (
                StatusCode::FORBIDDEN,
                "this gateway does not answer to that host name; add it to gateway.hosts",
                "forbidden",
                "host_not_allowed",
            ),
            Self::BadPath => (
                StatusCode::BAD_REQUEST,
                "the request path is ambiguous or not valid",
                "invalid_request_error",
                "invalid_path",
            ),
            Self::ForeignOrigin => (
                StatusCode::FORBIDDEN,
                "origin not allowed; add it to gateway.controlUi.allowedOrigins",
                "forbidden",
                "origin_not_allowed",
            ),
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "requests on behalf of another site are not accepted",
                "forbidden",
                "cross_site_request",
            ),
            Self::Unattributed => (
                StatusCode::FORBIDDEN,
                "Proxy client attribution is required. Add the proxy to gateway.trustedProxies \
                 and let it send X-Forwarded-For.",
                "proxy_attribution_required",
                "proxy_attribution_required",
            ),
            Self::BadUpgrade => (
                StatusCode::BAD_REQUEST,
                "the only upgrade offered is websocket",
                "invalid_request_error",
                "upgrade_not_supported",
            ),
        };
        closing(error_response(status, message, kind, code))
    }
}

/// The answer to a request that could not be read; it closes the connection.
pub(super) fn fault_response(fault: Fault) -> Response<ResponseBody> {
    let (status, message, code) = match fault {
        Fault::Malformed => (
            StatusCode::BAD_REQUEST,
            "the request is not valid HTTP/1.1",
            "malformed_request",
        ),
        Fault::TargetTooLong => (
            StatusCode::URI_TOO_LONG,
            "the request line is too long",
            "uri_too_long",
        ),
        Fault::HeadersTooLarge => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the request headers are too large",
            "headers_too_large",
        ),
        Fault::TimedOut => (
            StatusCode::REQUEST_TIMEOUT,
            "the request headers took too long",
            "request_timeout",
        ),
    };
    closing(error_response(
        status,
        message,
        "invalid_request_error",
        code,
    ))
}

/// The answer when our own code panicked.
pub(super) fn panic_response() -> Response<ResponseBody> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    error_response(status, "internal error", "api_error", "internal_error")
}

fn closing(mut response: Response<ResponseBody>) -> Response<ResponseBody> {
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
