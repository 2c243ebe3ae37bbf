//! Nodes: machines that run commands for agents. Source: gateway RPC methods, "Nodes".

mod hosts;
mod pairing;
mod system;

pub use hosts::*;
pub use pairing::*;
pub use system::*;

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// Every node that is known or connected.
    "node.list" => NodeList(NodeListParams) -> NodeListReply, Read;
    /// One node.
    "node.describe" => NodeDescribe(NodeIdParams) -> NodeDescribeReply, Read;
    /// Runs a command on a node and answers with its result.
    "node.invoke" => NodeInvoke(NodeInvokeParams) -> NodeInvokeReply, Write;
    /// Node surfaces that wait for a decision, and those that were approved.
    "node.pair.list" => NodePairList(NodeListParams) -> NodePairListReply, Pairing;
    /// Lets a node offer the commands it asked for.
    "node.pair.approve" => NodePairApprove(NodeRequestParams) -> NodePairApproveReply, Pairing;
    /// Refuses a node's commands.
    "node.pair.reject" => NodePairReject(NodeRequestParams) -> NodePairRejectReply, Pairing;
    /// Forgets a node; it has to ask again.
    "node.pair.remove" => NodePairRemove(NodeIdParams) -> NodePairRemoveReply, Pairing;
    /// Asks for a node to be paired, in the words of protocol version 3.
    "node.pair.request" => NodePairRequest(NodePairRequestParams) -> NodePairRequestReply, Pairing;
    /// Whether a token belongs to a paired node, in the words of protocol version 3.
    "node.pair.verify" => NodePairVerify(NodePairVerifyParams) -> NodePairVerifyReply, Pairing;
    /// Gives a node another name.
    "node.rename" => NodeRename(NodeRenameParams) -> NodeRenameReply, Pairing;
    /// Leaves something for a node to fetch.
    "node.pending.enqueue" => NodePendingEnqueue(NodePendingEnqueueParams) -> NodePendingEnqueueReply, Write;
    /// The result of a command.
    "node.invoke.result" => NodeInvokeResult(NodeInvokeResultParams) -> NodeInvokeResultReply, Node;
    /// A part of the output of a command that still runs.
    "node.invoke.progress" => NodeInvokeProgress(NodeInvokeProgressParams) -> NodeInvokeResultReply, Node;
    /// Something that happened on a node.
    "node.event" => NodeEvent(NodeEventParams) -> NodeEventReply, Node;
    /// The skills a node has.
    "node.skills.update" => NodeSkillsUpdate(NodeSkillsUpdateParams) -> NodeSkillsUpdateReply, Node;
    /// The tools of a node's plugins.
    "node.pluginTools.update" => NodePluginToolsUpdate(NodePluginToolsUpdateParams) -> NodePluginToolsUpdateReply, Node;
    /// What a node can host.
    "node.runnerInventory.update" => NodeRunnerInventoryUpdate(NodeRunnerInventoryUpdateParams) -> NodeIdReply, Node;
    /// Commands that were kept while a node was in the background.
    "node.pending.pull" => NodePendingPull(NodeListParams) -> NodePendingPullReply, Node;
    /// Commands of the list that were done.
    "node.pending.ack" => NodePendingAck(NodePendingAckParams) -> NodePendingAckReply, Node;
    /// What was left for a node to fetch.
    "node.pending.drain" => NodePendingDrain(NodePendingDrainParams) -> NodePendingDrainReply, Node;
    /// A fresh address of a surface plugins serve to nodes.
    "node.pluginSurface.refresh" => NodePluginSurfaceRefresh(NodePluginSurfaceRefreshParams) -> Value, Node;
    /// Programs that skills of the gateway may start on a node.
    "skills.bins" => SkillsBins(NodeListParams) -> SkillsBinsReply, Node;
}

/// No parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodeListParams {}

/// Which node.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeIdParams {
    /// Its id, the id of its device key.
    #[schemars(length(min = 1))]
    pub node_id: String,
}

/// Which node it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeIdReply {
    /// Its id.
    pub node_id: String,
}

/// What a machine says of its load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeHostStats {
    /// Processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_count: Option<u64>,
    /// Over one, five and fifteen minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_average: Option<Vec<f64>>,
    /// Memory in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_total_bytes: Option<u64>,
    /// Memory that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_free_bytes: Option<u64>,
    /// Disk in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_total_bytes: Option<u64>,
    /// Disk that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_available_bytes: Option<u64>,
    /// When the gateway heard it, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at_ms: Option<i64>,
}

/// A node as lists show it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeEntry {
    /// Its id, the id of its device key.
    pub node_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its system, e.g. `linux`.
    pub platform: String,
    /// The version of its program.
    pub version: String,
    /// Which program it is.
    pub client_id: String,
    /// `node`.
    pub client_mode: String,
    /// E.g. `Linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// E.g. `iPhone17,1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<String>,
    /// Where it connects from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// What it can do, once that was approved.
    pub caps: Vec<String>,
    /// The commands it takes, once they were approved.
    pub commands: Vec<String>,
    /// Whether it can host sessions.
    pub session_host: bool,
    /// Permissions its system gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Value>,
    /// Where it looks for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_env: Option<String>,
    /// Its load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_stats: Option<NodeHostStats>,
    /// `approved`, `pending-approval`, `pending-reapproval` or `unapproved`.
    pub approval_state: String,
    /// The request that waits for a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_request_id: Option<String>,
    /// Since when it is connected, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at_ms: Option<i64>,
    /// When it connected last, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connected_at_ms: Option<i64>,
    /// When it was heard of last, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_ms: Option<i64>,
    /// `connect` or `disconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_reason: Option<String>,
    /// When its commands were approved, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at_ms: Option<i64>,
    /// Whether its commands were approved.
    pub paired: bool,
    /// Whether it is here.
    pub connected: bool,
}

/// Reply of `node.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeListReply {
    /// Now, in Unix milliseconds.
    pub ts: i64,
    /// Connected ones first, then by name.
    pub nodes: Vec<NodeEntry>,
}

/// Reply of `node.describe`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeDescribeReply {
    /// Now, in Unix milliseconds.
    pub ts: i64,
    /// The node.
    #[serde(flatten)]
    pub node: NodeEntry,
    /// The tools of its plugins.
    pub node_plugin_tools: Vec<Value>,
    /// Its skills.
    pub skills: Vec<Value>,
}

/// Parameters of `node.invoke`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeParams {
    /// The node.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// The command, e.g. `system.which`.
    #[schemars(length(min = 1))]
    pub command: String,
    /// What it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// How long it may take, in milliseconds; 30,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The same key again within five minutes gets the same answer.
    #[schemars(length(min = 1))]
    pub idempotency_key: String,
    /// The session it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// Reply of `node.invoke`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInvokeReply {
    /// Always true; a failure is an error.
    pub ok: bool,
    /// The node.
    pub node_id: String,
    /// The command.
    pub command: String,
    /// What it answered.
    pub payload: Value,
    /// The same as the node wrote it; `null` when it sent a value.
    #[serde(rename = "payloadJSON")]
    pub payload_json: Option<String>,
}

/// Parameters of `node.rename`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRenameParams {
    /// The node.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// Its new name, up to 120 characters.
    #[schemars(length(min = 1))]
    pub display_name: String,
}

/// Reply of `node.rename`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRenameReply {
    /// The node.
    pub node_id: String,
    /// Its name from now on.
    pub display_name: String,
}
