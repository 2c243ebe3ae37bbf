//! Skills, hooks, plugins, tasks. Source: gateway RPC methods, "Models, tools, commands, skills".

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// The skills of an agent.
    "skills.status" => SkillsStatus(SkillsStatusParams) -> SkillsStatusReply, Read;
    /// Installs a skill.
    "skills.install" => SkillsInstall(NoParams) -> Value, Admin;
    /// Changes the settings of a skill.
    "skills.update" => SkillsUpdate(NoParams) -> Value, Admin;
    /// The hooks there are.
    "hooks.status" => HooksStatus(SkillsStatusParams) -> HooksStatusReply, Read;
    /// The plugins there are.
    "plugins.list" => PluginsList(NoParams) -> PluginsListReply, Read;
    /// What plugins add to the Control UI.
    "plugins.controlUi.list" => PluginsControlUiList(NoParams) -> PluginsControlUiListReply, Read;
    /// Work that goes on in the background.
    "tasks.list" => TasksList(NoParams) -> TasksListReply, Read;
    /// Work that agents propose.
    "taskSuggestions.list" => TaskSuggestionsList(NoParams) -> TaskSuggestionsListReply, Read;
}

/// Parameters of `skills.status` and `hooks.status`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkillsStatusParams {
    /// The agent; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Reply of `skills.status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkillsStatusReply {
    /// The agent's workspace folder.
    pub workspace_dir: String,
    /// Where skills of all agents lie.
    pub managed_skills_dir: String,
    /// The agent.
    pub agent_id: String,
    /// The skills; there are none.
    pub skills: Vec<Value>,
}

/// Reply of `hooks.status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HooksStatusReply {
    /// The agent's workspace folder.
    pub workspace_dir: String,
    /// Where hooks of all agents lie.
    pub managed_hooks_dir: String,
    /// The hooks; there are none.
    pub hooks: Vec<Value>,
}

/// Reply of `plugins.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PluginsListReply {
    /// The plugins; there are none.
    pub plugins: Vec<Value>,
    /// What is wrong with them.
    pub diagnostics: Vec<Value>,
    /// Whether plugins can be added; they cannot.
    pub mutation_allowed: bool,
}

/// Reply of `plugins.controlUi.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginsControlUiListReply {
    /// Names this version of the list.
    pub revision: String,
    /// The plugins; there are none.
    pub plugins: Vec<Value>,
    /// What is wrong with them.
    pub diagnostics: Vec<Value>,
}

/// Reply of `tasks.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TasksListReply {
    /// The tasks; there are none.
    pub tasks: Vec<Value>,
}

/// Reply of `taskSuggestions.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskSuggestionsListReply {
    /// The proposals; there are none.
    pub suggestions: Vec<Value>,
}
