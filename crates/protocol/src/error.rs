//! Errors as clients see them.

use serde::{Deserialize, Serialize};

/// The closed list of error codes, with the spelling of each route family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is not what the method or route expects.
    InvalidRequest,
    /// No credential, or a wrong one.
    Unauthorized,
    /// The credential may not do this.
    Forbidden,
    /// No such thing.
    NotFound,
    /// No such method.
    MethodNotFound,
    /// The model named does not exist.
    InvalidModel,
    /// Too many requests or failed logins.
    RateLimited,
    /// The body is larger than the limit.
    TooLarge,
    /// The request took too long to arrive, or the work too long to finish.
    Timeout,
    /// The route is switched off; the message names the key that turns it on.
    Disabled,
    /// Something needed is not available now: disk, provider, shutdown.
    Unavailable,
    /// A provider failed.
    ProviderError,
    /// The request conflicts with an earlier one.
    Conflict,
    /// A fault of ours.
    Internal,
}

impl ErrorCode {
    /// `UPPER_SNAKE`, as RPC and the `/api`, `/tools`, `/hooks` families write it.
    pub fn upper(self) -> &'static str {
        match self {
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotFound => "METHOD_NOT_FOUND",
            Self::InvalidModel => "INVALID_MODEL",
            Self::RateLimited => "RATE_LIMITED",
            Self::TooLarge => "PAYLOAD_TOO_LARGE",
            Self::Timeout => "TIMEOUT",
            Self::Disabled => "DISABLED",
            Self::Unavailable => "UNAVAILABLE",
            Self::ProviderError => "PROVIDER_ERROR",
            Self::Conflict => "CONFLICT",
            Self::Internal => "INTERNAL_ERROR",
        }
    }

    /// `lower_snake`, as the `/v1` and `/api/v1` families write it.
    pub fn lower(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotFound => "method_not_found",
            Self::InvalidModel => "invalid_model",
            Self::RateLimited => "rate_limit_exceeded",
            Self::TooLarge => "payload_too_large",
            Self::Timeout => "timeout",
            Self::Disabled => "disabled",
            Self::Unavailable => "unavailable",
            Self::ProviderError => "provider_error",
            Self::Conflict => "conflict",
            Self::Internal => "internal_error",
        }
    }
}

/// The `error` object of the `/api` family and of RPC answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorShape {
    /// One line for people: what went wrong and what to do.
    pub message: String,
    /// Class of error, lower snake.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code, upper snake.
    pub code: String,
    /// Facts a program may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
    /// Whether the same request may work later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
