//! The `agents` section of the settings.

use domain::{MicroUsd, Usd};
use llm::config::AgentRouting;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `agents`: who answers, with which model, from which workspace.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentsSettings {
    /// What holds for every agent that does not say otherwise.
    pub defaults: AgentDefaults,
    /// The agents, as a list; the first with `default: true`, else the first, is the default agent.
    /// Without any, there is one agent called `main`.
    pub list: Vec<ListedAgent>,
    /// The agents, as a map by id; the other way to write `list`.
    pub entries: BTreeMap<String, AgentEntry>,
}

/// `agents.defaults`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentDefaults {
    /// Folder with the agent's files; `~/` means the home directory. Default: `workspace` in the
    /// state directory. Agents other than the default one get `workspace-<id>` beside it.
    pub workspace: Option<String>,
    /// The model, as `provider/model`, with fallbacks that are tried in order when it fails before
    /// anything was shown. `auto` lets the routing policy choose, `auto/<tier>` within a tier.
    pub model: Option<ModelChoice>,
    /// Seconds a run may take before it is ended. 600 by default.
    #[schemars(range(min = 1, max = 86400))]
    pub timeout_seconds: u64,
    /// How many runs may be under way at once in the whole gateway. 64 by default.
    #[schemars(range(min = 1, max = 4096))]
    pub max_concurrent: usize,
    /// Whether to leave the workspace's bootstrap files out of the prompt.
    pub skip_bootstrap: bool,
    /// Most characters of one bootstrap file in the prompt; the rest is cut with a note.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub bootstrap_max_chars: usize,
    /// What ends a run that does not end by itself.
    pub limits: LimitSettings,
    /// Whether the routing policy chooses the model.
    pub routing: AgentRouting,
}

impl Default for AgentDefaults {
    fn default() -> Self {
        Self {
            workspace: None,
            model: None,
            timeout_seconds: 600,
            max_concurrent: 64,
            skip_bootstrap: false,
            bootstrap_max_chars: 20_000,
            limits: LimitSettings::default(),
            routing: AgentRouting::default(),
        }
    }
}

/// `agents.defaults.limits`, and `limits` of one agent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitSettings {
    /// Most model calls of one run. 50 by default.
    #[schemars(range(min = 1, max = 10_000))]
    pub max_steps: u32,
    /// Most tokens of one run, prompt and answer of every step added up. 2,000,000 by default.
    #[schemars(range(min = 1))]
    pub max_tokens: u64,
    /// Most money of one run in US dollars, as far as prices are known. 2.00 by default.
    pub max_cost_usd: Usd,
    /// How often the same tool may be called with the same arguments in one run. 5 by default.
    #[schemars(range(min = 1, max = 1000))]
    pub max_identical_calls: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            max_steps: 50,
            max_tokens: 2_000_000,
            max_cost_usd: Usd(MicroUsd(2_000_000)),
            max_identical_calls: 5,
        }
    }
}

/// An agent in `agents.list`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedAgent {
    /// Its id: letters, digits, `_`, `-`, `.`, `@`, `+`; at most 64.
    pub id: String,
    /// Whether it answers when no agent is named.
    #[serde(default)]
    pub default: bool,
    /// Its name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// How it shows itself.
    #[serde(default)]
    pub identity: Option<IdentitySettings>,
    /// Its workspace folder.
    #[serde(default)]
    pub workspace: Option<String>,
    /// Its model.
    #[serde(default)]
    pub model: Option<ModelChoice>,
    /// Its run limits; replaces the defaults as a whole.
    #[serde(default)]
    pub limits: Option<LimitSettings>,
    /// Whether the routing policy chooses its model; replaces the defaults as a whole.
    #[serde(default)]
    pub routing: Option<AgentRouting>,
    /// What narrows the gateway's tools for it.
    #[serde(default)]
    pub tools: tools::AgentToolsSettings,
}

/// An agent in `agents.entries`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentEntry {
    /// Whether it answers when no agent is named.
    pub default: bool,
    /// Its name for people.
    pub name: Option<String>,
    /// How it shows itself.
    pub identity: Option<IdentitySettings>,
    /// Its workspace folder.
    pub workspace: Option<String>,
    /// Its model.
    pub model: Option<ModelChoice>,
    /// Its run limits; replaces the defaults as a whole.
    pub limits: Option<LimitSettings>,
    /// Whether the routing policy chooses its model; replaces the defaults as a whole.
    pub routing: Option<AgentRouting>,
    /// What narrows the gateway's tools for it.
    pub tools: tools::AgentToolsSettings,
}

/// `identity` of one agent: how it shows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentitySettings {
    /// The name it goes by.
    pub name: Option<String>,
    /// Its theme, in a few words.
    pub theme: Option<String>,
    /// Its emoji.
    pub emoji: Option<String>,
    /// Its picture: a path in the workspace or an address.
    pub avatar: Option<String>,
}

/// A model, or a model with fallbacks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ModelChoice {
    /// `"provider/model"`
    One(String),
    /// `{ primary, fallbacks }`
    Ranked {
        /// Tried first.
        primary: String,
        /// Tried in order after it.
        #[serde(default)]
        fallbacks: Vec<String>,
    },
}

impl ModelChoice {
    /// All names, the first choice first.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name.clone()],
            Self::Ranked { primary, fallbacks } => {
                std::iter::once(primary).chain(fallbacks).cloned().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_a_name_or_a_ranking() {
        let one: ModelChoice = serde_json::from_str(r#""openai/gpt-5.4""#).unwrap();
        assert_eq!(one.names(), ["openai/gpt-5.4"]);
        let ranked: ModelChoice =
            serde_json::from_str(r#"{"primary":"a/b","fallbacks":["c/d"]}"#).unwrap();
        assert_eq!(ranked.names(), ["a/b", "c/d"]);
    }
}
