//! Money before and after: what a model call may cost, and what it did cost.
//!
//! Every call to a provider is reserved first and settled afterwards (decision DEC-17). The one who
//! calls asks a [`Purse`] for an amount that is a true ceiling of what the call can cost; the purse
//! grants it against every budget that applies, or refuses with the budget that is in the way.

use crate::{
    AgentId, FailureKind, MicroUsd, ModelId, ProviderId, RunId, SessionKey, UnixMillis, Usage,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

pub use crate::id::CallId;

/// On whose account a call goes. Absent parts have no budget of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payer {
    /// The name of the key or user that asked; `None` for the owner.
    pub key: Option<Arc<str>>,
    /// The agent, absent on the direct path.
    pub agent: Option<AgentId>,
    /// The session, absent on the direct path.
    pub session: Option<SessionKey>,
    /// The run, absent on the direct path.
    pub run: Option<RunId>,
}

/// A wish to spend.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Names the call from now on.
    pub call: CallId,
    /// Who pays.
    pub payer: Payer,
    /// Who will be called.
    pub provider: ProviderId,
    /// Which model.
    pub model: ModelId,
    /// The least that makes the call worth while: the whole prompt and a short answer.
    pub least: MicroUsd,
    /// What the call can cost at most: the whole prompt and the longest answer.
    pub most: MicroUsd,
    /// What the run may still spend, where it has a limit.
    pub run_left: Option<MicroUsd>,
    /// Whether the price is known. An unknown price has `least` and `most` of zero, and is refused
    /// under any budget unless the settings say otherwise.
    pub priced: bool,
    /// How long to wait for calls under way to give back what they do not use.
    pub wait: Duration,
}

/// Leave to spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The ceiling: from the least to the most of the [`Ask`]. A free call has zero.
    pub amount: MicroUsd,
}

/// What a budget is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "camelCase")]
pub enum BudgetScope {
    /// The whole gateway.
    Gateway,
    /// One agent.
    Agent {
        /// Which.
        agent: AgentId,
    },
    /// One session.
    Session {
        /// Which.
        session: SessionKey,
    },
    /// One key or user.
    Key {
        /// Its name.
        key: Arc<str>,
    },
    /// One run.
    Run,
}

/// Over which time a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BudgetWindow {
    /// A calendar day, UTC.
    Day,
    /// A calendar month, UTC.
    Month,
    /// From the beginning to the end of a run.
    Run,
}

/// A budget that is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetTrip {
    /// What it is for.
    #[serde(flatten)]
    pub scope: BudgetScope,
    /// Over which time.
    pub window: BudgetWindow,
    /// How much there is.
    pub limit: MicroUsd,
    /// How much is spent.
    pub spent: MicroUsd,
    /// How much calls under way may still spend.
    pub reserved: MicroUsd,
    /// How much the refused call needs at least.
    pub needed: MicroUsd,
    /// When the window begins anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<UnixMillis>,
    /// The command that raises it.
    pub raise: String,
}

impl std::fmt::Display for BudgetTrip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let window = match self.window {
            BudgetWindow::Day => "daily ",
            BudgetWindow::Month => "monthly ",
            BudgetWindow::Run => "",
        };
        let whose = match &self.scope {
            BudgetScope::Gateway => "budget".to_owned(),
            BudgetScope::Agent { agent } => format!("budget of agent {agent}"),
            BudgetScope::Session { session } => format!("budget of session {session}"),
            BudgetScope::Key { key } => format!("budget of key {key}"),
            BudgetScope::Run => "budget of this run".to_owned(),
        };
        write!(
            f,
            "the {window}{whose} of {} USD is used up: {} USD spent, {} USD reserved by calls under \
             way, {} USD needed; raise it: {}",
            self.limit, self.spent, self.reserved, self.needed, self.raise
        )
    }
}

