//! What nodes tell of themselves.

use super::book::Here;
use super::{Nodes, node_of};
use crate::error::ApiError;
use crate::ws::Link;
use protocol::ErrorCode;
use protocol::methods::nodes::{
    NodeEventParams, NodeEventReply, NodeHostStats, NodeIdReply, NodePluginToolsUpdateParams,
    NodePluginToolsUpdateReply, NodeRunnerInventoryUpdateParams, NodeSkillsUpdateParams,
    NodeSkillsUpdateReply,
};
use serde_json::Value;
use std::sync::Arc;

/// Most skills or tools of a node that are kept.
const MAX_LISTED: usize = 512;

/// Most bytes of all of them.
const MAX_LISTED_BYTES: usize = 1024 * 1024;

impl Nodes {
    /// Something happened on a node.
    ///
    /// # Errors
    /// The caller is not a node, or the store failed.
    pub(crate) async fn hear(
        &self,
        link: Option<&Arc<Link>>,
        params: NodeEventParams,
    ) -> Result<NodeEventReply, ApiError> {
        let node = node_of(link)?;
        let (handled, reason) = match params.event.as_str() {
            "node.host.stats" => self.keep_stats(node, &params).await?,
            _ => (false, "nothing here listens to this event"),
        };
        Ok(NodeEventReply {
            ok: true,
            event: params.event,
            handled,
            reason: reason.to_owned(),
        })
    }

    async fn keep_stats(
        &self,
        node: &str,
        params: &NodeEventParams,
    ) -> Result<(bool, &'static str), ApiError> {
        let read = match (&params.payload_json, &params.payload) {
            (Some(text), _) => serde_json::from_str(text).ok(),
            (None, Some(value)) => serde_json::from_value(value.clone()).ok(),
            (None, None) => None,
        };
        let Some(mut stats) = read.filter(is_sound) else {
            return Ok((false, "invalid payload"));
        };
        let _turn = self.writing.lock().await;
        let Some(mut record) = self.record(node) else {
            return Ok((false, "the node is not paired"));
        };
        stats.updated_at_ms = Some(self.now().0);
        record.last_seen_at_ms = stats.updated_at_ms;
        record.host_stats = Some(stats);
        self.store(node, record).await?;
        Ok((true, "updated"))
    }

    /// The skills of a node.
    ///
    /// # Errors
    /// The node is not approved, or it has too many.
    pub(crate) fn update_skills(
        &self,
        link: Option<&Arc<Link>>,
        params: NodeSkillsUpdateParams,
    ) -> Result<NodeSkillsUpdateReply, ApiError> {
        let skills = bounded(params.skills, "skills")?;
        let node_id = self.update(link, |here| here.skills.clone_from(&skills))?;
        Ok(NodeSkillsUpdateReply { node_id, skills })
    }

    /// The tools of a node's plugins.
    ///
    /// # Errors
    /// The node is not approved, or it has too many.
    pub(crate) fn update_tools(
        &self,
        link: Option<&Arc<Link>>,
        params: NodePluginToolsUpdateParams,
    ) -> Result<NodePluginToolsUpdateReply, ApiError> {
        let tools = bounded(params.tools, "tools")?;
        let node_id = self.update(link, |here| here.tools.clone_from(&tools))?;
        Ok(NodePluginToolsUpdateReply { node_id, tools })
    }

    /// What a node can host.
    ///
    /// # Errors
    /// The node is not approved.
    pub(crate) fn update_runners(
        &self,
        link: Option<&Arc<Link>>,
        params: &NodeRunnerInventoryUpdateParams,
    ) -> Result<NodeIdReply, ApiError> {
        let enabled = params.worker_host.enabled;
        let node_id = self.update(link, |here| here.worker_host = enabled)?;
        let payload = NodeIdReply { node_id };
        self.hub.publish("node.runnerInventory.changed", &payload);
        Ok(payload)
    }

    fn update(
        &self,
        link: Option<&Arc<Link>>,
        change: impl FnOnce(&mut Here),
    ) -> Result<String, ApiError> {
        let node = node_of(link)?;
        let mut book = self.book();
        if !book.records.contains_key(node) {
            let request = book.pending.iter().find(|it| it.node == node);
            let request = request.map_or("<requestId>", |it| it.id.as_str());
            return Err(ApiError::new(
                ErrorCode::Unavailable,
                format!(
                    "node surface is awaiting operator approval; approve it with `openclaw nodes approve {request}`"
                ),
            )
            .with_reason("awaiting_approval"));
        }
        let ours = link.map(|link| link.id.as_str());
        if let Some(here) = book.here.get_mut(node)
            && Some(here.link.id.as_str()) == ours
        {
            change(here);
        }
        Ok(node.to_owned())
    }
}

fn is_sound(stats: &NodeHostStats) -> bool {
    stats
        .load_average
        .as_ref()
        .is_none_or(|loads| loads.len() <= 3 && loads.iter().all(|it| it.is_finite() && *it >= 0.0))
}

fn bounded(list: Vec<Value>, name: &str) -> Result<Vec<Value>, ApiError> {
    let bytes: usize = list.iter().map(|it| it.to_string().len()).sum();
    if list.len() > MAX_LISTED || bytes > MAX_LISTED_BYTES {
        return Err(ApiError::invalid(format!(
            "{name} may have {MAX_LISTED} entries and {MAX_LISTED_BYTES} bytes at most"
        )));
    }
    Ok(list)
}
