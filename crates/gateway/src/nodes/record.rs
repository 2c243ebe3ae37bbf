//! What is remembered of a node.

use super::book::Surface;
use protocol::methods::nodes::NodeHostStats;
use serde::{Deserialize, Serialize};

/// The kind of the documents.
pub(super) const KIND: &str = "node";

/// A node whose commands were approved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// The name its owner gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// What was approved.
    pub(super) surface: Surface,
    pub(super) created_at_ms: i64,
    pub(super) approved_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host_stats: Option<NodeHostStats>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_connected_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_seen_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_seen_reason: Option<String>,
    /// SHA-256 of the token of `node.pair.request`, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token_hash: Option<String>,
}
