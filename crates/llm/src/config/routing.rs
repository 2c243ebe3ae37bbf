//! What the settings say about routing.

use schemars::JsonSchema;
use serde::Deserialize;

/// `agents.defaults.routing`, and `routing` of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentRouting {
    /// Whether the policy of `models.routing` chooses (`on`), only records what it would have
    /// chosen (`shadow`), or is not asked (`off`). Without it, `auto` as the model turns it on.
    pub mode: Option<RoutingMode>,
    /// The lowest tier to be chosen.
    pub floor: Option<String>,
}

/// What the routing policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoutingMode {
    /// It chooses.
    On,
    /// It records what it would have chosen and saved; the agent's own models answer.
    Shadow,
    /// It is not asked.
    Off,
}

/// How the model `auto` chooses: the first rule that fits a request names a tier, and the first
/// model of the tier that can serve the request answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RoutingSettings {
    /// What the policy does for agents that say nothing about it. Without it, only `auto` as the
    /// model asks the policy.
    pub mode: Option<RoutingMode>,
    /// The lowest tier to be chosen for agents that name none.
    pub floor: Option<String>,
    /// Tiers, cheapest first. Without any they are made from the models that can be called, by
    /// price: `cheap`, `standard` and `strong`.
    pub tiers: Vec<TierSettings>,
    /// Rules in order. Without any the built-in ones are used; a request that no rule fits goes to
    /// the middle tier.
    pub rules: Vec<RuleSettings>,
}

/// Models of about the same strength and price.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TierSettings {
    /// Its name, e.g. `cheap`; `auto/cheap` asks for it.
    pub name: String,
    /// Its models, best first, as anywhere else a model is named.
    pub models: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleSettings {
    /// What must be so, all of it; a rule without conditions always fits.
    #[serde(default)]
    pub when: RuleConditions,
    /// The tier for such requests.
    pub tier: String,
}

/// What a rule asks of a request. All of it is found out here, without a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleConditions {
    /// The prompt has at least this many tokens, by estimate.
    pub min_prompt_tokens: Option<u64>,
    /// The prompt has at most this many tokens, by estimate.
    pub max_prompt_tokens: Option<u64>,
    /// The last message of the user has at least this many characters.
    pub min_message_chars: Option<u64>,
    /// The last message of the user has at most this many characters.
    pub max_message_chars: Option<u64>,
    /// The user has spoken at least this many times.
    pub min_turns: Option<u64>,
    /// The user has spoken at most this many times.
    pub max_turns: Option<u64>,
    /// Whether there is code in the last message of the user.
    pub code: Option<bool>,
    /// Whether there is a stack trace or the like in it.
    pub trace: Option<bool>,
    /// Whether tools are on offer.
    pub tools_offered: Option<bool>,
    /// Whether tools were used lately.
    pub tools_used: Option<bool>,
    /// Whether the last message of the user has an image.
    pub images: Option<bool>,
    /// Whether it has a document, sound or video.
    pub files: Option<bool>,
    /// Whether the tool call before failed.
    pub failed: Option<bool>,
    /// The message is of one of these kinds.
    pub kinds: Vec<TaskKind>,
    /// The message holds one of these words, in any case.
    pub words: Vec<String>,
}

/// What the user wants, by the words used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TaskKind {
    /// A greeting, thanks, a word or two.
    Chat,
    /// Translate, summarise, extract, correct: the answer is in the text.
    Transform,
    /// Prove, calculate, plan, compare, find the cause.
    Reasoning,
    /// Anything else.
    Other,
}
