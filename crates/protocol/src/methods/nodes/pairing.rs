//! Whose commands are let through.

use super::NodeHostStats;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which request.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRequestParams {
    /// Its id.
    #[schemars(length(min = 1))]
    pub request_id: String,
}

/// Reply of `node.pair.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodePairListReply {
    /// Those that wait, the oldest first.
    pub pending: Vec<PendingNode>,
    /// Those that were approved.
    pub paired: Vec<PairedNode>,
}

/// A surface that waits for a decision; also the payload of `node.pair.requested`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingNode {
    /// Names the request.
    pub request_id: String,
    /// The node.
    pub node_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its system.
    pub platform: String,
    /// The version of its program.
    pub version: String,
    /// Which program it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `node`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    /// E.g. `Linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Where it connects from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// What it says it can do.
    pub caps: Vec<String>,
    /// The commands it offers.
    pub commands: Vec<String>,
    /// Whether it was approved before and offers more now.
    pub is_repair: bool,
    /// When it asked, in Unix milliseconds.
    pub ts: i64,
}

/// A surface that was approved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairedNode {
    /// The node.
    pub node_id: String,
    /// Which program it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `node`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its system.
    pub platform: String,
    /// The version of its program.
    pub version: String,
    /// E.g. `Linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Where it connected from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// What it may do.
    pub caps: Vec<String>,
    /// The commands it may offer.
    pub commands: Vec<String>,
    /// When it was approved for the first time, in Unix milliseconds.
    pub created_at_ms: i64,
    /// When it was approved last, in Unix milliseconds.
    pub approved_at_ms: i64,
    /// Its load when it was heard of last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_host_stats: Option<NodeHostStats>,
    /// When it connected last, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connected_at_ms: Option<i64>,
    /// When it was heard of last, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_ms: Option<i64>,
    /// `connect` or `disconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_reason: Option<String>,
    /// Shown once, in the answer that approves a request of `node.pair.request`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Reply of `node.pair.approve`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairApproveReply {
    /// The request.
    pub request_id: String,
    /// The node as it is now.
    pub node: PairedNode,
}

/// Reply of `node.pair.reject`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairRejectReply {
    /// The request.
    pub request_id: String,
    /// The node.
    pub node_id: String,
}

/// Reply of `node.pair.remove`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairRemoveReply {
    /// The node.
    pub node_id: String,
}

/// Payload of `node.pair.resolved`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairResolved {
    /// The request.
    pub request_id: String,
    /// The node.
    pub node_id: String,
    /// `approved`, `rejected` or `expired`.
    pub decision: String,
    /// When, in Unix milliseconds.
    pub ts: i64,
}

/// Parameters of `node.pair.request`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairRequestParams {
    /// The node, by a name of its own choice.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The version of its program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it says it can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Vec<String>>,
    /// The commands it offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<String>>,
    /// Whether nobody need be told; people are told all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
}

/// Reply of `node.pair.request`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodePairRequestReply {
    /// `pending`.
    pub status: String,
    /// The request.
    pub request: PendingNode,
    /// Whether it is new; one that waits already is handed back.
    pub created: bool,
}

/// Parameters of `node.pair.verify`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodePairVerifyParams {
    /// The node.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// The token its approval gave.
    #[schemars(length(min = 1))]
    pub token: String,
}

impl std::fmt::Debug for NodePairVerifyParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodePairVerifyParams")
            .field("node_id", &self.node_id)
            .finish_non_exhaustive()
    }
}

/// Reply of `node.pair.verify`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodePairVerifyReply {
    /// Whether the token is the node's.
    pub ok: bool,
    /// The node, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<PairedNode>,
}
