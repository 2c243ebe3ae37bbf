//! The one way to run a tool: decide, approve, attempt.

use crate::policy::{self, PolicyCx, Verdict};
use crate::{RawArgs, Tool, ToolCx, ToolError, ToolOutput};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;

/// Whether a person approved a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    None,
    Given,
}

/// Decides about a call and, when it may, attempts it.
///
/// A call that needs a person's approval and does not have it is denied, with the setting that would
/// allow it: nothing here waits for a human.
pub(crate) async fn dispatch(
    tool: &dyn Tool,
    args: RawArgs<'_>,
    policy: &PolicyCx<'_>,
    cx: &ToolCx,
    consent: Consent,
) -> Result<ToolOutput, ToolError> {
    let intent = tool.intent(args)?;
    let decision = policy::decide(&intent, policy);
    tracing::debug!(
        verdict = ?decision.verdict,
        layer = ?decision.layer,
        "policy decided on {}", intent.tool
    );
    match decision.verdict {
        Verdict::Allow => {}
        Verdict::Ask if consent == Consent::Given => {}
        Verdict::Ask => {
            let reason = format!("{}; nobody can be asked for approval here", decision.reason);
            return Err(ToolError::Denied { reason });
        }
        Verdict::Deny => {
            return Err(ToolError::Denied {
                reason: decision.reason,
            });
        }
    }
    if cx.cancel.is_cancelled() {
        return Err(ToolError::Cancelled {
            tool: intent.tool.to_string(),
        });
    }
    // A panic of one tool is the end of that call, not of the run.
    match AssertUnwindSafe(tool.call(args, cx)).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => Err(faulty(&intent.tool)),
    }
}

fn faulty(tool: &domain::ToolName) -> ToolError {
    tracing::error!(tool.name = %tool, "tool {tool} panicked");
    ToolError::Faulty {
        tool: tool.to_string(),
    }
}
