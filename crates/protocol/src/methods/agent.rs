//! `agent`, `agent.wait` and `agent.identity.get`. Source: gateway RPC methods, "Agent runs".

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// Runs an agent on a message. Answers when the run has ended, or at once with `wait: false`.
    "agent" => Agent(AgentParams) -> AgentReply, Write;
    /// Waits for the end of a run.
    "agent.wait" => AgentWait(AgentWaitParams) -> AgentWaitReply, Write;
    /// The name and the picture of an agent.
    "agent.identity.get" => AgentIdentityGet(AgentIdentityParams) -> AgentIdentityReply, Read;
}

/// Parameters of `agent`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentParams {
    /// What to say to the agent; not empty.
    pub message: String,
    /// Which agent; the default agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Which session; `main` and bare names belong to the agent. The main session when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The random id of an existing session, instead of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// A model instead of the agent's own, as `provider/model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// System text for this run only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_system_prompt: Option<String>,
    /// How hard to think, for this message: `off`, `minimal`, `low`, `medium`, `high` or `xhigh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Seconds the run may take; 0 or absent means the agent's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Images and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<super::chat::AttachmentInput>,
    /// Repeating a call with the same key finds the first call's run.
    pub idempotency_key: String,
    /// `false`: answer `accepted` as soon as the message is durable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<bool>,
}

/// Reply of `agent`: `accepted`, or the end of the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentReply {
    /// The run.
    pub run_id: String,
    /// `accepted`, `ok` or `error`.
    pub status: String,
    /// The session.
    pub session_key: String,
    /// Its agent; with `accepted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// `completed`, or why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When the message became durable, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<i64>,
    /// What the agent said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<AgentResult>,
}

/// What an agent said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentResult {
    /// The messages for the one who asked.
    pub payloads: Vec<Payload>,
    /// How it came about.
    pub meta: AgentMeta,
}

/// One message of an agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The text.
    pub text: String,
    /// An attached medium.
    pub media_url: Option<String>,
}

/// How an answer came about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentMeta {
    /// From acceptance to the end.
    pub duration_ms: u64,
    /// Who answered.
    pub agent_meta: AgentRunMeta,
    /// Whether it was stopped.
    #[serde(default)]
    pub aborted: bool,
    /// Why the model stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
}

/// Who answered, and what it used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentRunMeta {
    /// The session's random id.
    pub session_id: String,
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// What the run used.
    pub usage: RunUsage,
    /// What the run cost in US dollars; absent when a price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// The same in millionths of a dollar, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<i64>,
}

/// Tokens of a run; absent means not reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunUsage {
    /// Prompt tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<u64>,
    /// Answer tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// Prompt tokens read from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Prompt tokens written to the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// Prompt and answer together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Parameters of `agent.wait`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentWaitParams {
    /// The run.
    pub run_id: String,
    /// How long to wait; 30,000 when absent, 600,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// Reply of `agent.wait`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentWaitReply {
    /// The run.
    pub run_id: String,
    /// `ok`, `error`, or `timeout` when it has not ended or is not known.
    pub status: String,
    /// Why the model stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// When it began, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<i64>,
    /// The terminal state: `completed`, `awaitingClient`, `limited`, `failed`, `aborted`,
    /// `interrupted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When it ended, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Parameters of `agent.identity.get`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentIdentityParams {
    /// Which agent; that of the session, or the default agent, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// A session of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// Reply of `agent.identity.get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentIdentityReply {
    /// The agent.
    pub agent_id: String,
    /// Its name for people.
    pub name: String,
    /// `config` when the settings name it, else `default`.
    pub name_source: String,
    /// A letter or a sign.
    pub avatar: String,
}