/// Why nothing may be spent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A budget is in the way.
    #[error("{0}")]
    OverBudget(Box<BudgetTrip>),
    /// Nobody knows what the model costs, and a budget is set.
    #[error("the price of {model} is unknown and a budget is set; {remedy}")]
    UnknownPrice {
        /// `provider/model`
        model: String,
        /// What to do about it.
        remedy: String,
    },
    /// The ledger cannot be written, so nothing may be spent.
    #[error("the ledger cannot be written: {detail}")]
    Unavailable {
        /// What the system said, and what to do.
        detail: String,
    },
}

/// How a call to a provider ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallOutcome {
    /// The answer is whole.
    Answered,
    /// It failed, with or without a partial answer.
    Failed(FailureKind),
    /// The caller left.
    Cancelled,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Which call.
    pub call: CallId,
    /// What it used.
    pub usage: Usage,
    /// What it cost; `None` when the price is unknown.
    pub cost: Option<MicroUsd>,
    /// Whether usage and cost are our estimate because the provider did not report them.
    pub estimated: bool,
    /// How it ended.
    pub outcome: CallOutcome,
    /// From the request to the end, in milliseconds.
    pub duration_ms: u64,
    /// How it came to this call, for `explain`.
    pub note: CallNote,
}

/// How it came to a call and what there is to say about it. Kept with the call's costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallNote {
    /// Why this model, in one line, e.g. `auto: code in the prompt → tier strong`.
    pub why: String,
    /// The tier the policy chose, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// What the policy would have chosen, in shadow mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowChoice>,
    /// Which credential, e.g. `openai#1`; never the key.
    pub credential: String,
    /// 1 for the first candidate tried, more after failures.
    pub attempt: u32,
    /// What went wrong, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How much was reserved for it.
    pub reserved: MicroUsd,
    /// Prices used: input, output, cache read, cache write, in micro-dollars per million tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<[i64; 4]>,
    /// Why the provider's prompt cache could not be used, when it could have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_break: Option<CacheBreak>,
}

/// What a routing policy in shadow mode would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowChoice {
    /// The tier.
    pub tier: String,
    /// The model, as `provider/model`.
    pub model: String,
    /// Why.
    pub why: String,
    /// What the same tokens would have cost there; `None` when its price is unknown. Filled in when
    /// the call is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
}

/// A prompt whose beginning differs from the one before it, so that the provider's cache of it is
/// lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheBreak {
    /// Which piece differs: `tools`, `system`, `message 4`, `model`.
    pub source: String,
    /// The first byte that differs, counted within the piece.
    pub at_byte: u64,
    /// The bytes there before, a few of them.
    pub was: String,
    /// The bytes there now.
    pub now: String,
    /// Tokens that could have been read from the cache, estimated.
    pub lost_tokens: u64,
    /// What that costs, estimated; `None` when the price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
}

/// Grants and books spending. Implemented by the ledger.
#[async_trait]
pub trait Purse: Send + Sync {
    /// Reserves money for one call, before anything is sent. After `Ok` the reservation survives
    /// the death of the process; it must be settled.
    ///
    /// # Errors
    /// [`Refused`], after waiting at most `ask.wait` for other calls.
    ///
    /// # Cancel safety
    /// A dropped future reserves nothing.
    async fn reserve(&self, ask: Ask) -> Result<Grant, Refused>;

    /// Books what a reserved call cost and gives back the rest. Never waits and never fails: the
    /// booking is kept and written as soon as the disk takes it.
    fn settle(&self, settlement: Settlement);
}

/// A purse without a bottom, for callers that keep no books.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unmetered;

#[async_trait]
impl Purse for Unmetered {
    async fn reserve(&self, ask: Ask) -> Result<Grant, Refused> {
        Ok(Grant { amount: ask.most })
    }

    fn settle(&self, _: Settlement) {}
}

/// A credential that is not to be used for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cooldown {
    /// Whose credential.
    pub provider: ProviderId,
    /// A digest that stands for the credential; never the key.
    pub credential: String,
    /// Only for this model; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Until when.
    pub until: UnixMillis,
    /// Failures in a row that led to it.
    pub failures: u32,
    /// Why, in one line.
    pub reason: String,
}
