//! What a failure means for the candidates that are left, and for the one that failed.

use crate::Error;

/// The phase of [`Error::TimedOut`] when the caller's own deadline passed.
pub(crate) const DEADLINE: &str = "deadline";

/// Who may be tried after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Whoever is next, another key of the same provider included.
    Anyone,
    /// Other models.
    OtherModel,
    /// Other providers.
    OtherProvider,
    /// Models with a larger context window.
    LargerWindow,
    /// Models that cost less.
    Cheaper,
    /// Models whose price is known.
    Priced,
    /// Nobody: no other candidate would do better.
    Nobody,
}

/// Which part of a candidate the failure speaks against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// None of it.
    Nothing,
    /// The model under this key is at its limit.
    Limit,
    /// The model under this key fails.
    Model,
    /// Everything at this provider fails.
    Provider,
    /// The key may not be used with this model.
    KeyForModel,
    /// The key may not be used at all.
    Key,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) next: Next,
    pub(crate) blame: Blame,
    /// Whether the same candidate is worth another try when there is no other.
    pub(crate) again: bool,
}

const fn go(next: Next, blame: Blame) -> Reaction {
    Reaction {
        next,
        blame,
        again: false,
    }
}

const fn again(next: Next, blame: Blame) -> Reaction {
    Reaction {
        next,
        blame,
        again: true,
    }
}

/// What the router does after `error`.
pub(crate) fn reaction(error: &Error) -> Reaction {
    match error {
        // Nothing was sent, or it went to an address that is not the service: the settings of this
        // provider are wrong, not the request.
        Error::InvalidRequest {
            status: 0 | 300..=399,
            ..
        }
        | Error::Unauthorized { status: 0, .. } => go(Next::OtherProvider, Blame::Nothing),
        Error::InvalidRequest { .. } | Error::LedgerUnavailable { .. } | Error::Cancelled => {
            go(Next::Nobody, Blame::Nothing)
        }
        Error::Unauthorized { .. } | Error::Forbidden { status: 402, .. } => {
            go(Next::Anyone, Blame::Key)
        }
        Error::Forbidden { .. } => go(Next::Anyone, Blame::KeyForModel),
        Error::RateLimited { .. } => go(Next::Anyone, Blame::Limit),
        Error::ModelNotFound { .. } => go(Next::OtherModel, Blame::Nothing),
        Error::ContextTooLong { .. } => go(Next::LargerWindow, Blame::Nothing),
        Error::ProviderFailed { .. } => go(Next::OtherModel, Blame::Model),
        Error::BrokenStream { .. } => again(Next::OtherModel, Blame::Model),
        // The caller's time was up, which says nothing about the provider.
        Error::TimedOut {
            phase: DEADLINE, ..
        } => go(Next::Nobody, Blame::Nothing),
        Error::TimedOut { .. } => go(Next::OtherProvider, Blame::Model),
        Error::Unreachable { .. } => again(Next::OtherProvider, Blame::Provider),
        Error::OverBudget(_) => go(Next::Cheaper, Blame::Nothing),
        Error::UnknownPrice { .. } => go(Next::Priced, Blame::Nothing),
    }
}

/// How much an error tells a caller whose every candidate failed; the highest is shown, of equals
/// the first.
pub(crate) fn tells(error: &Error) -> u8 {
    match error {
        Error::Cancelled => 9,
        Error::OverBudget(_) | Error::LedgerUnavailable { .. } => 8,
        Error::InvalidRequest { status, .. } if *status != 0 => 7,
        Error::ContextTooLong { .. } => 7,
        Error::RateLimited { .. } => 6,
        Error::ProviderFailed { .. } => 5,
        Error::TimedOut { .. } | Error::BrokenStream { .. } => 4,
        Error::Unreachable { .. } | Error::UnknownPrice { .. } => 3,
        Error::Forbidden { .. } => 2,
        Error::Unauthorized { .. } | Error::ModelNotFound { .. } | Error::InvalidRequest { .. } => {
            1
        }
    }
}
