//! What can go wrong with a provider, named after what the caller can do.

use domain::ledger::{BudgetTrip, Refused};
use domain::{FailureKind, ModelId, ProviderId};
use std::time::Duration;

/// A failed model call. The text is for people and holds no secret; `status` is the provider's.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider rejected the request. Retrying the same will not help.
    #[error("{provider} rejected the request: {message}")]
    InvalidRequest {
        /// Who.
        provider: ProviderId,
        /// HTTP status.
        status: u16,
        /// The provider's words, cut to one line.
        message: String,
    },
    /// The credential is missing or wrong. Set another one.
    #[error("{provider} rejected the credential: {message}")]
    Unauthorized {
        /// Who.
        provider: ProviderId,
        /// HTTP status; 0 when no credential was configured and nothing was sent.
        status: u16,
        /// The provider's words, or what to configure.
        message: String,
    },
    /// The account may not do this, or has no balance.
    #[error("{provider} refused: {message}")]
    Forbidden {
        /// Who.
        provider: ProviderId,
        /// HTTP status.
        status: u16,
        /// The provider's words.
        message: String,
    },
    /// The provider does not know the model.
    #[error("{provider} does not serve {model}: {message}")]
    ModelNotFound {
        /// Who.
        provider: ProviderId,
        /// What was asked for.
        model: ModelId,
        /// HTTP status.
        status: u16,
        /// The provider's words.
        message: String,
    },
    /// The prompt does not fit. Shorten it.
    #[error("the prompt exceeds the context window of {model}: {message}")]
    ContextTooLong {
        /// Who.
        provider: ProviderId,
        /// Which model.
        model: ModelId,
        /// HTTP status.
        status: u16,
        /// The provider's words.
        message: String,
    },
    /// The provider asks to slow down. Wait, or use another credential or model.
    #[error("{provider} is rate limiting {model}")]
    RateLimited {
        /// Who.
        provider: ProviderId,
        /// Which model.
        model: ModelId,
        /// How long to wait, if it said so.
        retry_after: Option<Duration>,
        /// The provider's words.
        message: String,
    },
    /// The provider failed. Another one, or later, may work.
    #[error("{provider} failed{}: {message}", with_status(*status))]
    ProviderFailed {
        /// Who.
        provider: ProviderId,
        /// HTTP status; 0 when the failure came inside an answer that began with success.
        status: u16,
        /// The provider's words.
        message: String,
        /// How long to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// No connection. Nothing was processed.
    #[error("cannot reach {provider} at {origin}: {detail}")]
    Unreachable {
        /// Who.
        provider: ProviderId,
        /// Scheme, host and port.
        origin: String,
        /// What the system said.
        detail: String,
    },
    /// No first byte, or silence in the middle, within the deadline.
    #[error("{provider} sent nothing for {} s ({phase})", waited.as_secs())]
    TimedOut {
        /// Who.
        provider: ProviderId,
        /// `connect`, `first byte`, `idle`, `whole answer`, `first word` (others were still to be
        /// called) or `deadline` (the caller's).
        phase: &'static str,
        /// The deadline that passed.
        waited: Duration,
    },
    /// The answer broke off or is not what its wire format promises.
    #[error("the answer of {provider} broke off: {detail}")]
    BrokenStream {
        /// Who.
        provider: ProviderId,
        /// What was wrong.
        detail: String,
    },
    /// A budget is used up. Nothing was sent.
    #[error("{0}")]
    OverBudget(Box<BudgetTrip>),
    /// Nobody knows what the model costs, and a budget is set. Nothing was sent.
    #[error("{message}")]
    UnknownPrice {
        /// One line with what to do.
        message: String,
    },
    /// The ledger cannot be written, so nothing was sent.
    #[error("{detail}")]
    LedgerUnavailable {
        /// What the system said, and what to do.
        detail: String,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

fn with_status(status: u16) -> String {
    if status == 0 {
        String::new()
    } else {
        format!(" with status {status}")
    }
}

impl Error {
    /// The kind a run's outcome and a client's error carry.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::InvalidRequest { .. } => FailureKind::InvalidRequest,
            Self::Unauthorized { .. } => FailureKind::Unauthorized,
            Self::Forbidden { .. } => FailureKind::Forbidden,
            Self::ModelNotFound { .. } => FailureKind::ModelNotFound,
            Self::ContextTooLong { .. } => FailureKind::ContextTooLong,
            Self::RateLimited { .. } => FailureKind::RateLimited,
            Self::ProviderFailed { .. } => FailureKind::ProviderFailed,
            Self::Unreachable { .. } => FailureKind::Unreachable,
            Self::TimedOut { .. } => FailureKind::TimedOut,
            Self::BrokenStream { .. } => FailureKind::BrokenStream,
            Self::OverBudget(_) | Self::UnknownPrice { .. } => FailureKind::OverBudget,
            Self::LedgerUnavailable { .. } | Self::Cancelled => FailureKind::Internal,
        }
    }

    /// The provider's HTTP status, if it answered with one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::InvalidRequest { status, .. }
            | Self::Unauthorized { status, .. }
            | Self::Forbidden { status, .. }
            | Self::ModelNotFound { status, .. }
            | Self::ContextTooLong { status, .. }
            | Self::ProviderFailed { status, .. } => Some(*status).filter(|s| *s != 0),
            Self::RateLimited { .. } => Some(429),
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::BrokenStream { .. }
            | Self::OverBudget(_)
            | Self::UnknownPrice { .. }
            | Self::LedgerUnavailable { .. }
            | Self::Cancelled => None,
        }
    }

    /// When a retry makes sense, if the provider said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::ProviderFailed { retry_after, .. } => {
                *retry_after
            }
            Self::InvalidRequest { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::ModelNotFound { .. }
            | Self::ContextTooLong { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::BrokenStream { .. }
            | Self::OverBudget(_)
            | Self::UnknownPrice { .. }
            | Self::LedgerUnavailable { .. }
            | Self::Cancelled => None,
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let words = refused.to_string();
        match refused {
            Refused::OverBudget(trip) => Self::OverBudget(trip),
            Refused::UnknownPrice { .. } => Self::UnknownPrice { message: words },
            Refused::Unavailable { .. } => Self::LedgerUnavailable { detail: words },
        }
    }
}
