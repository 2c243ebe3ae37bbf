//! Errors as clients see them: made here from every crate below, rendered by each dialect.

use agent::SubmitError;
use domain::{FailureKind, RunLimit, RunOutcome};
use http::StatusCode;
use protocol::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

/// An error for a client: one line that says what went wrong and what to do, and a code.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// From the closed list.
    pub code: ErrorCode,
    /// A finer code within the list, lower snake, for OpenAI-style clients.
    pub reason: Option<&'static str>,
    /// For people; holds no secret.
    pub message: String,
    /// Facts a program may use.
    pub details: Option<Value>,
    /// The request field at fault.
    pub param: Option<&'static str>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// What a WebSocket client is told beside the error: how far the call came.
    pub reply: Option<Box<Value>>,
}

impl ApiError {
    /// An error with the usual status of its code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status: usual_status(code),
            code,
            reason: None,
            message: message.into(),
            details: None,
            param: None,
            retry_after: None,
            reply: None,
        }
    }

    /// The request is not what the route expects.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same with a finer code.
    #[must_use]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same with facts.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// The same with the field at fault.
    #[must_use]
    pub fn with_param(mut self, param: &'static str) -> Self {
        self.param = Some(param);
        self
    }

    /// The same with what is told beside it.
    #[must_use]
    pub fn with_reply(mut self, reply: Value) -> Self {
        self.reply = Some(Box::new(reply));
        self
    }

    /// The same with a time to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The class in OpenAI's words. Source: HTTP API, section 1.
    pub fn openai_type(&self) -> &'static str {
        match self.code {
            ErrorCode::InvalidRequest
            | ErrorCode::InvalidModel
            | ErrorCode::NotFound
            | ErrorCode::MethodNotFound
            | ErrorCode::TooLarge
            | ErrorCode::Disabled
            | ErrorCode::Conflict => "invalid_request_error",
            ErrorCode::Unauthorized => "unauthorized",
            ErrorCode::Forbidden => "forbidden",
            ErrorCode::RateLimited => "rate_limited",
            ErrorCode::Timeout
            | ErrorCode::Unavailable
            | ErrorCode::ProviderError
            | ErrorCode::Internal => "api_error",
        }
    }
}

fn usual_status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound
        | ErrorCode::MethodNotFound
        | ErrorCode::InvalidModel
        | ErrorCode::Disabled => StatusCode::NOT_FOUND,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ProviderError => StatusCode::BAD_GATEWAY,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<state::Error> for ApiError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the rest are faults of ours, one and all"
    )]
    fn from(error: state::Error) -> Self {
        match error {
            state::Error::DiskFull { .. } => Self::new(
                ErrorCode::Unavailable,
                format!("{error}: nothing new is accepted until there is room; free some space"),
            )
            .with_reason("disk_full"),
            state::Error::Unavailable { .. } | state::Error::Corrupt { .. } => Self::new(
                ErrorCode::Unavailable,
                format!("{error}; run `openclaw doctor` for the cause and the remedy"),
            )
            .with_reason("storage_unavailable"),
            state::Error::Overloaded { .. } => Self::new(ErrorCode::Unavailable, error.to_string())
                .with_reason("overloaded")
                .with_retry_after(Some(Duration::from_secs(1))),
            state::Error::Busy(_) => Self::new(ErrorCode::Unavailable, error.to_string())
                .with_reason("busy")
                .with_retry_after(Some(Duration::from_secs(1))),
            state::Error::KeyReused { .. } => Self::new(ErrorCode::Conflict, error.to_string()),
            state::Error::NoSession(_) | state::Error::NoRun(_) => {
                Self::new(ErrorCode::NotFound, error.to_string())
            }
            state::Error::Closed => {
                Self::new(ErrorCode::Unavailable, "the gateway is shutting down")
            }
            other => {
                tracing::error!(error = %other, "the store failed in a way no caller expects");
                Self::new(ErrorCode::Internal, "internal error")
            }
        }
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::UnknownAgent(unknown) => {
                let details = json!({ "agents": unknown.known });
                Self::new(
                    ErrorCode::NotFound,
                    format!("Unknown agent '{}'.", unknown.name),
                )
                .with_reason("unknown_agent")
                .with_details(details)
            }
            SubmitError::UnknownModel(unknown) => Self::from(unknown),
            SubmitError::SessionKey(why) => Self::invalid(why.to_string()),
            SubmitError::LaneFull { .. } => Self::new(ErrorCode::RateLimited, error.to_string())
                .with_reason("session_busy")
                .with_retry_after(Some(Duration::from_secs(1))),
            SubmitError::ShuttingDown => Self::new(ErrorCode::Unavailable, error.to_string())
                .with_retry_after(Some(Duration::from_secs(5))),
            SubmitError::Store(error) => Self::from(error),
            other => Self::new(ErrorCode::Internal, other.to_string()),
        }
    }
}

