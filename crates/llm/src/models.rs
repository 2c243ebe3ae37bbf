//! The door to all models: decide who may answer, call them in order, embed texts.

use crate::config::AgentRouting;
use crate::{Catalog, Error, ModelEvent, ModelRequest, Target, UnknownModel};
use async_trait::async_trait;
use domain::ledger::{CacheBreak, CallId, Payer, ShadowChoice};
use domain::{MicroUsd, ModelId, Usage};
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Finds and calls models. Implemented by [`crate::Router`], and by fakes in tests.
#[async_trait]
pub trait Models: Send + Sync {
    /// The present catalog: every model that could be called.
    fn catalog(&self) -> Arc<Catalog>;

    /// The names that ask the routing policy: `auto` and `auto/<tier>`; empty where it has nothing
    /// to choose from. They are no models of the catalog, but [`Self::plan`] takes them.
    fn auto_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Decides who may answer `request`, best first. Calls nothing.
    ///
    /// # Errors
    /// [`UnknownModel`] when no name of the wish is a model; names that are not are left out as long
    /// as one is.
    fn plan(&self, wish: &Wish<'_>, request: &ModelRequest) -> Result<Plan, UnknownModel>;

    /// Calls the candidates of the plan in order, money reserved before each, until one begins to
    /// answer. Returns once there is something to show, so that an error before that has its own
    /// type and nothing was shown yet.
    ///
    /// # Errors
    /// [`CallFailed`] when no candidate began to answer, in bounded time.
    ///
    /// # Cancel safety
    /// Dropping the future, or cancelling `cancel`, closes the connection and settles what was
    /// reserved.
    async fn stream(
        &self,
        call: ModelCall,
        cancel: &CancellationToken,
    ) -> Result<Answering, CallFailed>;

    /// Turns texts into vectors.
    ///
    /// # Errors
    /// [`CallFailed`], in bounded time.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection and settles what was reserved.
    async fn embed(
        &self,
        call: EmbedCall,
        cancel: &CancellationToken,
    ) -> Result<Embedded, CallFailed>;
}

/// Which models a caller would like.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Names in order of preference: `provider/model`, a unique model id, an alias; `auto` and
    /// `auto/<tier>` stand for what the routing policy chooses.
    pub names: &'a [String],
    /// What the agent says about routing.
    pub routing: Option<&'a AgentRouting>,
}

/// Who may answer, best first. Never empty.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The models.
    pub targets: Vec<Target>,
    /// Why these.
    pub decision: Decision,
}

/// Why a plan is as it is.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// In one line.
    pub why: String,
    /// The tier the policy chose, if one did.
    pub tier: Option<String>,
    /// What the policy would have chosen, in shadow mode.
    pub shadow: Option<ShadowChoice>,
}

/// One call of whoever of a plan can answer.
#[derive(Debug, Clone)]
pub struct ModelCall {
    /// What is asked.
    pub request: ModelRequest,
    /// Who may answer.
    pub plan: Plan,
    /// On whose account.
    pub payer: Payer,
    /// When the caller stops waiting: no attempt begins or goes on after it.
    pub deadline: Option<Instant>,
    /// What the run may still spend, where it has a limit.
    pub run_left: Option<MicroUsd>,
    /// The most tokens the prompt can have, when the caller knows better than by its bytes.
    pub input_ceiling: Option<u64>,
    /// Why the provider's prompt cache cannot be used, when it could have been.
    pub cache_break: Option<CacheBreak>,
}

impl ModelCall {
    /// A call without limits of its own.
    pub fn new(request: ModelRequest, plan: Plan) -> Self {
        Self {
            request,
            plan,
            payer: Payer::default(),
            deadline: None,
            run_left: None,
            input_ceiling: None,
            cache_break: None,
        }
    }
}

/// A candidate that was called.
#[derive(Debug, Clone)]
pub struct Tried {
    /// Its call's id in the ledger.
    pub call: CallId,
    /// Who, as `provider/model`.
    pub model: String,
    /// With which credential, e.g. `openai#1`.
    pub credential: String,
    /// What went wrong.
    pub error: Error,
    /// What it cost all the same.
    pub cost: Option<MicroUsd>,
}

/// No candidate began to answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error}")]
pub struct CallFailed {
    /// The error to show: of the last candidate, or the most telling one.
    pub error: Error,
    /// Everybody who was called, in order.
    pub tried: Vec<Tried>,
}

impl CallFailed {
    /// A failure before anybody was called.
    pub fn early(error: Error) -> Self {
        Self {
            error,
            tried: Vec::new(),
        }
    }
}

/// What a call came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Receipt {
    /// What the answer used.
    pub usage: Usage,
    /// What it cost together with the candidates that failed before it; `None` when a price is
    /// unknown.
    pub cost: Option<MicroUsd>,
    /// Whether the provider did not report usage and this is our estimate.
    pub estimated: bool,
}

/// An answer under way. Settled when it ends or is dropped.
pub struct Answering {
    /// The call's id in the ledger.
    pub call: CallId,
    /// Who answers.
    pub target: Target,
    /// Who failed before.
    pub tried: Vec<Tried>,
    pub(crate) source: Box<dyn AnswerSource>,
}

/// What feeds an [`Answering`].
#[async_trait]
pub trait AnswerSource: Send {
    /// See [`Answering::next`].
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>>;
    /// See [`Answering::ready`].
    fn ready(&mut self) -> Option<ModelEvent>;
    /// See [`Answering::receipt`].
    fn receipt(&mut self) -> Receipt;
}

impl Answering {
    /// Wraps a source.
    pub fn new(call: CallId, target: Target, source: impl AnswerSource + 'static) -> Self {
        Self {
            call,
            target,
            tried: Vec::new(),
            source: Box::new(source),
        }
    }

    /// The next event; `None` after the last. An error is the last item.
    ///
    /// # Errors
    /// Any [`Error`]; whatever came before it was said.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        match self.source.ready() {
            Some(event) => Some(Ok(event)),
            None => self.source.next().await,
        }
    }

    /// An event that is already here, without waiting. `None` says nothing about the end.
    pub fn ready(&mut self) -> Option<ModelEvent> {
        self.source.ready()
    }

    /// Settles the call as it stands, if that did not happen yet, and says what it came to. To be
    /// asked after the last event.
    pub fn receipt(&mut self) -> Receipt {
        self.source.receipt()
    }
}

impl std::fmt::Debug for Answering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answering")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// Texts to embed.
#[derive(Debug, Clone)]
pub struct EmbedCall {
    /// With which model.
    pub target: Target,
    /// The texts; not empty.
    pub inputs: Vec<String>,
    /// The length of each vector, where the model lets it be chosen.
    pub dimensions: Option<u32>,
    /// On whose account.
    pub payer: Payer,
}

/// Embedded texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One vector per text, in order.
    pub vectors: Vec<Vec<f32>>,
    /// The model the provider says it used.
    pub model: Option<ModelId>,
    /// What it came to.
    pub receipt: Receipt,
}
