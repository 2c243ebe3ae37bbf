//! `agent`, `agent.wait`, `chat.abort`.

use super::Registry;
use domain::Origin;
use protocol::methods::{Agent, AgentWait, ChatAbort};

pub(super) fn register(table: &mut Registry) {
    // The run goes on when the caller leaves, so it does not hang on this call's future.
    table.on(Agent, |call, params| async move {
        call.services
            .agent(params, Origin::Rpc, call.principal())
            .await
    });
    table.on(AgentWait, |call, params| async move {
        call.services.agent_wait(params).await
    });
    table.on(ChatAbort, |call, params| async move {
        call.services.chat_abort(&params)
    });
}
