//! What a caller hears who did not get in.

use super::caller::UnknownScope;
use crate::net::refusal::error_response;
use crate::net::reply::ResponseBody;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};
use std::time::Duration;

/// Why there is no caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Nothing was shown that this mode looks at. Never counted as a failed login.
    #[error("no credential was given")]
    Missing,
    /// A wrong secret.
    #[error("the credential is wrong")]
    Wrong,
    /// Too many wrong ones from this client; nothing was checked.
    #[error("too many failed logins, next try in {} s", retry_after.as_secs())]
    LockedOut {
        /// How long until the next try is checked.
        retry_after: Duration,
    },
    /// A trusted proxy named a user who may not come in.
    #[error("the user is not in gateway.auth.trustedProxy.allowUsers")]
    UserNotAllowed,
    /// A credential in the address, where it ends up in logs and histories.
    #[error("credentials in the query string are not accepted")]
    QueryCredential,
    /// The request names a scope nobody knows.
    #[error(transparent)]
    UnknownScope(UnknownScope),
    /// Several `x-openclaw-scopes` headers, or one that is not text.
    #[error("x-openclaw-scopes must be one header of plain text")]
    AmbiguousScopes,
}

impl AuthError {
    /// The answer: 401, 429 with `Retry-After`, 403 or 400, as the HTTP API has it.
    ///
    /// Source: HTTP API, section 1, "Bearer auth".
    pub fn response(&self) -> Response<ResponseBody> {
        let bad_request = |code| {
            let status = StatusCode::BAD_REQUEST;
            error_response(status, &self.to_string(), "invalid_request_error", code)
        };
        match self {
            Self::Missing | Self::Wrong => error_response(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "unauthorized",
                "unauthorized",
            ),
            Self::LockedOut { retry_after } => locked_out(*retry_after),
            Self::UserNotAllowed => {
                let status = StatusCode::FORBIDDEN;
                error_response(
                    status,
                    "this user may not come in",
                    "forbidden",
                    "user_not_allowed",
                )
            }
            Self::QueryCredential => bad_request("query_credential"),
            Self::UnknownScope(_) | Self::AmbiguousScopes => bad_request("invalid_scope"),
        }
    }
}

fn locked_out(retry_after: Duration) -> Response<ResponseBody> {
    let mut response = error_response(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many failed authentication attempts. Please try again later.",
        "rate_limited",
        "rate_limited",
    );
    // Rounded up: a client that waits exactly this long must not be early.
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}
