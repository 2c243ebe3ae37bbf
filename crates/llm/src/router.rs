//! The models of configured providers: who may answer, who is called, what it costs.
//!
//! [`candidates`] says who could be called, [`walk`] calls them in order, [`attempt`] is one call
//! with its money, [`answer`] what comes back, [`settle`] the bill. [`failover`] says what follows
//! from each failure, [`health`] who is left alone for a while.

mod answer;
mod attempt;
mod candidates;
pub(crate) mod credential;
mod embed;
mod failover;
mod health;
mod plan;
mod settle;
mod walk;

pub(crate) use candidates::Needs;

use crate::config::RoutingSettings;
use crate::models::{Answering, CallFailed, EmbedCall, Embedded, ModelCall, Models, Plan, Wish};
use crate::provider::{ProviderConfig, pick_default};
use crate::routing::warm::Warm;
use crate::routing::{AUTO, Policy};
use crate::{Catalog, ModelRequest, UnknownModel};
use async_trait::async_trait;
use domain::ledger::{Cooldown, Purse, Unmetered};
use domain::{Clock, SystemClock};
use health::Health;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a router works with; changes as a whole.
#[derive(Debug, Clone, Default)]
pub struct RouterConfig {
    /// Who can be called.
    pub providers: Vec<ProviderConfig>,
    /// Short names for `provider/model`.
    pub aliases: BTreeMap<String, String>,
    /// How `auto` chooses.
    pub routing: RoutingSettings,
    /// The model people use when they choose none, around which tiers are made; without it the
    /// first that can be called.
    pub default_model: Option<String>,
}

/// What follows from a configuration.
struct Setup {
    catalog: Arc<Catalog>,
    policy: Policy,
    routing: RoutingSettings,
    default_model: String,
}

impl Setup {
    fn new(old: &Catalog, config: RouterConfig) -> (Self, Vec<String>) {
        let first = pick_default(&config.providers, &[]);
        let default_model = config
            .default_model
            .filter(|name| name != AUTO && !name.starts_with("auto/"))
            .unwrap_or(first);
        let catalog = Catalog::replacing(old, config.providers, config.aliases);
        let (policy, problems) = Policy::new(&config.routing, &catalog, &default_model);
        let setup = Self {
            catalog: Arc::new(catalog),
            policy,
            routing: config.routing,
            default_model,
        };
        (setup, problems)
    }
}

/// The models of configured providers. Cheap to call from many tasks at once.
pub struct Router {
    setup: RwLock<Arc<Setup>>,
    purse: Arc<dyn Purse>,
    health: Arc<Health>,
    warm: Warm,
}

impl Router {
    /// A router over `providers` that spends from `purse`; `aliases` maps short names to
    /// `provider/model`. Routing is as without settings, time is the machine's.
    pub fn new(
        providers: Vec<ProviderConfig>,
        aliases: BTreeMap<String, String>,
        purse: Arc<dyn Purse>,
    ) -> Self {
        let config = RouterConfig {
            providers,
            aliases,
            ..RouterConfig::default()
        };
        Self::with(config, purse, Arc::new(SystemClock)).0
    }

    /// A router with everything said. The list says, one line each, what in the routing settings
    /// could not be used; the rest is in force.
    pub fn with(
        config: RouterConfig,
        purse: Arc<dyn Purse>,
        clock: Arc<dyn Clock>,
    ) -> (Self, Vec<String>) {
        let (setup, problems) = Setup::new(&Catalog::default(), config);
        let router = Self {
            setup: RwLock::new(Arc::new(setup)),
            purse,
            health: Arc::new(Health::new(clock)),
            warm: Warm::default(),
        };
        (router, problems)
    }

    /// A router that knows only the built-in offline model, which costs nothing.
    pub fn offline() -> Self {
        Self::new(
            vec![ProviderConfig::offline()],
            BTreeMap::new(),
            Arc::new(Unmetered),
        )
    }

    /// Replaces the providers and aliases; routing settings stay. Calls in flight end as they
    /// began; connections to providers that stay are kept.
    pub fn reconfigure(&self, providers: Vec<ProviderConfig>, aliases: BTreeMap<String, String>) {
        let setup = self.setup();
        let config = RouterConfig {
            providers,
            aliases,
            routing: setup.routing.clone(),
            default_model: Some(setup.default_model.clone()),
        };
        self.configure(config);
    }

    /// Replaces the whole configuration, as [`Self::reconfigure`]. The list says what in the
    /// routing settings could not be used.
    pub fn configure(&self, config: RouterConfig) -> Vec<String> {
        let (next, problems) = Setup::new(&self.catalog(), config);
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        problems
    }

    /// Who is not called for a while, to be kept for the next process. Holds no secret.
    pub fn cooldowns(&self) -> Vec<Cooldown> {
        self.health.cooldowns()
    }

    /// Takes up what an earlier process kept.
    pub fn restore(&self, cooldowns: Vec<Cooldown>) {
        self.health.restore(cooldowns);
    }

    /// Changes whenever [`Self::cooldowns`] does, so that they can be saved then.
    pub fn cooldown_changes(&self) -> watch::Receiver<u64> {
        self.health.changes()
    }

    fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Models for Router {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.setup().catalog)
    }

    fn auto_names(&self) -> Vec<String> {
        self.setup().auto_names()
    }

    fn plan(&self, wish: &Wish<'_>, request: &ModelRequest) -> Result<Plan, UnknownModel> {
        let key = request.cache.key.as_ref();
        let last = key.and_then(|key| self.warm.last(key, self.health.now()));
        self.setup().plan(wish, request, last.as_deref())
    }

    async fn stream(
        &self,
        call: ModelCall,
        cancel: &CancellationToken,
    ) -> Result<Answering, CallFailed> {
        self.walk(call, cancel).await
    }

    async fn embed(
        &self,
        call: EmbedCall,
        cancel: &CancellationToken,
    ) -> Result<Embedded, CallFailed> {
        self.embed_walk(call, cancel).await
    }
}