impl From<llm::UnknownModel> for ApiError {
    fn from(unknown: llm::UnknownModel) -> Self {
        let name: String = unknown
            .name
            .chars()
            .filter(|c| !c.is_control())
            .take(128)
            .collect();
        Self::new(
            ErrorCode::InvalidModel,
            format!("Model '{name}' not found."),
        )
        .with_details(json!({ "available_models": unknown.similar }))
        .with_param("model")
    }
}

impl From<llm::CallFailed> for ApiError {
    fn from(failed: llm::CallFailed) -> Self {
        Self::from(failed.error)
    }
}

impl From<llm::Error> for ApiError {
    fn from(error: llm::Error) -> Self {
        if let llm::Error::LedgerUnavailable { detail } = error {
            return Self::new(ErrorCode::Unavailable, detail).with_reason("ledger_unavailable");
        }
        provider_failure(
            error.kind(),
            error.to_string(),
            error.status(),
            error.retry_after(),
        )
    }
}

/// What a client hears of a run that did not succeed; `None` for one that did.
pub fn of_outcome(outcome: &RunOutcome) -> Option<ApiError> {
    match outcome {
        RunOutcome::Completed { .. } | RunOutcome::AwaitingClient => None,
        RunOutcome::Limited {
            limit: limit @ (RunLimit::Budget { .. } | RunLimit::UnknownPrice { .. }),
        } => Some(over_budget(limit.to_string())),
        RunOutcome::Limited { limit } => Some(
            // Not a 5xx: clients would repeat the request, and the bill, by themselves.
            ApiError::new(ErrorCode::InvalidRequest, limit.to_string())
                .with_status(StatusCode::UNPROCESSABLE_ENTITY)
                .with_reason("run_limit"),
        ),
        RunOutcome::Failed {
            kind,
            message,
            status,
            retry_after_ms,
        } => {
            let wait = retry_after_ms.map(Duration::from_millis);
            Some(provider_failure(*kind, message.clone(), *status, wait))
        }
        RunOutcome::Aborted { reason } => Some(
            ApiError::new(
                ErrorCode::Unavailable,
                format!("the run was stopped: {reason}"),
            )
            .with_reason("run_aborted"),
        ),
        RunOutcome::Interrupted => Some(
            ApiError::new(
                ErrorCode::Unavailable,
                "the run was interrupted by a restart",
            )
            .with_reason("run_interrupted"),
        ),
    }
}

/// Payment required: a status no client repeats by itself.
fn over_budget(message: String) -> ApiError {
    ApiError::new(ErrorCode::Forbidden, message)
        .with_status(StatusCode::PAYMENT_REQUIRED)
        .with_reason("budget_exceeded")
}

/// The provider's status is mapped, except where it would speak of the client's own credential.
fn provider_failure(
    kind: FailureKind,
    message: String,
    status: Option<u16>,
    retry_after: Option<Duration>,
) -> ApiError {
    let error =
        match kind {
            FailureKind::InvalidRequest => {
                let status = status.and_then(|code| StatusCode::from_u16(code).ok());
                let error = ApiError::invalid(message);
                match status {
                    Some(status) if status.is_client_error() => error.with_status(status),
                    Some(_) | None => error,
                }
            }
            FailureKind::Unauthorized => ApiError::new(ErrorCode::ProviderError, message)
                .with_reason("provider_unauthorized"),
            FailureKind::Forbidden => {
                ApiError::new(ErrorCode::ProviderError, message).with_reason("provider_forbidden")
            }
            FailureKind::ModelNotFound => ApiError::new(ErrorCode::InvalidModel, message),
            FailureKind::ContextTooLong => ApiError::invalid(message)
                .with_reason("context_length_exceeded")
                .with_param("messages"),
            FailureKind::RateLimited => {
                ApiError::new(ErrorCode::RateLimited, message).with_reason("provider_rate_limited")
            }
            FailureKind::ProviderFailed => ApiError::new(ErrorCode::ProviderError, message),
            FailureKind::Unreachable => {
                ApiError::new(ErrorCode::ProviderError, message).with_reason("provider_unreachable")
            }
            FailureKind::TimedOut => {
                ApiError::new(ErrorCode::Timeout, message).with_reason("provider_timeout")
            }
            FailureKind::BrokenStream => ApiError::new(ErrorCode::ProviderError, message)
                .with_reason("provider_stream_broken"),
            FailureKind::OverBudget => over_budget(message),
            FailureKind::Internal => ApiError::new(ErrorCode::Internal, message),
        };
    error.with_retry_after(retry_after)
}
