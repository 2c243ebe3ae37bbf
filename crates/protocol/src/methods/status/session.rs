//! A session as `status` shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A session of the status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionStatus {
    /// Its agent.
    pub agent_id: String,
    /// Its address.
    pub key: String,
    /// `direct`, `group`, `global` or `unknown`.
    pub kind: String,
    /// Its random id.
    pub session_id: String,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: i64,
    /// How long ago, in milliseconds.
    pub age: i64,
    /// How hard it thinks, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// How much it shows of its work, when that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbose_level: Option<String>,
    /// Whether anything was ever said in it.
    pub system_sent: bool,
    /// Whether its last run was stopped.
    pub aborted_last_run: bool,
    /// Prompt tokens, when reported.
    pub input_tokens: Option<u64>,
    /// Answer tokens, when reported.
    pub output_tokens: Option<u64>,
    /// Prompt tokens read from the provider's cache, when reported.
    pub cache_read: Option<u64>,
    /// Prompt tokens written to the provider's cache, when reported.
    pub cache_write: Option<u64>,
    /// How much of the context window is used: the prompt of the last answer, when reported.
    pub total_tokens: Option<u64>,
    /// Whether that was reported.
    pub total_tokens_fresh: bool,
    /// What is left of the window; null when either is not known.
    pub remaining_tokens: Option<u64>,
    /// The used part of the window in percent; null when either is not known.
    pub percent_used: Option<u64>,
    /// Its model, without the provider; null when it has none.
    pub model: Option<String>,
    /// The model of its agent, as `provider/model`.
    pub configured_model: Option<String>,
    /// Its model, as `provider/model`.
    pub selected_model: Option<String>,
    /// Why that is another one; null when it is not.
    pub model_selection_reason: Option<String>,
    /// What runs it, for people.
    pub runtime: String,
    /// The context window of its model; null when not known.
    pub context_tokens: Option<u64>,
    /// What is special about it, in short words.
    pub flags: Vec<String>,
}
