//! A turn: one input to a session and everything needed to answer it after a restart.

use crate::{AgentId, Message, SessionKey, ToolChoice, ToolSpec, UnixMillis};
use serde::{Deserialize, Serialize};

/// Where a turn came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// An OpenAI-style HTTP request.
    OpenAi,
    /// An RPC call.
    Rpc,
    /// The command line.
    Cli,
    /// Something newer than this program.
    #[serde(untagged)]
    Other(String),
}

/// What happens to a run when the one who asked goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnDisconnect {
    /// The run is cancelled; after a restart it is closed as interrupted.
    Cancel,
    /// The run goes on; after a restart it is taken up again.
    Continue,
}

/// Sampling and output parameters; `None` leaves the provider's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sampling {
    /// Most output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// -2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// -2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// For repeatable sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// At most four stop texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// OpenAI's `response_format`, passed to providers that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<serde_json::Value>,
    /// OpenAI's `reasoning_effort`, passed to providers that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// Whether one answer may ask for several tool calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
}

/// One input to a session. Stored whole, so that a restart can answer it without its sender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Which agent answers.
    pub agent: AgentId,
    /// In which conversation.
    pub session: SessionKey,
    /// Where it came from.
    pub origin: Origin,
    /// When it was accepted; filled in then. The model is told, and always the same, so that a
    /// conversation rendered again is the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMillis>,
    /// The name of the key or user on whose account it goes; `None` for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_key: Option<String>,
    /// What is said now: one user message, or the results of client tools.
    pub input: Vec<Message>,
    /// What the client says was said before. Used only while the session has no history of its
    /// own: the log is the truth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<Message>,
    /// System text of the client, for this turn only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<String>,
    /// Tools the client will run itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_tools: Vec<ToolSpec>,
    /// Whether tools must be called.
    #[serde(default)]
    pub tool_choice: ToolChoice,
    /// Sampling and output parameters.
    #[serde(default)]
    pub sampling: Sampling,
    /// A model to use instead of the agent's, as `provider/model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What happens when the client goes away.
    pub on_disconnect: OnDisconnect,
    /// Wall-clock limit of this turn in milliseconds, when shorter than the agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}
