//! `agent`, `agent.wait`, `agent.identity.get`.

use super::{Call, Registry};
use crate::error::ApiError;
use domain::Origin;
use protocol::methods::agent::{AgentMeta, AgentParams, AgentReply, AgentResult, Payload};
use protocol::methods::{Agent, AgentIdentityGet, AgentWait};
use protocol::{ErrorCode, Protocol};
use serde_json::json;

pub(super) fn register(table: &mut Registry) {
    // The run goes on when the caller leaves, so it does not hang on this call's future.
    table.on(Agent, agent);
    table.on(AgentWait, |call, params| async move {
        call.services.agent_wait(params).await
    });
    table.on(AgentIdentityGet, |call, params| async move {
        call.services.agent_identity(&params)
    });
}

/// Over a WebSocket it is answered twice: when the message is durable, and when the run has ended.
async fn agent(call: Call, params: AgentParams) -> Result<AgentReply, ApiError> {
    let waits = params.wait.unwrap_or(true);
    let services = &call.services;
    let begun = services
        .begin_agent(params, Origin::Rpc, call.principal())
        .await?;
    let accepted = begun.accepted.clone();
    if !waits {
        return Ok(accepted);
    }
    if begun.is_repeated() {
        let run = domain::RunId::new(accepted.run_id.as_str());
        if call.link.is_some() && services.events.session_of(&run).is_some() {
            return Ok(AgentReply {
                status: "in_flight".to_owned(),
                ..accepted
            });
        }
    } else {
        call.accepted(&accepted);
    }
    match services.end_agent(begun).await {
        Err(error) if call.protocol == Protocol::V3 => Ok(failed(accepted, error)),
        Err(error) if call.link.is_some() => Err(unavailable(&accepted, error)),
        ended => ended,
    }
}

/// A failed run as version 4 tells it. What was asked for was valid, so whatever the provider said,
/// it is not the request that is refused.
fn unavailable(accepted: &AgentReply, error: ApiError) -> ApiError {
    let reply = json!({
        "runId": accepted.run_id, "status": "error", "summary": error.message,
    });
    let reason = error.reason.unwrap_or(error.code.lower());
    ApiError {
        code: ErrorCode::Unavailable,
        ..error.with_reason(reason).with_reply(reply)
    }
}

/// A failed run as version 3 tells it: like an answer.
fn failed(accepted: AgentReply, error: ApiError) -> AgentReply {
    AgentReply {
        status: "ok".to_owned(),
        summary: Some("completed".to_owned()),
        result: Some(AgentResult {
            payloads: vec![Payload {
                text: error.message,
                media_url: None,
            }],
            meta: AgentMeta {
                stop_reason: Some("error".to_owned()),
                ..AgentMeta::default()
            },
        }),
        ..accepted
    }
}
