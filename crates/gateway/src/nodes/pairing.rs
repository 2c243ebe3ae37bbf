//! Which commands were approved, and by whom they may be.

use super::book::Surface;
use super::record::{KIND, Record};
use super::{Nodes, unknown_node};
use crate::error::ApiError;
use crate::ws::Told;
use protocol::methods::nodes::{
    NodePairApproveReply, NodePairListReply, NodePairRejectReply, NodePairRemoveReply,
    NodePairRequestParams, NodePairRequestReply, NodePairResolved, NodePairVerifyParams,
    NodePairVerifyReply, PairedNode, PendingNode,
};
use protocol::{ClientProgram, ErrorCode};
use sha2::{Digest, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Most requests that wait at a time.
const MAX_PENDING: usize = 32;

/// How long a request of somebody who is not connected waits.
const PATIENCE: Duration = Duration::from_mins(5);

/// A surface that waits for a decision.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: String,
    pub(super) node: String,
    surface: Surface,
    is_repair: bool,
    ts: i64,
    /// Whether approving it gives a token.
    token: bool,
}

impl Pending {
    fn shown(&self) -> PendingNode {
        let client = &self.surface.client;
        PendingNode {
            request_id: self.id.clone(),
            node_id: self.node.clone(),
            display_name: client.display_name.clone(),
            platform: client.platform.clone(),
            version: client.version.clone(),
            client_id: filled(&client.id),
            client_mode: filled(&client.mode),
            device_family: client.device_family.clone(),
            remote_ip: self.surface.remote_ip.clone(),
            caps: self.surface.caps.iter().cloned().collect(),
            commands: self.surface.commands.iter().cloned().collect(),
            is_repair: self.is_repair,
            ts: self.ts,
        }
    }
}

impl Record {
    fn shown(&self, node: &str) -> PairedNode {
        let client = &self.surface.client;
        PairedNode {
            node_id: node.to_owned(),
            client_id: filled(&client.id),
            client_mode: filled(&client.mode),
            display_name: self.name.clone().or_else(|| client.display_name.clone()),
            platform: client.platform.clone(),
            version: client.version.clone(),
            device_family: client.device_family.clone(),
            remote_ip: self.surface.remote_ip.clone(),
            caps: self.surface.caps.iter().cloned().collect(),
            commands: self.surface.commands.iter().cloned().collect(),
            created_at_ms: self.created_at_ms,
            approved_at_ms: self.approved_at_ms,
            last_host_stats: self.host_stats.clone(),
            last_connected_at_ms: self.last_connected_at_ms,
            last_seen_at_ms: self.last_seen_at_ms,
            last_seen_reason: self.last_seen_reason.clone(),
            token: None,
        }
    }
}

impl Nodes {
    /// Those that wait, and those that were approved.
    pub(crate) fn pairings(&self) -> NodePairListReply {
        self.expire();
        let book = self.book();
        NodePairListReply {
            pending: book.pending.iter().map(Pending::shown).collect(),
            paired: book.records.iter().map(|(id, it)| it.shown(id)).collect(),
        }
    }

    /// Lets a surface through.
    ///
    /// # Errors
    /// Nobody asked, or the store failed.
    pub(crate) async fn approve(&self, request: &str) -> Result<NodePairApproveReply, ApiError> {
        let _turn = self.writing.lock().await;
        let pending = self.pending(request)?;
        let token = pending.token.then(new_token).transpose()?;
        let hash = token.as_deref().map(token_hash);
        let record = self
            .approve_surface(&pending.node, pending.surface, hash)
            .await?;
        self.settle(&pending.id, "approved");
        let mut node = record.shown(&pending.node);
        node.token = token;
        Ok(NodePairApproveReply {
            request_id: pending.id,
            node,
        })
    }

    /// Refuses a surface.
    ///
    /// # Errors
    /// Nobody asked.
    pub(crate) async fn reject(&self, request: &str) -> Result<NodePairRejectReply, ApiError> {
        let _turn = self.writing.lock().await;
        let pending = self.pending(request)?;
        self.settle(&pending.id, "rejected");
        Ok(NodePairRejectReply {
            request_id: pending.id,
            node_id: pending.node,
        })
    }

    /// Forgets a node. What runs on it is given up, and it has to ask again.
    ///
    /// # Errors
    /// It is not paired, or the store failed.
    pub(crate) async fn remove(&self, node: &str) -> Result<NodePairRemoveReply, ApiError> {
        let _turn = self.writing.lock().await;
        let waits = self
            .book()
            .pending
            .iter()
            .find(|it| it.node == node)
            .cloned();
        if self.record(node).is_none() && waits.is_none() {
            return Err(unknown_node());
        }
        self.documents.remove(KIND, node).await?;
        if let Some(pending) = waits {
            self.settle(&pending.id, "rejected");
        }
        let surface = {
            let mut book = self.book();
            book.records.remove(node);
            book.here.get(node).map(|it| it.surface.clone())
        };
        self.flights.revoke(node);
        self.kept().forget(node);
        if let Some(surface) = surface {
            self.ask(node, surface);
        }
        Ok(NodePairRemoveReply {
            node_id: node.to_owned(),
        })
    }

