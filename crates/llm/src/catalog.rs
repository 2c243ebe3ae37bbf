//! Every model that could be called, by name.

mod similar;

use crate::Price;
use crate::provider::{Provider, ProviderConfig};
use crate::transport::Trust;
use domain::{ModelId, ProviderId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What is known about a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInfo {
    /// Who serves it.
    pub provider: ProviderId,
    /// Its name there.
    pub model: ModelId,
    /// A name for people.
    pub name: String,
    /// Context window in tokens, when known.
    pub context_window: Option<u32>,
    /// Most output tokens of one answer, when known.
    pub max_output: Option<u32>,
    /// Whether it reads images.
    pub images: bool,
    /// Which files it reads.
    pub media: MediaKinds,
    /// Whether it calls tools.
    pub tools: bool,
    /// Whether it reasons before it answers.
    pub reasoning: bool,
    /// What it costs; `None` when unknown.
    pub price: Option<Price>,
    /// What it is good at, in a few words.
    pub best_for: Option<String>,
}

/// Which kinds of files a model reads beside images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MediaKinds {
    /// PDF documents.
    pub documents: bool,
    /// Sound.
    pub audio: bool,
    /// Video.
    pub video: bool,
}

impl ModelInfo {
    /// `provider/model`, the name that is always unambiguous.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }
}

/// A model that was found and can be called.
#[derive(Debug, Clone)]
pub struct Target {
    /// What was found.
    pub info: Arc<ModelInfo>,
    /// Who serves it, as configured when it was found.
    pub provider: Arc<Provider>,
}

/// A name that is no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown model {name:?}")]
pub struct UnknownModel {
    /// What was asked for.
    pub name: String,
    /// Names that look like it, best first, at most five; empty when nothing does.
    pub similar: Vec<String>,
}

/// Models by name. A snapshot: changed settings make a new one.
#[derive(Debug, Default)]
pub struct Catalog {
    rows: Vec<Target>,
    /// A handful; apart from the rows so that nobody takes one for a model that talks.
    embeddings: Vec<Target>,
    by_reference: HashMap<String, usize>,
    by_model: HashMap<ModelId, Vec<usize>>,
    providers: BTreeMap<ProviderId, Arc<Provider>>,
    aliases: BTreeMap<String, String>,
    trust: Trust,
}

impl Catalog {
    /// A catalog of what `providers` serve. Of two providers with one id the first counts.
    pub fn new(providers: Vec<ProviderConfig>, aliases: BTreeMap<String, String>) -> Self {
        Self::replacing(&Self::default(), providers, aliases)
    }

    /// Like [`Self::new`]; providers that stay where they were keep the connections of `old`.
    pub(crate) fn replacing(
        old: &Self,
        providers: Vec<ProviderConfig>,
        aliases: BTreeMap<String, String>,
    ) -> Self {
        let mut catalog = Self {
            aliases,
            trust: old.trust.clone(),
            ..Self::default()
        };
        for config in providers {
            if catalog.providers.contains_key(&config.id) {
                continue;
            }
            let before = old.providers.get(&config.id).map(Arc::as_ref);
            let provider = Arc::new(Provider::new(config, before, &catalog.trust));
            for info in &provider.config.models {
                catalog.add(Target {
                    info: Arc::new(info.clone()),
                    provider: Arc::clone(&provider),
                });
            }
            for info in &provider.config.embeddings {
                catalog.embeddings.push(Target {
                    info: Arc::new(info.clone()),
                    provider: Arc::clone(&provider),
                });
            }
            catalog
                .providers
                .insert(provider.config.id.clone(), provider);
        }
        catalog
    }

    fn add(&mut self, target: Target) {
        let at = self.rows.len();
        self.by_reference
            .entry(target.info.reference())
            .or_insert(at);
        self.by_model
            .entry(target.info.model.clone())
            .or_default()
            .push(at);
        self.rows.push(target);
    }

    /// Finds a model by `provider/model`, by a model id only one provider has, by alias, or as an
    /// unlisted model of a provider that accepts any (its price is then unknown, unless it runs on
    /// this machine). Models that turn text into vectors are found too.
    ///
    /// # Errors
    /// [`UnknownModel`] with the names most like it.
    pub fn resolve(&self, name: &str) -> Result<Target, UnknownModel> {
        self.listed(name)
            .or_else(|| {
                let real = self.aliases.get(name)?;
                self.listed(real).or_else(|| self.unlisted(real))
            })
            .or_else(|| self.unlisted(name))
            .ok_or_else(|| UnknownModel {
                name: name.to_owned(),
                similar: self.similar(name),
            })
    }

    fn listed(&self, name: &str) -> Option<Target> {
        if let Some(at) = self.by_reference.get(name) {
            return self.rows.get(*at).cloned();
        }
        match self.by_model.get(name).map(Vec::as_slice) {
            Some([only]) => self.rows.get(*only).cloned(),
            Some(_) => None,
            None => self.embedding(name),
        }
    }

    fn embedding(&self, name: &str) -> Option<Target> {
        let is_named = |target: &&Target| {
            target.info.model.as_str() == name || target.info.reference() == name
        };
        let mut found = self.embeddings.iter().filter(is_named);
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only.clone()),
            (_, _) => None,
        }
    }

    fn unlisted(&self, name: &str) -> Option<Target> {
        let (provider, model) = name.split_once('/')?;
        let provider = self.providers.get(provider)?;
        if !provider.config.open_ended || model.is_empty() {
            return None;
        }
        let info = ModelInfo {
            provider: provider.config.id.clone(),
            model: ModelId::new(model),
            name: model.to_owned(),
            context_window: None,
            max_output: None,
            images: true,
            media: MediaKinds::default(),
            tools: true,
            reasoning: false,
            price: provider.config.price,
            best_for: None,
        };
        Some(Target {
            info: Arc::new(info),
            provider: Arc::clone(provider),
        })
    }

    fn similar(&self, name: &str) -> Vec<String> {
        let same_id = self.by_model.get(name).into_iter().flatten();
        let exact: Vec<String> = same_id
            .filter_map(|at| self.rows.get(*at))
            .map(|row| row.info.reference())
            .collect();
        if exact.is_empty() {
            let names = self.rows.iter().map(|row| row.info.reference());
            similar::rank(name, names.chain(self.aliases.keys().cloned()))
        } else {
            exact.into_iter().take(similar::MOST).collect()
        }
    }

    /// Every listed model that turns text into vectors.
    pub fn embeddings(&self) -> impl Iterator<Item = &Arc<ModelInfo>> {
        self.embeddings.iter().map(|row| &row.info)
    }

    /// Every listed model that answers, grouped by provider in the order of preference.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ModelInfo>> {
        self.rows.iter().map(|row| &row.info)
    }

    /// Every alias with the name it stands for.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aliases
            .iter()
            .map(|(alias, name)| (alias.as_str(), name.as_str()))
    }

    /// The providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.values()
    }
}
