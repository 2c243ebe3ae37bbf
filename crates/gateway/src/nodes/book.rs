//! Who is here, who was, and who waits to be let through.

use super::record::{KIND, Record};
use super::{Nodes, pairing::Pending, unknown_node};
use crate::error::ApiError;
use crate::ws::Link;
use protocol::methods::nodes::{
    NodeDescribeReply, NodeEntry, NodeListReply, NodeRenameParams, NodeRenameReply,
};
use protocol::{ClientProgram, ConnectParams, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tracing::warn;

/// Most abilities or commands of a node; more are left out.
const MAX_NAMES: usize = 256;

/// Longest name of one, in bytes.
const MAX_NAME: usize = 128;

/// Everything known.
#[derive(Default)]
pub(super) struct Book {
    /// Those whose commands were approved, by node.
    pub(super) records: BTreeMap<String, Record>,
    /// Those that are connected.
    pub(super) here: HashMap<String, Here>,
    /// Those that wait for a decision.
    pub(super) pending: Vec<Pending>,
}

/// A connected node.
pub(super) struct Here {
    pub(super) link: Arc<Link>,
    /// What it said when it connected, without commands nobody may offer.
    pub(super) surface: Surface,
    pub(super) since: i64,
    pub(super) skills: Vec<Value>,
    pub(super) tools: Vec<Value>,
    pub(super) worker_host: bool,
}

/// What a node says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Surface {
    pub(super) client: ClientProgram,
    pub(super) caps: BTreeSet<String>,
    pub(super) commands: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) permissions: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) remote_ip: Option<String>,
}

impl Book {
    /// Whether everything a surface offers was approved.
    pub(super) fn covers(&self, node: &str, surface: &Surface) -> bool {
        self.records.get(node).is_some_and(|record| {
            surface.commands.is_subset(&record.surface.commands)
                && surface.caps.is_subset(&record.surface.caps)
        })
    }

    /// The commands a node takes now: offered, and approved.
    pub(super) fn commands(&self, node: &str) -> BTreeSet<String> {
        match (self.records.get(node), self.here.get(node)) {
            (Some(record), Some(here)) => &here.surface.commands & &record.surface.commands,
            (Some(record), None) => record.surface.commands.clone(),
            (None, _) => BTreeSet::new(),
        }
    }

    fn caps(&self, node: &str) -> BTreeSet<String> {
        match (self.records.get(node), self.here.get(node)) {
            (Some(record), Some(here)) => &here.surface.caps & &record.surface.caps,
            (Some(record), None) => record.surface.caps.clone(),
            (None, _) => BTreeSet::new(),
        }
    }

    fn entry(&self, node: &str) -> Option<NodeEntry> {
        let (record, here) = (self.records.get(node), self.here.get(node));
        let surface = here
            .map(|it| &it.surface)
            .or_else(|| record.map(|it| &it.surface))?;
        let client = &surface.client;
        let request = self.pending.iter().find(|it| it.node == node);
        let state = match (record, request) {
            (Some(_), None) => "approved",
            (Some(_), Some(_)) => "pending-reapproval",
            (None, Some(_)) => "pending-approval",
            (None, None) => "unapproved",
        };
        let name = record.and_then(|it| it.name.clone());
        Some(NodeEntry {
            node_id: node.to_owned(),
            display_name: name.or_else(|| client.display_name.clone()),
            platform: client.platform.clone(),
            version: client.version.clone(),
            client_id: client.id.clone(),
            client_mode: client.mode.clone(),
            device_family: client.device_family.clone(),
            model_identifier: client.model_identifier.clone(),
            remote_ip: surface.remote_ip.clone(),
            caps: self.caps(node).into_iter().collect(),
            commands: self.commands(node).into_iter().collect(),
            session_host: here.is_some_and(|it| it.worker_host),
            permissions: surface.permissions.clone().map(Value::Object),
            path_env: here.and_then(|it| it.surface.path_env.clone()),
            host_stats: record.and_then(|it| it.host_stats.clone()),
            approval_state: state.to_owned(),
            pending_request_id: request.map(|it| it.id.clone()),
            connected_at_ms: here.map(|it| it.since),
            last_connected_at_ms: record.and_then(|it| it.last_connected_at_ms),
            last_seen_at_ms: record.and_then(|it| it.last_seen_at_ms),
            last_seen_reason: record.and_then(|it| it.last_seen_reason.clone()),
            approved_at_ms: record.map(|it| it.approved_at_ms),
            paired: record.is_some(),
            connected: here.is_some(),
        })
    }
}

