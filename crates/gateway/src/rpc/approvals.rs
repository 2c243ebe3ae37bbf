//! `exec.approvals.*`, `exec.approval.*`, and the questions nobody here asks.

use super::{Call, Registry, nodes};
use crate::approvals::Answerer;
use crate::error::ApiError;
use crate::net::Identity;
use crate::nodes::Asked;
use protocol::methods::approvals::{ExecApprovalResolveReply, QuestionListReply};
use protocol::methods::nodes::NodeInvokeParams;
use protocol::methods::{
    ExecApprovalGet, ExecApprovalList, ExecApprovalRequest, ExecApprovalResolve,
    ExecApprovalWaitDecision, ExecApprovalsGet, ExecApprovalsNodeGet, ExecApprovalsNodeSet,
    ExecApprovalsSet, OpenclawApprovalList, PluginApprovalList, QuestionList,
};
use serde_json::{Value, json};

pub(super) fn register(table: &mut Registry) {
    table.on(ExecApprovalsGet, |call, _| async move {
        call.services.approvals.rules()
    });
    table.on(ExecApprovalsSet, |call, params| async move {
        call.services.approvals.set_rules(params)
    });
    table.on(ExecApprovalsNodeGet, |call, params| async move {
        relay(&call, params.node_id, "system.execApprovals.get", json!({})).await
    });
    table.on(ExecApprovalsNodeSet, |call, params| async move {
        let sent = json!({ "file": params.file, "baseHash": params.base_hash });
        relay(&call, params.node_id, "system.execApprovals.set", sent).await
    });
    table.on(ExecApprovalRequest, |call, params| async move {
        call.services.approvals.request(&call, params).await
    });
    table.on(ExecApprovalResolve, |call, params| async move {
        let by = Answerer {
            name: name(&call),
            link: call.link.as_deref(),
        };
        call.services
            .approvals
            .resolve(&params.id, &params.decision, &by)?;
        Ok(ExecApprovalResolveReply { ok: true })
    });
    table.on(ExecApprovalWaitDecision, |call, params| async move {
        let desk = &call.services.approvals;
        desk.wait_for(&params.id, call.link.as_deref()).await
    });
    table.on(ExecApprovalList, |call, _| async move {
        Ok(call.services.approvals.open(call.link.as_deref()))
    });
    table.on(ExecApprovalGet, |call, params| async move {
        call.services
            .approvals
            .get(&params.id, call.link.as_deref())
    });
    table.on(PluginApprovalList, |_, _| async move { Ok(Vec::new()) });
    table.on(OpenclawApprovalList, |_, _| async move { Ok(Vec::new()) });
    table.on(QuestionList, |_, _| async move {
        Ok(QuestionListReply::default())
    });
}

/// Asks a node for its rules, or gives it others.
async fn relay(call: &Call, node: String, command: &str, params: Value) -> Result<Value, ApiError> {
    let invoke = NodeInvokeParams {
        node_id: node,
        command: command.to_owned(),
        params: Some(params),
        idempotency_key: uuid::Uuid::new_v4().to_string(),
        ..NodeInvokeParams::default()
    };
    let asked = Asked {
        relay: true,
        ..nodes::asked(call)
    };
    Ok(call.services.nodes.invoke(invoke, asked).await?.payload)
}

/// Who answers, for people.
fn name(call: &Call) -> String {
    let client = call.link.as_ref().map(|link| {
        let name = link.client.display_name.as_deref();
        name.unwrap_or(&link.client.id).to_owned()
    });
    match (&call.caller.identity, client) {
        (Identity::User(user), _) => user.to_string(),
        (Identity::Owner | Identity::Anyone, Some(client)) => client,
        (Identity::Owner | Identity::Anyone, None) => "HTTP API".to_owned(),
    }
}