    /// Asks for a node that does not connect as one, in the words of protocol version 3.
    ///
    /// # Errors
    /// Too many wait already.
    pub(crate) fn request(
        &self,
        params: NodePairRequestParams,
    ) -> Result<NodePairRequestReply, ApiError> {
        let client = ClientProgram {
            display_name: params.display_name,
            platform: params.platform.unwrap_or_default(),
            version: params.version.unwrap_or_default(),
            ..ClientProgram::default()
        };
        let named = |names: Option<Vec<String>>| names.unwrap_or_default().into_iter().take(256);
        let commands = named(params.commands).filter(|it| self.rules.allow(&client, it));
        let surface = Surface {
            caps: named(params.caps).collect(),
            commands: commands.collect(),
            client,
            ..Surface::default()
        };
        let (pending, created) = self
            .add(&params.node_id, surface, true)
            .ok_or_else(too_many)?;
        Ok(NodePairRequestReply {
            status: "pending".to_owned(),
            request: pending.shown(),
            created,
        })
    }

    /// Whether a token belongs to a node.
    pub(crate) fn verify(&self, params: &NodePairVerifyParams) -> NodePairVerifyReply {
        let given = token_hash(&params.token);
        let record = self.record(&params.node_id);
        let fits = |it: &Record| {
            let kept = it.token_hash.as_deref().unwrap_or_default();
            bool::from(kept.as_bytes().ct_eq(given.as_bytes()))
        };
        let node = record.filter(fits).map(|it| it.shown(&params.node_id));
        NodePairVerifyReply {
            ok: node.is_some(),
            node,
        }
    }

    /// Writes down that a surface is approved. The caller holds the turn.
    pub(super) async fn approve_surface(
        &self,
        node: &str,
        surface: Surface,
        token_hash: Option<String>,
    ) -> Result<Record, state::Error> {
        let now = self.now().0;
        let old = self.record(node);
        let connected = self.book().here.get(node).map(|it| it.since);
        let record = Record {
            name: old.as_ref().and_then(|it| it.name.clone()),
            surface,
            created_at_ms: old.as_ref().map_or(now, |it| it.created_at_ms),
            approved_at_ms: now,
            host_stats: old.as_ref().and_then(|it| it.host_stats.clone()),
            last_connected_at_ms: connected,
            last_seen_at_ms: connected,
            last_seen_reason: connected.map(|_| "connect".to_owned()),
            token_hash: token_hash.or_else(|| old.and_then(|it| it.token_hash)),
        };
        self.store(node, record.clone()).await?;
        Ok(record)
    }

    /// Asks people to let a connected node's surface through.
    pub(super) fn ask(&self, node: &str, surface: Surface) {
        if self.add(node, surface, false).is_none() {
            tracing::warn!(node.id = %node, "too many nodes wait for approval; this one asks when it connects again");
        }
    }

    /// One request per node: the same surface keeps its request, another one replaces it.
    fn add(&self, node: &str, surface: Surface, token: bool) -> Option<(Pending, bool)> {
        self.expire();
        let old = self
            .book()
            .pending
            .iter()
            .find(|it| it.node == node)
            .cloned();
        if let Some(old) = old {
            if old.surface == surface && old.token == token {
                return Some((old, false));
            }
            self.settle(&old.id, "rejected");
        }
        let pending = {
            let mut book = self.book();
            if book.pending.len() >= MAX_PENDING {
                return None;
            }
            let pending = Pending {
                id: uuid::Uuid::new_v4().to_string(),
                node: node.to_owned(),
                is_repair: book.records.contains_key(node),
                surface,
                ts: self.now().0,
                token,
            };
            book.pending.push(pending.clone());
            pending
        };
        self.hub.publish("node.pair.requested", &pending.shown());
        Some((pending, true))
    }

    /// Ends a request and tells people and the node.
    fn settle(&self, request: &str, decision: &str) {
        let (node, link) = {
            let mut book = self.book();
            let Some(at) = book.pending.iter().position(|it| it.id == request) else {
                return;
            };
            let node = book.pending.remove(at).node;
            let link = book
                .here
                .get(&node)
                .map(|it| std::sync::Arc::clone(&it.link));
            (node, link)
        };
        let payload = NodePairResolved {
            request_id: request.to_owned(),
            node_id: node,
            decision: decision.to_owned(),
            ts: self.now().0,
        };
        self.hub.publish("node.pair.resolved", &payload);
        if let (Some(link), Some(told)) = (link, Told::new("node.pair.resolved", &payload)) {
            link.address(&told);
        }
    }

    fn pending(&self, request: &str) -> Result<Pending, ApiError> {
        self.expire();
        let book = self.book();
        let found = book.pending.iter().find(|it| it.id == request);
        found
            .cloned()
            .ok_or_else(|| ApiError::invalid("unknown requestId").with_reason("unknown_request"))
    }

    /// Drops requests of those who left long ago.
    fn expire(&self) {
        let patience = i64::try_from(PATIENCE.as_millis()).unwrap_or(i64::MAX);
        let too_old = self.now().0.saturating_sub(patience);
        let book = self.book();
        let gone: Vec<String> = book
            .pending
            .iter()
            .filter(|it| it.ts < too_old && !book.here.contains_key(&it.node))
            .map(|it| it.id.clone())
            .collect();
        drop(book);
        for request in gone {
            self.settle(&request, "expired");
        }
    }
}

fn too_many() -> ApiError {
    ApiError::new(
        ErrorCode::Unavailable,
        format!("{MAX_PENDING} nodes wait for approval already; approve or reject some"),
    )
    .with_reason("too_many_pending")
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// 256 random bits as base64url.
fn new_token() -> Result<String, ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gave no random bytes");
        ApiError::new(
            ErrorCode::Internal,
            "the system gave no random bytes; try again",
        )
    })?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

fn token_hash(token: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}
