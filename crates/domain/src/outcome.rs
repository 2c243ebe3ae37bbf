//! How a run ends. Every run ends in exactly one of these.

use crate::MicroUsd;
use serde::{Deserialize, Serialize};

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StopReason {
    /// It was done.
    Stop,
    /// It reached the output limit.
    Length,
    /// It wants tools called.
    ToolCalls,
    /// The provider withheld the answer.
    ContentFilter,
    /// A word of the provider we do not know, kept as it came.
    Other(Box<str>),
}

/// A limit that ended a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum RunLimit {
    /// Too many model calls.
    Steps {
        /// The limit.
        limit: u32,
    },
    /// Too long by the clock.
    WallTime {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Too many tokens.
    Tokens {
        /// The limit.
        limit: u64,
    },
    /// Too expensive.
    Money {
        /// The limit.
        limit: MicroUsd,
    },
    /// A budget is used up.
    Budget {
        /// Which one, and the command that raises it.
        trip: Box<crate::ledger::BudgetTrip>,
    },
    /// The price of the model is unknown while a budget is set.
    UnknownPrice {
        /// One line with what to do.
        message: String,
    },
    /// The same tool call with the same arguments again and again.
    IdenticalCalls {
        /// The limit.
        limit: u32,
        /// The tool that was repeated.
        tool: String,
    },
}

impl std::fmt::Display for RunLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Steps { limit } => write!(f, "the run reached its limit of {limit} steps"),
            Self::WallTime { limit_ms } => {
                write!(f, "the run reached its time limit of {} s", limit_ms / 1000)
            }
            Self::Tokens { limit } => write!(f, "the run reached its limit of {limit} tokens"),
            Self::Budget { trip } => trip.fmt(f),
            Self::UnknownPrice { message } => f.write_str(message),
            Self::Money { limit } => write!(f, "the run reached its limit of {limit} USD"),
            Self::IdenticalCalls { limit, tool } => {
                write!(
                    f,
                    "the run called {tool} with the same arguments {limit} times"
                )
            }
        }
    }
}

/// What kind of failure ended a run, in the words a client may branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// The provider rejected the request (HTTP 4xx other than those below).
    InvalidRequest,
    /// The provider rejected the credential.
    Unauthorized,
    /// The provider says the account may not do this or has no balance.
    Forbidden,
    /// The provider does not know the model.
    ModelNotFound,
    /// The prompt does not fit the model.
    ContextTooLong,
    /// The provider asks to slow down.
    RateLimited,
    /// The provider failed or is overloaded (HTTP 5xx).
    ProviderFailed,
    /// No connection to the provider.
    Unreachable,
    /// The provider did not answer, or fell silent, within the deadline.
    TimedOut,
    /// The provider's stream broke or could not be read.
    BrokenStream,
    /// A budget is used up, or a price unknown while a budget is set.
    OverBudget,
    /// A fault of ours.
    Internal,
}

impl FailureKind {
    /// The one-word name used in the `usage` table and in receipts.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalidRequest",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::ModelNotFound => "modelNotFound",
            Self::ContextTooLong => "contextTooLong",
            Self::RateLimited => "rateLimited",
            Self::ProviderFailed => "providerFailed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timedOut",
            Self::BrokenStream => "brokenStream",
            Self::OverBudget => "overBudget",
            Self::Internal => "internal",
        }
    }
}

/// The terminal state of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum RunOutcome {
    /// The model finished its answer.
    Completed {
        /// Why it stopped.
        stop: StopReason,
    },
    /// The answer is a call of client-supplied tools; the next request brings the results.
    AwaitingClient,
    /// A run limit tripped.
    Limited {
        /// Which one.
        limit: RunLimit,
    },
    /// Something failed and the answer, if any, is partial.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// What kind of failure.
        kind: FailureKind,
        /// One line for people; holds no secret.
        message: String,
        /// HTTP status of the provider, if it answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// When a retry makes sense, in milliseconds from then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// Somebody stopped it: the client left, `chat.abort`, shutdown.
    Aborted {
        /// Who or what, in a few words.
        reason: String,
    },
    /// The gateway died while the run was going and the run could not be taken up again.
    Interrupted,
}

impl RunOutcome {
    /// The one-word name used in the `run` table and in answers of `agent.wait`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed { .. } => "completed",
            Self::AwaitingClient => "awaitingClient",
            Self::Limited { .. } => "limited",
            Self::Failed { .. } => "failed",
            Self::Aborted { .. } => "aborted",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the caller got what it asked for.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Completed { .. } | Self::AwaitingClient)
    }
}
