//! Questions to people before something is done: who is asked, who answered first, what it counts
//! for, and the rules under which nobody is asked. Source: gateway RPC methods, "Exec approvals".

mod agents;
mod answers;
mod ask;
mod desk;
mod question;
mod rules;

pub(crate) use answers::Answerer;
pub(crate) use ask::caller_name;
pub(crate) use desk::Desk;
pub(crate) use question::RunBinding;

use crate::error::ApiError;
use serde_json::json;

fn unknown_approval(message: &str) -> ApiError {
    ApiError::invalid(message).with_details(json!({
        "reason": "APPROVAL_NOT_FOUND",
        "remediation": "Re-request the action; pending approvals are cleared after expiry or restart.",
    }))
}
