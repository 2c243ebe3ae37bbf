//! Providers: who serves models, where, and with which key.
//!
//! A vendor is a row of [`vendors`]; [`configure`] joins rows, settings and keys to a list of
//! [`ProviderConfig`]; the catalog turns each into a [`Provider`] that can be called.

mod choose;
mod configure;
mod keys;
mod local;
pub mod vendors;

pub use choose::pick_default;
pub use configure::configure;
pub use keys::{FetchedKeys, MissingKey, fetch_keys};
pub use local::{LocalServer, probe_local};

use crate::codec::Peer;
use crate::config::Api;
use crate::router::credential::Credentials;
use crate::transport::{Endpoint, Transport, Trust};
use crate::{ModelInfo, Price};
use domain::{ModelId, ProviderId};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The provider id of the built-in offline model.
pub const OFFLINE: &str = "offline";

/// How a key is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AuthStyle {
    /// `Authorization: Bearer <key>`.
    #[default]
    Bearer,
    /// This header holds the key alone, e.g. `x-api-key`.
    Header(&'static str),
    /// Not at all; a configured header may carry it.
    None,
}

impl AuthStyle {
    /// How the key is sent where nothing else is said about a server that speaks `api`.
    pub(crate) fn usual(api: &Api) -> Self {
        match api {
            Api::AnthropicMessages => Self::Header("x-api-key"),
            Api::GoogleGenerativeAi => Self::Header("x-goog-api-key"),
            Api::OpenAiCompletions
            | Api::OpenAiResponses
            | Api::Ollama
            | Api::BedrockConverseStream
            | Api::GithubCopilot
            | Api::Other(_) => Self::Bearer,
        }
    }
}

/// How long to wait for a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection: name lookup, TCP and TLS together.
    pub connect: Duration,
    /// From the request to the first byte of the answer's body.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_mins(2),
            idle: Duration::from_mins(1),
        }
    }
}

/// Where imitators of a wire format differ from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of independent facts about a vendor, written by name"
)]
pub struct Quirks {
    /// The output limit is called `max_completion_tokens`, not `max_tokens`.
    pub max_completion_tokens: bool,
    /// `stream_options.include_usage` is understood.
    pub stream_usage: bool,
    /// Tool call ids must be exactly nine letters or digits.
    pub short_call_ids: bool,
    /// `prompt_cache_key` is understood.
    pub prompt_cache_key: bool,
    /// `reasoning_content` must come back with the message it came with.
    pub reasoning_content: bool,
}

impl Quirks {
    /// What most imitators do.
    pub const USUAL: Self = Self {
        max_completion_tokens: false,
        stream_usage: true,
        short_call_ids: false,
        prompt_cache_key: false,
        reasoning_content: false,
    };
}

impl Default for Quirks {
    fn default() -> Self {
        Self::USUAL
    }
}

/// Everything needed to call a provider. Secrets are resolved; `Debug` does not show them.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Its name.
    pub id: ProviderId,
    /// Scheme, host, port and path prefix, without a slash at the end.
    pub base_url: String,
    /// The wire format it speaks.
    pub api: Api,
    /// Its keys; a request takes the next one that is not resting. Empty when it needs none.
    pub keys: Vec<SecretString>,
    /// Headers sent with every request.
    pub headers: Vec<(http::HeaderName, SecretString)>,
    /// How the key is sent.
    pub auth_header: AuthStyle,
    /// What to tell the user when a key is needed and absent; `None` when none is needed.
    pub key_hint: Option<String>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// The models we know it serves.
    pub models: Vec<ModelInfo>,
    /// The models we know it turns text into vectors with.
    pub embeddings: Vec<ModelInfo>,
    /// The model to use when nothing was chosen.
    pub default_model: Option<ModelId>,
    /// Whether models that are not listed may be named too.
    pub open_ended: bool,
    /// What its models cost that say nothing themselves; servers on this machine cost nothing.
    pub price: Option<Price>,
    /// Where it differs from its wire format.
    pub quirks: Quirks,
    /// Whether this is the built-in offline model: nothing is sent anywhere.
    pub offline: bool,
}

impl ProviderConfig {
    /// An open-ended provider of the chat completions format, without a key.
    pub fn new(id: &str, base_url: &str) -> Self {
        Self {
            id: ProviderId::new(id),
            base_url: base_url.trim_end_matches('/').to_owned(),
            api: Api::OpenAiCompletions,
            keys: Vec::new(),
            headers: Vec::new(),
            auth_header: AuthStyle::Bearer,
            key_hint: None,
            timeouts: Timeouts::default(),
            models: Vec::new(),
            embeddings: Vec::new(),
            default_model: None,
            open_ended: true,
            price: None,
            quirks: Quirks::USUAL,
            offline: false,
        }
    }

    /// The built-in offline model.
    pub fn offline() -> Self {
        Self {
            models: vec![crate::offline::info()],
            default_model: Some(ModelId::new(crate::offline::MODEL)),
            open_ended: false,
            price: Some(Price::FREE),
            offline: true,
            ..Self::new(OFFLINE, "")
        }
    }
}

/// A provider that can be called. Cheap to share; belongs to a catalog.
#[derive(Debug)]
pub struct Provider {
    pub(crate) config: ProviderConfig,
    pub(crate) transport: Arc<Transport>,
    pub(crate) secrets: Arc<[SecretString]>,
    /// One per key, at least one; made by the first call with it.
    pub(crate) endpoints: Box<[OnceLock<Arc<Endpoint>>]>,
    /// Its keys by other names.
    pub(crate) credentials: Credentials,
}

/// A configured value shorter than this is not searched for in a provider's words: it would
/// blank out ordinary text.
const SHORTEST_SECRET: usize = 6;

impl Provider {
    /// Wraps a configuration; `old` lends its connections when it goes to the same place.
    pub(crate) fn new(config: ProviderConfig, old: Option<&Self>, trust: &Trust) -> Self {
        let reusable = old.filter(|old| {
            old.config.base_url == config.base_url
                && old.config.timeouts.connect == config.timeouts.connect
        });
        let transport = reusable.map_or_else(
            || Arc::new(Transport::new(config.timeouts.connect, trust.clone())),
            |old| Arc::clone(&old.transport),
        );
        let headers = config.headers.iter().map(|(_, value)| value);
        let secrets = config
            .keys
            .iter()
            .chain(headers)
            .filter(|secret| secret.expose_secret().len() >= SHORTEST_SECRET)
            .cloned()
            .collect();
        let endpoints = (0..config.keys.len().max(1))
            .map(|_| OnceLock::new())
            .collect();
        Self {
            credentials: Credentials::of(&config),
            config,
            transport,
            secrets,
            endpoints,
        }
    }

    /// Its name.
    pub fn id(&self) -> &ProviderId {
        &self.config.id
    }

    /// How it is configured.
    pub fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// Who an error or an event of a call is about.
    pub(crate) fn peer(&self, model: &ModelId) -> Peer {
        Peer {
            provider: self.config.id.clone(),
            model: model.clone(),
            secrets: Arc::clone(&self.secrets),
        }
    }
}
