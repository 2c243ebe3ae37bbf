//! What nodes themselves call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of `node.invoke.result`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeResultParams {
    /// The id of the `node.invoke.request`.
    #[schemars(length(min = 1))]
    pub id: String,
    /// The node that answers.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// Whether it worked.
    pub ok: bool,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The same as JSON text; counts when both are there.
    #[serde(
        rename = "payloadJSON",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub payload_json: Option<String>,
    /// Why it did not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<NodeInvokeFailure>,
}

/// Why a command did not work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeInvokeFailure {
    /// A name for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Reply of `node.invoke.result` and `node.invoke.progress`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeInvokeResultReply {
    /// Always true.
    pub ok: bool,
    /// Set when nobody waits for it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<bool>,
}

/// Parameters of `node.invoke.progress`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeProgressParams {
    /// The id of the `node.invoke.request`.
    #[schemars(length(min = 1))]
    pub invoke_id: String,
    /// The node that reports.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// Counts the parts from 0.
    pub seq: u64,
    /// The part.
    #[schemars(length(max = 16_384))]
    pub chunk: String,
}

/// Payload of `node.invoke.request`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeRequest {
    /// Names the invocation; its result carries it.
    pub id: String,
    /// The node that is asked.
    pub node_id: String,
    /// The command.
    pub command: String,
    /// What it takes, as JSON text.
    #[serde(
        rename = "paramsJSON",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub params_json: Option<String>,
    /// How long somebody waits for the result, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Payload of `node.invoke.cancel`: nobody waits for the result any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeCancel {
    /// The id of the `node.invoke.request`.
    pub invoke_id: String,
    /// The node.
    pub node_id: String,
}

/// Parameters of `node.event`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeEventParams {
    /// What happened, e.g. `node.host.stats`.
    #[schemars(length(min = 1))]
    pub event: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The same as JSON text; counts when both are there.
    #[serde(
        rename = "payloadJSON",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub payload_json: Option<String>,
}

/// Reply of `node.event`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeEventReply {
    /// Always true.
    pub ok: bool,
    /// What happened.
    pub event: String,
    /// Whether the gateway did something with it.
    pub handled: bool,
    /// What it did, or why not.
    pub reason: String,
}

/// Parameters of `node.skills.update`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodeSkillsUpdateParams {
    /// All of them.
    pub skills: Vec<Value>,
}

/// Reply of `node.skills.update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSkillsUpdateReply {
    /// The node.
    pub node_id: String,
    /// What is kept.
    pub skills: Vec<Value>,
}

/// Parameters of `node.pluginTools.update`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodePluginToolsUpdateParams {
    /// All of them.
    pub tools: Vec<Value>,
}

/// Reply of `node.pluginTools.update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePluginToolsUpdateReply {
    /// The node.
    pub node_id: String,
    /// What is kept.
    pub tools: Vec<Value>,
}

/// Parameters of `node.runnerInventory.update`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRunnerInventoryUpdateParams {
    /// What its supervisor understands.
    #[serde(default)]
    pub protocol_features: Vec<String>,
    /// Whether it hosts workers.
    #[serde(default)]
    pub worker_host: NodeWorkerHost,
}

/// Whether a node hosts workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeWorkerHost {
    /// It does.
    #[serde(default)]
    pub enabled: bool,
}

/// Reply of `node.pending.pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingPullReply {
    /// The node.
    pub node_id: String,
    /// The oldest first.
    pub actions: Vec<NodeKeptCommand>,
}

/// A command that waits until its node is in the foreground.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeKeptCommand {
    /// Names it.
    pub id: String,
    /// The command.
    pub command: String,
    /// What it takes, as JSON text.
    #[serde(
        rename = "paramsJSON",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub params_json: Option<String>,
    /// Since when it waits, in Unix milliseconds.
    pub enqueued_at_ms: i64,
}

/// Parameters of `node.pending.ack`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodePendingAckParams {
    /// Those that were done.
    #[schemars(length(min = 1))]
    pub ids: Vec<String>,
}

/// Reply of `node.pending.ack`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingAckReply {
    /// The node.
    pub node_id: String,
    /// Those that were there.
    pub acked_ids: Vec<String>,
    /// How many still wait.
    pub remaining_count: usize,
}

/// Parameters of `node.pending.enqueue`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingEnqueueParams {
    /// The node.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// `status.request` or `location.request`.
    #[serde(rename = "type")]
    pub kind: NodeWorkKind,
    /// `normal` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<NodeWorkPriority>,
    /// How long it is kept, in milliseconds; ten minutes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1_000, max = 86_400_000))]
    pub expires_in_ms: Option<i64>,
    /// Whether to wake the node; nothing here can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<bool>,
}

/// What can be left for a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum NodeWorkKind {
    /// It should report how it is.
    #[default]
    #[serde(rename = "status.request")]
    Status,
    /// It should report where it is.
    #[serde(rename = "location.request")]
    Location,
}

/// How much it hurries.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum NodeWorkPriority {
    /// As usual.
    #[default]
    Normal,
    /// Before the others.
    High,
}

/// Something left for a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeWork {
    /// Names it.
    pub id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: NodeWorkKind,
    /// How much it hurries.
    pub priority: NodeWorkPriority,
    /// Since when it waits, in Unix milliseconds.
    pub created_at_ms: i64,
    /// When it is dropped, in Unix milliseconds.
    pub expires_at_ms: i64,
}

/// Reply of `node.pending.enqueue`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingEnqueueReply {
    /// The node.
    pub node_id: String,
    /// How often what waits for it has changed.
    pub revision: u64,
    /// What was left.
    pub queued: NodeWork,
    /// Whether the node was woken; nothing here can.
    pub wake_triggered: bool,
}

/// Parameters of `node.pending.drain`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingDrainParams {
    /// At most so many; four when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub max_items: Option<usize>,
}

/// Reply of `node.pending.drain`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePendingDrainReply {
    /// The node.
    pub node_id: String,
    /// How often what waits for it has changed.
    pub revision: u64,
    /// What hurries comes first.
    pub items: Vec<NodeWork>,
    /// Whether more waits.
    pub has_more: bool,
}

/// Parameters of `node.pluginSurface.refresh`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodePluginSurfaceRefreshParams {
    /// Which surface.
    #[serde(default)]
    pub surface: String,
}

/// Reply of `skills.bins`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkillsBinsReply {
    /// Names of programs.
    pub bins: Vec<String>,
}
