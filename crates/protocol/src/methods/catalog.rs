//! `models.*`, `tools.*`, `commands.list`. Source: gateway RPC methods, "Models, tools, commands, skills".

use super::NoParams;
use super::agents::ThinkingLevel;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

methods! {
    /// The models that can be chosen.
    "models.list" => ModelsList(ModelsListParams) -> ModelsListReply, Read;
    /// Where the credentials of providers come from; shows none.
    "models.authStatus" => ModelsAuthStatus(NoParams) -> ModelsAuthStatusReply, Read;
    /// The slash commands of the chat.
    "commands.list" => CommandsList(CommandsListParams) -> CommandsListReply, Read;
    /// Every tool there is.
    "tools.catalog" => ToolsCatalog(ToolsCatalogParams) -> ToolsCatalogReply, Read;
    /// The tools that an agent has under the settings.
    "tools.effective" => ToolsEffective(ToolsEffectiveParams) -> ToolsEffectiveReply, Read;
    /// Calls a tool without a model, under the same policy as an agent's call.
    "tools.invoke" => ToolsInvoke(ToolsInvokeParams) -> ToolsInvokeReply, Write;
}

/// Parameters of `models.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelsListParams {
    /// `default`, `configured` and `provider-config`: models of providers in the settings or with a
    /// key; `all`: every model of the catalog. The same as `configured` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// The agent whose model is marked as the default; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `models.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelsListReply {
    /// The models.
    pub models: Vec<ModelRow>,
}

/// A model of the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelRow {
    /// Its id at its provider.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// Context window in tokens, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u32>,
    /// Whether it reasons before it answers.
    pub reasoning: bool,
    /// What it reads: `text`, `image`, `document`, `audio`, `video`.
    pub input: Vec<String>,
    /// `default` for the agent's own model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How much it can be told to think.
    pub thinking_levels: Vec<ThinkingLevel>,
    /// The level unless a session says otherwise.
    pub thinking_default: String,
    /// Whether it can be called now.
    pub available: bool,
}

/// Reply of `models.authStatus`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelsAuthStatusReply {
    /// When this was found out, in Unix milliseconds.
    pub ts: i64,
    /// The providers.
    pub providers: Vec<ProviderAuth>,
    /// What kinds of credentials providers take.
    pub provider_capabilities: Vec<ProviderCapability>,
}

/// The credentials of a provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderAuth {
    /// Its id.
    pub provider: String,
    /// Whose credentials it uses; itself.
    pub auth_provider: String,
    /// Its name for people.
    pub display_name: String,
    /// `static`: a key that does not expire; `missing`: it needs one and has none.
    pub status: String,
    /// Logins; there are none.
    pub profiles: Vec<Value>,
    /// Where its key comes from, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<KeySource>,
}

/// Where a key comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySource {
    /// `config` or `env`.
    pub source: String,
}

/// What credentials a provider takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCapability {
    /// Its id.
    pub provider: String,
    /// Whether it takes a key.
    pub api_key_supported: bool,
    /// Whether a key is all it takes.
    pub quick_api_key_setup: bool,
}

/// Parameters of `commands.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandsListParams {
    /// `text`, `native` or `both`; every command is both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whether to describe the arguments too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_args: Option<bool>,
}

/// Reply of `commands.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommandsListReply {
    /// The commands.
    pub commands: Vec<CommandRow>,
}

/// A slash command.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandRow {
    /// Its name, without the slash.
    pub name: String,
    /// The same.
    pub native_name: String,
    /// How it is typed.
    pub text_aliases: Vec<String>,
    /// What it does.
    pub description: String,
    /// `session`, `options` or `status`.
    pub category: String,
    /// `native`: part of the gateway.
    pub source: String,
    /// `both`.
    pub scope: String,
    /// Whether something may follow it.
    pub accepts_args: bool,
    /// What may follow it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<CommandArg>,
}

/// An argument of a slash command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommandArg {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// `string`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Parameters of `tools.catalog`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsCatalogParams {
    /// The agent; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `tools.catalog`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsCatalogReply {
    /// The agent.
    pub agent_id: String,
    /// The sets that `tools.profile` chooses from.
    pub profiles: Vec<ToolProfile>,
    /// The tools in groups.
    pub groups: Vec<ToolGroup>,
}

/// A set of tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolProfile {
    /// Its name in the settings.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

/// Tools of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolGroup {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// `core`: part of the gateway.
    pub source: String,
    /// The tools.
    pub tools: Vec<ToolRow>,
}

/// A tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolRow {
    /// The name the model calls.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// What it does, in a line.
    pub description: String,
    /// The same as the model reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_description: Option<String>,
    /// `core`: part of the gateway.
    pub source: String,
    /// The sets it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_profiles: Option<Vec<String>>,
}

/// Parameters of `tools.effective`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsEffectiveParams {
    /// The session; its agent counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The agent, instead of the session's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `tools.effective`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsEffectiveReply {
    /// The agent.
    pub agent_id: String,
    /// The set of tools it starts from.
    pub profile: String,
    /// The tools in groups.
    pub groups: Vec<ToolGroup>,
}

/// Parameters of `tools.invoke`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsInvokeParams {
    /// The tool.
    pub name: String,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Map<String, Value>>,
    /// The session; the agent's main session when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The agent; the session's, else the default agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// `wait`: where a person has to approve the call, ask one and wait for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// The argument `action`, for a tool that takes one; others do not get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Whether to say only if the call would be let through, and not to make it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// The same call of the same caller with the same key is made once within five minutes; the
    /// others get the answer of the first. 1 to 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Reply of `tools.invoke`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolsInvokeReply {
    /// Whether the tool did what was asked.
    pub ok: bool,
    /// The tool.
    pub tool_name: String,
    /// What it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<ToolOutputShape>,
    /// `core`: part of the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// True when it was not called because nobody approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_approval: Option<bool>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ToolProblem>,
}

/// What a tool gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolOutputShape {
    /// Parts of `{type:"text", text}`.
    pub content: Vec<Value>,
    /// `{dryRun:true}` when the call was only judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// Why a tool did not do what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolProblem {
    /// `not_found`, `forbidden` or `tool_error`.
    pub code: String,
    /// What the tool or the policy said.
    pub message: String,
}
