//! The door to all models: find one, call it.

use crate::provider::ProviderConfig;
use crate::{Catalog, Error, ModelRequest, ModelStream, Target, codec, offline, transport};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_util::sync::CancellationToken;

/// Finds and calls models. Implemented by [`Router`], and by fakes in tests.
#[async_trait]
pub trait Models: Send + Sync {
    /// The present catalog: every model that could be called.
    fn catalog(&self) -> Arc<Catalog>;

    /// Calls `target`. Returns once the provider began to answer with success, so that an error
    /// before that has its own type and nothing was shown yet.
    ///
    /// # Errors
    /// Any [`Error`], in bounded time.
    ///
    /// # Cancel safety
    /// Dropping the future, or cancelling `cancel`, closes the connection.
    async fn call(
        &self,
        target: &Target,
        request: ModelRequest,
        cancel: &CancellationToken,
    ) -> Result<ModelStream, Error>;
}

/// The models of configured providers. Cheap to call from many tasks at once.
#[derive(Debug)]
pub struct Router {
    catalog: RwLock<Arc<Catalog>>,
}

impl Router {
    /// A router over `providers`; `aliases` maps short names to `provider/model`.
    pub fn new(providers: Vec<ProviderConfig>, aliases: BTreeMap<String, String>) -> Self {
        Self {
            catalog: RwLock::new(Arc::new(Catalog::new(providers, aliases))),
        }
    }

    /// A router that knows only the built-in offline model.
    pub fn offline() -> Self {
        Self::new(vec![ProviderConfig::offline()], BTreeMap::new())
    }

    /// Replaces the providers and aliases. Calls in flight end as they began; connections to
    /// providers that stay are kept.
    pub fn reconfigure(&self, providers: Vec<ProviderConfig>, aliases: BTreeMap<String, String>) {
        let next = Arc::new(Catalog::replacing(&self.catalog(), providers, aliases));
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

#[async_trait]
impl Models for Router {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call(
        &self,
        target: &Target,
        request: ModelRequest,
        cancel: &CancellationToken,
    ) -> Result<ModelStream, Error> {
        let provider = &target.provider;
        if provider.config.offline {
            return offline::call(&target.info, &request, cancel).await;
        }
        let peer = provider.peer(&target.info.model);
        if let (None, Some(hint)) = (&provider.config.key, &provider.config.key_hint) {
            return Err(Error::Unauthorized {
                provider: peer.provider,
                status: 0,
                message: hint.clone(),
            });
        }
        let codec = codec::of(&provider.config.api, &peer)?;
        let encoded = codec.encode(&request, &target.info, provider.config.quirks)?;
        transport::call(provider, peer, codec, encoded, cancel).await
    }
}
