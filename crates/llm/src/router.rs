//! The models of configured providers.

use crate::models::{
    AnswerSource, Answering, CallFailed, Decision, EmbedCall, Embedded, ModelCall, Models, Plan,
    Receipt, Tried, Wish,
};
use crate::provider::ProviderConfig;
use crate::{
    Catalog, Error, ModelEvent, ModelRequest, ModelStream, Target, UnknownModel, codec, offline,
    transport,
};
use async_trait::async_trait;
use domain::ledger::{CallId, Purse, Unmetered};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_util::sync::CancellationToken;

/// The models of configured providers. Cheap to call from many tasks at once.
pub struct Router {
    catalog: RwLock<Arc<Catalog>>,
    purse: Arc<dyn Purse>,
}

impl Router {
    /// A router over `providers` that spends from `purse`; `aliases` maps short names to
    /// `provider/model`.
    pub fn new(
        providers: Vec<ProviderConfig>,
        aliases: BTreeMap<String, String>,
        purse: Arc<dyn Purse>,
    ) -> Self {
        Self {
            catalog: RwLock::new(Arc::new(Catalog::new(providers, aliases))),
            purse,
        }
    }

    /// A router that knows only the built-in offline model, which costs nothing.
    pub fn offline() -> Self {
        Self::new(
            vec![ProviderConfig::offline()],
            BTreeMap::new(),
            Arc::new(Unmetered),
        )
    }

    /// Replaces the providers and aliases. Calls in flight end as they began; connections to
    /// providers that stay are kept.
    pub fn reconfigure(&self, providers: Vec<ProviderConfig>, aliases: BTreeMap<String, String>) {
        let next = Arc::new(Catalog::replacing(&self.catalog(), providers, aliases));
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// One attempt: calls `target` with one of its provider's keys.
async fn attempt(
    target: &Target,
    credential: usize,
    request: &ModelRequest,
    cancel: &CancellationToken,
) -> Result<ModelStream, Error> {
    let provider = &target.provider;
    if provider.config.offline {
        return offline::call(&target.info, request, cancel).await;
    }
    let peer = provider.peer(&target.info.model);
    if let (true, Some(hint)) = (provider.config.keys.is_empty(), &provider.config.key_hint) {
        return Err(Error::Unauthorized {
            provider: peer.provider,
            status: 0,
            message: hint.clone(),
        });
    }
    let codec = codec::of(&provider.config.api, &peer)?;
    let encoded = codec.encode(request, &target.info, provider.config.quirks)?;
    transport::call(provider, credential, peer, codec, encoded, cancel).await
}

struct Plain {
    stream: ModelStream,
    target: Target,
    receipt: Receipt,
}

#[async_trait]
impl AnswerSource for Plain {
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        let event = self.stream.next().await;
        if let Some(Ok(ModelEvent::Usage(usage))) = &event {
            self.receipt.usage = *usage;
        }
        event
    }

    fn ready(&mut self) -> Option<ModelEvent> {
        None
    }

    fn receipt(&mut self) -> Receipt {
        let price = self.target.info.price;
        self.receipt.cost = price.and_then(|price| price.cost(&self.receipt.usage));
        self.receipt.clone()
    }
}

#[async_trait]
impl Models for Router {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn plan(&self, wish: &Wish<'_>, _: &ModelRequest) -> Result<Plan, UnknownModel> {
        let catalog = self.catalog();
        let mut targets = Vec::new();
        let mut unknown = None;
        for name in wish.names {
            match catalog.resolve(name) {
                Ok(target) => targets.push(target),
                Err(why) => unknown = Some(why),
            }
        }
        match (targets.is_empty(), unknown) {
            (true, Some(why)) => Err(why),
            (true | false, _) => Ok(Plan {
                targets,
                decision: Decision::default(),
            }),
        }
    }

    async fn stream(
        &self,
        call: ModelCall,
        cancel: &CancellationToken,
    ) -> Result<Answering, CallFailed> {
        let _ = &self.purse;
        let mut tried = Vec::new();
        let mut last = Error::Cancelled;
        for target in &call.plan.targets {
            match attempt(target, 0, &call.request, cancel).await {
                Ok(stream) => {
                    let source = Plain {
                        stream,
                        target: target.clone(),
                        receipt: Receipt::default(),
                    };
                    return Ok(Answering::new(CallId::generate(), target.clone(), source));
                }
                Err(error) => {
                    last = error.clone();
                    tried.push(Tried {
                        call: CallId::generate(),
                        model: target.info.reference(),
                        credential: String::new(),
                        error,
                        cost: None,
                    });
                }
            }
        }
        Err(CallFailed { error: last, tried })
    }

    async fn embed(&self, call: EmbedCall, _: &CancellationToken) -> Result<Embedded, CallFailed> {
        Err(CallFailed::early(Error::InvalidRequest {
            provider: call.target.info.provider.clone(),
            status: 0,
            message: "embeddings are not served by this version".to_owned(),
        }))
    }
}
