//! What waits for a node to fetch it.

use super::{Nodes, node_of, unknown_node};
use crate::error::ApiError;
use crate::ws::Link;
use protocol::ErrorCode;
use protocol::methods::nodes::{
    NodeKeptCommand, NodePendingAckParams, NodePendingAckReply, NodePendingDrainParams,
    NodePendingDrainReply, NodePendingEnqueueParams, NodePendingEnqueueReply, NodePendingPullReply,
    NodeWork,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Most things that wait for one node, of each kind.
const MAX_EACH: usize = 64;

/// How long a command waits for its node to be in the foreground.
const COMMAND_WAITS: Duration = Duration::from_mins(10);

/// How long other things wait unless somebody says otherwise, in milliseconds.
const WORK_WAITS_MS: i64 = 600_000;

/// The longest they may wait, in milliseconds.
const MAX_WAIT_MS: i64 = 86_400_000;

/// How many things a node fetches unless it says otherwise.
const FETCHED: usize = 4;

/// What waits, by node.
#[derive(Default)]
pub(super) struct Kept(HashMap<String, Waiting>);

#[derive(Default)]
struct Waiting {
    commands: Vec<NodeKeptCommand>,
    work: Vec<NodeWork>,
    revision: u64,
}

impl Kept {
    pub(super) fn forget(&mut self, node: &str) {
        self.0.remove(node);
    }

    fn of(&mut self, node: &str, now: i64) -> &mut Waiting {
        let waiting = self.0.entry(node.to_owned()).or_default();
        let patience = i64::try_from(COMMAND_WAITS.as_millis()).unwrap_or(i64::MAX);
        waiting
            .commands
            .retain(|it| it.enqueued_at_ms.saturating_add(patience) > now);
        waiting.work.retain(|it| it.expires_at_ms > now);
        waiting
    }
}

impl Nodes {
    /// Keeps a command until its node is in the foreground; `None` when too many wait.
    pub(super) fn keep(&self, node: &str, command: &str, params: Option<String>) -> Option<String> {
        let now = self.now().0;
        let mut kept = self.kept();
        let waiting = kept.of(node, now);
        if waiting.commands.len() >= MAX_EACH {
            return None;
        }
        let id = uuid::Uuid::new_v4().to_string();
        waiting.commands.push(NodeKeptCommand {
            id: id.clone(),
            command: command.to_owned(),
            params_json: params,
            enqueued_at_ms: now,
        });
        Some(id)
    }

    /// The commands a node should do now that it is in the foreground.
    ///
    /// # Errors
    /// The caller is not a node.
    pub(crate) fn pull(&self, link: Option<&Arc<Link>>) -> Result<NodePendingPullReply, ApiError> {
        let node = node_of(link)?;
        // What was taken back since is not handed out.
        let allowed = self.book().commands(node);
        let mut kept = self.kept();
        let waiting = kept.of(node, self.now().0);
        waiting.commands.retain(|it| allowed.contains(&it.command));
        Ok(NodePendingPullReply {
            node_id: node.to_owned(),
            actions: waiting.commands.clone(),
        })
    }

    /// Strikes commands that were done off the list.
    ///
    /// # Errors
    /// The caller is not a node.
    pub(crate) fn ack(
        &self,
        link: Option<&Arc<Link>>,
        params: &NodePendingAckParams,
    ) -> Result<NodePendingAckReply, ApiError> {
        let node = node_of(link)?;
        let mut kept = self.kept();
        let waiting = kept.of(node, self.now().0);
        let mut acked_ids = Vec::new();
        waiting.commands.retain(|it| {
            let done = params.ids.contains(&it.id);
            if done {
                acked_ids.push(it.id.clone());
            }
            !done
        });
        Ok(NodePendingAckReply {
            node_id: node.to_owned(),
            acked_ids,
            remaining_count: waiting.commands.len(),
        })
    }

    /// Leaves something for a node to fetch. Of one kind only the newest waits.
    ///
    /// # Errors
    /// Nobody knows the node, the time is out of bounds, or too much waits.
    pub(crate) fn enqueue(
        &self,
        params: NodePendingEnqueueParams,
    ) -> Result<NodePendingEnqueueReply, ApiError> {
        let wait = params.expires_in_ms.unwrap_or(WORK_WAITS_MS);
        if !(1_000..=MAX_WAIT_MS).contains(&wait) {
            return Err(ApiError::invalid(
                "expiresInMs must be between 1000 and 86400000",
            ));
        }
        let node = params.node_id;
        self.describe(&node).map_err(|_| unknown_node())?;
        let now = self.now().0;
        let queued = NodeWork {
            id: uuid::Uuid::new_v4().to_string(),
            kind: params.kind,
            priority: params.priority.unwrap_or_default(),
            created_at_ms: now,
            expires_at_ms: now.saturating_add(wait),
        };
        let mut kept = self.kept();
        let waiting = kept.of(&node, now);
        waiting.work.retain(|it| it.kind != queued.kind);
        if waiting.work.len() >= MAX_EACH {
            let message = format!("{MAX_EACH} things wait for this node already");
            return Err(ApiError::new(ErrorCode::Unavailable, message));
        }
        waiting.work.push(queued.clone());
        waiting.revision += 1;
        Ok(NodePendingEnqueueReply {
            node_id: node,
            revision: waiting.revision,
            queued,
            wake_triggered: false,
        })
    }

    /// Hands a node what was left for it.
    ///
    /// # Errors
    /// The caller is not a node.
    pub(crate) fn drain(
        &self,
        link: Option<&Arc<Link>>,
        params: &NodePendingDrainParams,
    ) -> Result<NodePendingDrainReply, ApiError> {
        let node = node_of(link)?;
        let most = params.max_items.unwrap_or(FETCHED).clamp(1, 10);
        let mut kept = self.kept();
        let waiting = kept.of(node, self.now().0);
        waiting
            .work
            .sort_by_key(|it| std::cmp::Reverse(it.priority));
        let items: Vec<_> = waiting.work.drain(..most.min(waiting.work.len())).collect();
        if !items.is_empty() {
            waiting.revision += 1;
        }
        Ok(NodePendingDrainReply {
            node_id: node.to_owned(),
            revision: waiting.revision,
            items,
            has_more: !waiting.work.is_empty(),
        })
    }
}
