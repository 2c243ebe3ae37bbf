//! `gateway.nodes`: which machines may run commands for agents, and which commands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `gateway.nodes`: which machines may run commands for agents, and which commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NodesSettings {
    /// Which nodes need nobody's approval.
    pub pairing: NodePairingSettings,
    /// Which commands nodes may offer beside and except the usual ones.
    pub commands: NodeCommandsSettings,
    /// The same as `commands.allow`, in older words.
    pub allow_commands: Vec<String>,
    /// The same as `commands.deny`, in older words.
    pub deny_commands: Vec<String>,
}

/// `gateway.nodes.pairing`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NodePairingSettings {
    /// Whether a node on the gateway's own machine, with the gateway's secret, needs no approval.
    /// On by default.
    pub auto_approve_local: bool,
    /// Addresses or networks such as `10.0.0.0/8` from which a node, with the gateway's secret,
    /// needs no approval. None by default.
    pub auto_approve_cidrs: Vec<String>,
}

impl Default for NodePairingSettings {
    fn default() -> Self {
        Self {
            auto_approve_local: true,
            auto_approve_cidrs: Vec::new(),
        }
    }
}

/// `gateway.nodes.commands`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NodeCommandsSettings {
    /// Commands nodes may offer beside the usual ones, by their whole name, e.g. `camera.snap`.
    pub allow: Vec<String>,
    /// Commands no node may offer, whatever else allows them.
    pub deny: Vec<String>,
}
