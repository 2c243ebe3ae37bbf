//! The section `models` of the settings.

mod api;
mod routing;
mod usd;

pub use api::Api;
pub use routing::{
    AgentRouting, RoutingMode, RoutingSettings, RuleConditions, RuleSettings, TaskKind,
    TierSettings,
};
pub use usd::UsdPerMillion;

use config::SecretInput;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Which models can be called, and how. Reloads live; calls in flight are not touched.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ModelsSettings {
    /// Whether `providers` is added to the providers found in the environment (`merge`, the
    /// default) or is all there is (`replace`).
    pub mode: Mode,
    /// Providers by name, e.g. `openai`. A known name needs no `baseUrl`.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// Short names for models, e.g. `fast: "openai/gpt-5-mini"`.
    pub aliases: BTreeMap<String, String>,
    /// How the model `auto` chooses.
    pub routing: RoutingSettings,
}

/// What happens to providers that are not listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// A known provider whose key is in the environment can be used without being listed.
    #[default]
    Merge,
    /// Only listed providers, and the built-in offline model, can be used.
    Replace,
}

/// One provider.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderSettings {
    /// Where it is, e.g. `https://api.example.com/v1`, without the path of a method. Required
    /// unless the provider's name is known; `azure` and `bedrock` need yours.
    pub base_url: Option<String>,
    /// Its key: a text, or a reference `{source, provider, id}`. Without one a known provider
    /// uses its usual environment variable.
    pub api_key: Option<SecretInput>,
    /// More keys. Calls are spread over all of them, and one that is refused or limited rests while
    /// the others go on.
    pub api_keys: Vec<SecretInput>,
    /// The wire format it speaks. Without it a known provider's own, else `openai-completions`.
    pub api: Option<Api>,
    /// Headers sent with every request.
    pub headers: BTreeMap<String, HeaderText>,
    /// Whether the key is sent as `Authorization: Bearer …`: `true` always, `false` not at all,
    /// for when a header above carries the key. Without it the key is sent as the wire format
    /// wants it, e.g. in `x-api-key`.
    pub auth_header: Option<bool>,
    /// What its models cost that have no `cost` of their own; unknown when absent, which is not
    /// free, except for the known servers on this machine.
    pub cost: Option<CostSettings>,
    /// Its models. A provider that is not known and lists none accepts every model name.
    pub models: Vec<ModelSettings>,
    /// How long to wait for it.
    pub timeouts: TimeoutSettings,
}

/// The value of a header; treated as a secret, since it often is one.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(extend("x-secret" = true))]
pub struct HeaderText(#[schemars(with = "String")] pub SecretString);

impl<'de> Deserialize<'de> for HeaderText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

/// One model of a provider.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelSettings {
    /// Its name at the provider.
    pub id: String,
    /// A name for people; the id when absent.
    pub name: Option<String>,
    /// Whether it reasons before it answers.
    pub reasoning: Option<bool>,
    /// What it reads: `text`, `image`, `document`, `audio`, `video`.
    pub input: Option<Vec<String>>,
    /// Context window in tokens.
    pub context_window: Option<u32>,
    /// Most output tokens of one answer.
    pub max_tokens: Option<u32>,
    /// What it costs; unknown when absent, which is not free.
    pub cost: Option<CostSettings>,
}

/// Prices in US dollars per million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CostSettings {
    /// Prompt tokens.
    pub input: UsdPerMillion,
    /// Answer tokens.
    pub output: UsdPerMillion,
    /// Prompt tokens read from the provider's cache; as `input` when absent.
    pub cache_read: Option<UsdPerMillion>,
    /// Prompt tokens written to the provider's cache; as `input` when absent.
    pub cache_write: Option<UsdPerMillion>,
}

/// How long to wait for a provider, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TimeoutSettings {
    /// For a connection (default 10000).
    pub connect_ms: Option<u64>,
    /// From the request to the first byte of the answer (default 120000).
    pub first_byte_ms: Option<u64>,
    /// Between two pieces of the answer (default 60000).
    pub idle_ms: Option<u64>,
}
