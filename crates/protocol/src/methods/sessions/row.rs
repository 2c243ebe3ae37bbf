//! A session as lists and events show it.

use crate::methods::agents::AgentRuntime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One session of a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape of the protocol")]
pub struct SessionEntry {
    /// Its address.
    pub key: String,
    /// `direct`.
    pub kind: String,
    /// `direct`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_type: Option<String>,
    /// Where it belongs: `main`, the first part of its name, or `custom`.
    pub classification: String,
    /// Its agent.
    pub agent_id: String,
    /// Whether it is its agent's main session.
    pub is_main: bool,
    /// Whether it works without somebody talking in it.
    pub is_background: bool,
    /// Its random id; empty for a session that does not exist.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session_id: String,
    /// When it last changed, in Unix milliseconds; null for a session that does not exist.
    pub updated_at: Option<i64>,
    /// When it was opened, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    /// When somebody last said something in it, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_interaction_at: Option<i64>,
    /// How it came to be: `run` or `operator`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_via: Option<String>,
    /// Its name, given by somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The beginning of its first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_title: Option<String>,
    /// The beginning of its last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_preview: Option<String>,
    /// A word to sort it under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// A sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// A colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether it is put away.
    pub archived: bool,
    /// Whether it is kept at the top.
    pub pinned: bool,
    /// Whether there is something new in it.
    pub unread: bool,
    /// Whether anything was ever said in it.
    pub system_sent: bool,
    /// Whether its last run was stopped.
    pub aborted_last_run: bool,
    /// How hard it thinks, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// What can be set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thinking_levels: Vec<LevelOption>,
    /// The same by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thinking_options: Vec<String>,
    /// How hard it thinks when nothing is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_default: Option<String>,
    /// How much it shows of its work, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbose_level: Option<String>,
    /// Whether thoughts are shown, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_level: Option<String>,
    /// How much more its tools may do, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elevated_level: Option<String>,
    /// How much is told of usage, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_usage: Option<String>,
    /// How much is told of usage.
    pub effective_response_usage: String,
    /// Whether it may send by itself, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_policy: Option<String>,
    /// What happens to a message while a run goes on.
    pub effective_queue_mode: String,
    /// Whether it is asked to be quick.
    pub effective_fast_mode: bool,
    /// Where that is set.
    pub effective_fast_mode_source: String,
    /// Who serves its model.
    pub model_provider: String,
    /// Its model.
    pub model: String,
    /// `user` when the model is set for this session; null otherwise.
    pub model_override_source: Option<String>,
    /// What runs it.
    pub agent_runtime: AgentRuntime,
    /// Whether that cannot be changed; there is only one, so nothing is locked.
    pub runtime_selection_locked: bool,
    /// The context window of its model in tokens; 0 when unknown.
    pub context_tokens: u64,
    /// How many turns it has.
    pub turns: u64,
    /// Prompt tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Answer tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// How much of the context window is used: the prompt of the last answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// Whether that was reported.
    pub total_tokens_fresh: bool,
    /// Known cost in US dollars, with six decimals.
    pub cost_usd: String,
    /// The same as a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_cost_usd: Option<f64>,
    /// Whether a run waits or goes on.
    pub has_active_run: bool,
    /// Which.
    pub active_run_ids: Vec<String>,
    /// `running`, or how the last run ended: `done`, `failed`, `killed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When the last run began, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<i64>,
    /// When it ended, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_ms: Option<i64>,
    /// The last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_id: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_error: Option<String>,
    /// The session it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_session_key: Option<String>,
    /// The session that made it for a part of its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawned_by: Option<String>,
    /// When this row was made, in Unix milliseconds.
    pub snapshot_at: i64,
}

/// A level that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LevelOption {
    /// Its name.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

/// What a new session starts with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelDefaults {
    /// Who serves its model.
    pub model_provider: String,
    /// Its model.
    pub model: String,
    /// What runs it.
    pub agent_runtime: AgentRuntime,
    /// For what a model is chosen: `session`.
    pub model_selection_target: String,
    /// The context window of its model in tokens; 0 when unknown.
    pub context_tokens: u64,
    /// What can be set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thinking_levels: Vec<LevelOption>,
    /// The same by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thinking_options: Vec<String>,
    /// How hard it thinks when nothing is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_default: Option<String>,
}