impl Nodes {
    /// A node connected: its commands count if they were approved, else somebody is asked.
    pub(crate) async fn arrived(&self, link: &Arc<Link>, params: &ConnectParams) {
        let (Role::Node, Some(node)) = (link.role, link.device.clone()) else {
            return;
        };
        let surface = self.surface(link, params);
        let now = self.now().0;
        let _turn = self.writing.lock().await;
        let here = Here {
            link: Arc::clone(link),
            surface: surface.clone(),
            since: now,
            skills: Vec::new(),
            tools: Vec::new(),
            worker_host: false,
        };
        let known = {
            let mut book = self.book();
            book.here.insert(node.clone(), here);
            book.covers(&node, &surface)
        };
        let stored = if known {
            self.seen(&node, "connect").await
        } else if self.rules.approves(link.address) {
            self.approve_surface(&node, surface, None).await.map(drop)
        } else {
            self.ask(&node, surface);
            self.seen(&node, "connect").await
        };
        if let Err(error) = stored {
            warn!(node.id = %node, %error, "what was decided of a node could not be written");
        }
        self.changed(&node);
    }

    /// A connection of a node ended.
    pub(crate) async fn left(&self, link: &Arc<Link>) {
        let (Role::Node, Some(node)) = (link.role, link.device.as_deref()) else {
            return;
        };
        let _turn = self.writing.lock().await;
        {
            let mut book = self.book();
            // A node that reconnected is here by its newer connection.
            if book.here.get(node).is_none_or(|it| it.link.id != link.id) {
                return;
            }
            book.here.remove(node);
        }
        self.flights.lose(&link.id);
        if let Err(error) = self.seen(node, "disconnect").await {
            warn!(node.id = %node, %error, "when a node was seen last could not be written");
        }
        self.changed(node);
    }

    /// Every node.
    pub(crate) fn list(&self) -> NodeListReply {
        let book = self.book();
        let ids: BTreeSet<&String> = book.records.keys().chain(book.here.keys()).collect();
        let mut nodes: Vec<_> = ids.into_iter().filter_map(|id| book.entry(id)).collect();
        nodes.sort_by(|a, b| {
            let order = |it: &NodeEntry| (!it.connected, it.display_name.clone());
            order(a).cmp(&order(b))
        });
        NodeListReply {
            ts: self.now().0,
            nodes,
        }
    }

    /// One node.
    ///
    /// # Errors
    /// Nobody knows it.
    pub(crate) fn describe(&self, node: &str) -> Result<NodeDescribeReply, ApiError> {
        let book = self.book();
        let here = book.here.get(node);
        Ok(NodeDescribeReply {
            ts: self.now().0,
            node: book.entry(node).ok_or_else(unknown_node)?,
            node_plugin_tools: here.map(|it| it.tools.clone()).unwrap_or_default(),
            skills: here.map(|it| it.skills.clone()).unwrap_or_default(),
        })
    }

    /// Gives a node another name.
    ///
    /// # Errors
    /// It is not paired, or the name is none.
    pub(crate) async fn rename(
        &self,
        params: NodeRenameParams,
    ) -> Result<NodeRenameReply, ApiError> {
        let name = params.display_name.trim();
        if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
            return Err(ApiError::invalid(
                "displayName must have 1 to 120 characters, none of them a control character",
            ));
        }
        let _turn = self.writing.lock().await;
        let mut record = self.record(&params.node_id).ok_or_else(unknown_node)?;
        record.name = Some(name.to_owned());
        self.store(&params.node_id, record).await?;
        Ok(NodeRenameReply {
            display_name: name.to_owned(),
            node_id: params.node_id,
        })
    }

    pub(super) fn record(&self, node: &str) -> Option<Record> {
        self.book().records.get(node).cloned()
    }

    /// Writes a record, then remembers it.
    pub(super) async fn store(&self, node: &str, record: Record) -> Result<(), state::Error> {
        let text = serde_json::to_string(&record).unwrap_or_default();
        self.documents.put(KIND, node, text).await?;
        self.book().records.insert(node.to_owned(), record);
        Ok(())
    }

    async fn seen(&self, node: &str, reason: &str) -> Result<(), state::Error> {
        let Some(mut record) = self.record(node) else {
            return Ok(());
        };
        let now = Some(self.now().0);
        record.last_seen_at_ms = now;
        record.last_seen_reason = Some(reason.to_owned());
        if reason == "connect" {
            record.last_connected_at_ms = now;
        }
        // Known at once: that it is written down may wait.
        self.book().records.insert(node.to_owned(), record.clone());
        self.store(node, record).await
    }

    fn surface(&self, link: &Link, params: &ConnectParams) -> Surface {
        let named = |names: &[String]| -> BTreeSet<String> {
            let sound = |it: &&String| {
                !it.is_empty() && it.len() <= MAX_NAME && !it.chars().any(char::is_control)
            };
            names
                .iter()
                .filter(sound)
                .take(MAX_NAMES)
                .cloned()
                .collect()
        };
        let commands = named(&params.commands);
        Surface {
            client: link.client.clone(),
            caps: named(&params.caps),
            commands: commands
                .into_iter()
                .filter(|command| self.rules.allow(&link.client, command))
                .collect(),
            permissions: params.permissions.clone(),
            path_env: params.path_env.clone(),
            remote_ip: Some(link.address.to_string()),
        }
    }

    fn changed(&self, node: &str) {
        let payload = serde_json::json!({ "nodeId": node });
        self.hub.publish("node.runnerInventory.changed", &payload);
    }
}
