//! `agents.*`. Source: gateway RPC methods, "Agents".

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// The agents there are.
    "agents.list" => AgentsList(NoParams) -> AgentsListReply, Read;
    /// Adds an agent to the settings and makes its workspace.
    "agents.create" => AgentsCreate(AgentsCreateParams) -> AgentsCreateReply, Admin;
    /// Changes an agent in the settings.
    "agents.update" => AgentsUpdate(AgentsUpdateParams) -> AgentsUpdateReply, Admin;
    /// Takes an agent out of the settings. Its workspace and sessions stay on disk.
    "agents.delete" => AgentsDelete(AgentsDeleteParams) -> AgentsDeleteReply, Admin;
    /// The files that shape an agent.
    "agents.files.list" => AgentsFilesList(AgentsFilesListParams) -> AgentsFilesListReply, Read;
    /// One of them with its text.
    "agents.files.get" => AgentsFilesGet(AgentsFilesGetParams) -> AgentsFilesGetReply, Read;
    /// Writes one of them.
    "agents.files.set" => AgentsFilesSet(AgentsFilesSetParams) -> AgentsFilesSetReply, Admin;
}

/// Reply of `agents.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsListReply {
    /// The agent that answers when none is named.
    pub default_id: String,
    /// The last part of the key of an agent's main session.
    pub main_key: String,
    /// How sessions are divided: `per-sender`.
    pub scope: String,
    /// Whether a person must choose an agent before the first message; never.
    pub selection_required: bool,
    /// The agents, by id.
    pub agents: Vec<AgentRow>,
}

/// An agent of the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentRow {
    /// Its id.
    pub id: String,
    /// Its name for people, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it shows itself, where the settings say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<AgentLook>,
    /// Its workspace folder.
    pub workspace: String,
    /// Whether the workspace is under version control.
    pub workspace_git: bool,
    /// What runs it.
    pub agent_runtime: AgentRuntime,
    /// How much its model can be told to think.
    pub thinking_levels: Vec<ThinkingLevel>,
    /// The same, as ids.
    pub thinking_options: Vec<String>,
    /// The level unless a session says otherwise.
    pub thinking_default: String,
    /// Its models.
    pub model: AgentModel,
}

/// How an agent shows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentLook {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its theme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Its emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// Its picture: a path in the workspace or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// What runs an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentRuntime {
    /// `auto`: this gateway.
    pub id: String,
    /// Whether it can run elsewhere; never.
    pub cloud_placement_supported: bool,
    /// Whether it can run on a device; never.
    pub device_placement_supported: bool,
    /// Where that was said: `implicit`.
    pub source: String,
}

impl AgentRuntime {
    /// This gateway.
    pub fn here() -> Self {
        Self {
            id: "auto".to_owned(),
            cloud_placement_supported: false,
            device_placement_supported: false,
            source: "implicit".to_owned(),
        }
    }
}

/// A level of thinking.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThinkingLevel {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

/// The models of an agent, as `provider/model`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentModel {
    /// Tried first.
    pub primary: String,
    /// Tried in order after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
}

/// Parameters of `agents.create`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsCreateParams {
    /// Its name; the id is made of it.
    pub name: String,
    /// Its workspace folder; beside the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Its model, as `provider/model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// Reply of `agents.create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsCreateReply {
    /// Always true.
    pub ok: bool,
    /// The new agent.
    pub agent_id: String,
    /// Its name.
    pub name: String,
    /// Its workspace folder.
    pub workspace: String,
}

/// Parameters of `agents.update`. What is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsUpdateParams {
    /// The agent.
    pub agent_id: String,
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another workspace folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Another model; null for the default one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::said"
    )]
    pub model: Option<Option<String>>,
    /// Another emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// Another picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// Reply of `agents.update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsUpdateReply {
    /// Always true.
    pub ok: bool,
    /// The agent.
    pub agent_id: String,
}

/// Parameters of `agents.delete`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsDeleteParams {
    /// The agent.
    pub agent_id: String,
    /// Whether its files should go too. They never do: the reply names them under `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_files: Option<bool>,
}

/// Reply of `agents.delete`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsDeleteReply {
    /// Always true.
    pub ok: bool,
    /// The agent.
    pub agent_id: String,
    /// Rules of channels that named it; there are none.
    pub removed_bindings: u64,
    /// Files that were removed; none ever are.
    pub removed: Vec<serde_json::Value>,
    /// Files that stay although they were asked to go.
    pub failed: Vec<KeptFile>,
}

/// A file that was not removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptFile {
    /// The file or folder.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Parameters of `agents.files.list`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsFilesListParams {
    /// The agent.
    pub agent_id: String,
}

/// Reply of `agents.files.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsFilesListReply {
    /// The agent.
    pub agent_id: String,
    /// Its workspace folder.
    pub workspace: String,
    /// The files that have a meaning, those that are missing included.
    pub files: Vec<AgentFile>,
}

/// A file that shapes an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentFile {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Whether it is not there.
    pub missing: bool,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it last changed, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at_ms: Option<i64>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Parameters of `agents.files.get`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsFilesGetParams {
    /// The agent.
    pub agent_id: String,
    /// The file, e.g. `AGENTS.md`.
    pub name: String,
}

/// Reply of `agents.files.get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsFilesGetReply {
    /// The agent.
    pub agent_id: String,
    /// Its workspace folder.
    pub workspace: String,
    /// The file with its text.
    pub file: AgentFile,
}

/// Parameters of `agents.files.set`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsFilesSetParams {
    /// The agent.
    pub agent_id: String,
    /// The file, e.g. `AGENTS.md`.
    pub name: String,
    /// The text, at most 2 MiB.
    pub content: String,
}

/// Reply of `agents.files.set`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentsFilesSetReply {
    /// Always true.
    pub ok: bool,
    /// The agent.
    pub agent_id: String,
    /// Its workspace folder.
    pub workspace: String,
    /// The file with its text.
    pub file: AgentFile,
}
