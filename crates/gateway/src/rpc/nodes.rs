//! `node.*` and `skills.bins`.

use super::{Call, Registry};
use crate::approvals::caller_name;
use crate::nodes::Asked;
use protocol::methods::nodes::SkillsBinsReply;
use protocol::methods::{
    NodeDescribe, NodeEvent, NodeInvoke, NodeInvokeProgress, NodeInvokeResult, NodeList,
    NodePairApprove, NodePairList, NodePairReject, NodePairRemove, NodePairRequest, NodePairVerify,
    NodePendingAck, NodePendingDrain, NodePendingEnqueue, NodePendingPull,
    NodePluginSurfaceRefresh, NodePluginToolsUpdate, NodeRename, NodeRunnerInventoryUpdate,
    NodeSkillsUpdate, SkillsBins,
};

pub(super) fn register(table: &mut Registry) {
    for_operators(table);
    for_nodes(table);
}

fn for_operators(table: &mut Registry) {
    table.on(
        NodeList,
        |call, _| async move { Ok(call.services.nodes.list()) },
    );
    table.on(NodeDescribe, |call, params| async move {
        call.services.nodes.describe(&params.node_id)
    });
    table.on(NodeInvoke, |call, params| async move {
        let asked = asked(&call);
        call.services.nodes.invoke(params, asked).await
    });
    table.on(NodeRename, |call, params| async move {
        call.services.nodes.rename(params).await
    });
    table.on(NodePairList, |call, _| async move {
        Ok(call.services.nodes.pairings())
    });
    table.on(NodePairApprove, |call, params| async move {
        call.services.nodes.approve(&params.request_id).await
    });
    table.on(NodePairReject, |call, params| async move {
        call.services.nodes.reject(&params.request_id).await
    });
    table.on(NodePairRemove, |call, params| async move {
        call.services.nodes.remove(&params.node_id).await
    });
    table.on(NodePairRequest, |call, params| async move {
        call.services.nodes.request(params)
    });
    table.on(NodePairVerify, |call, params| async move {
        Ok(call.services.nodes.verify(&params))
    });
    table.on(NodePendingEnqueue, |call, params| async move {
        call.services.nodes.enqueue(params)
    });
}

fn for_nodes(table: &mut Registry) {
    table.on(NodeInvokeResult, |call, params| async move {
        call.services.nodes.result(call.link.as_ref(), params)
    });
    table.on(NodeInvokeProgress, |call, params| async move {
        call.services.nodes.progress(call.link.as_ref(), &params)
    });
    table.on(NodeEvent, |call, params| async move {
        call.services.nodes.hear(call.link.as_ref(), params).await
    });
    table.on(NodeSkillsUpdate, |call, params| async move {
        call.services
            .nodes
            .update_skills(call.link.as_ref(), params)
    });
    table.on(NodePluginToolsUpdate, |call, params| async move {
        call.services.nodes.update_tools(call.link.as_ref(), params)
    });
    table.on(NodeRunnerInventoryUpdate, |call, params| async move {
        call.services
            .nodes
            .update_runners(call.link.as_ref(), &params)
    });
    table.on(NodePendingPull, |call, _| async move {
        call.services.nodes.pull(call.link.as_ref())
    });
    table.on(NodePendingAck, |call, params| async move {
        call.services.nodes.ack(call.link.as_ref(), &params)
    });
    table.on(NodePendingDrain, |call, params| async move {
        call.services.nodes.drain(call.link.as_ref(), &params)
    });
    table.absent(
        NodePluginSurfaceRefresh,
        "there are no plugins here, so no surface of one; nodes need none to take commands",
    );
    // Skills bring no programs here, so a node may start none for them.
    table.on(
        SkillsBins,
        |_, _| async move { Ok(SkillsBinsReply::default()) },
    );
}

/// Who invokes a command.
pub(super) fn asked(call: &Call) -> Asked {
    Asked {
        caller: caller_name(call),
        link: call.link.clone(),
        relay: false,
    }
}
