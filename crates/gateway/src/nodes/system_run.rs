//! What the gateway makes sure of before a command line goes to a node.
//!
//! A caller cannot say of itself that it was approved: it names an approval, which must have been
//! given for this node, these words, this folder and this caller, and which works once.
//! Source: security specification, R13 and attack D8.

use super::Nodes;
use crate::approvals::RunBinding;
use crate::error::ApiError;
use protocol::methods::nodes::SystemRun;
use serde_json::{Value, json};

impl Nodes {
    /// The parameters as they go to the node.
    pub(super) fn checked_run(
        &self,
        node: &str,
        params: Option<Value>,
        caller: &str,
    ) -> Result<Value, ApiError> {
        let mut run: SystemRun = serde_path_to_error::deserialize(params.unwrap_or_default())
            .map_err(|error| {
                ApiError::invalid(format!(
                    "invalid system.run params: {}: {}",
                    error.path(),
                    error.inner()
                ))
            })?;
        if run.command.is_empty() {
            return Err(ApiError::invalid(
                "invalid system.run params: command must hold the program and its arguments",
            ));
        }
        let says_so = run.approved.take().unwrap_or(false) | run.approval_decision.take().is_some();
        if says_so {
            let Some(approval) = &run.run_id else {
                return Err(mismatch("approved needs the runId of an approval"));
            };
            let binding = RunBinding {
                node: node.to_owned(),
                argv: run.command.clone(),
                cwd: run.cwd.clone(),
                agent: run.agent_id.clone(),
                session: run.session_key.clone(),
                env: run.env.clone().unwrap_or_default(),
                caller: caller.to_owned(),
            };
            let decision = self.desk.use_for_run(approval, &binding)?;
            run.approved = Some(true);
            run.approval_decision = Some(decision.name().to_owned());
        }
        serde_json::to_value(&run).map_err(|error| ApiError::invalid(error.to_string()))
    }
}

/// The approval is not for this.
fn mismatch(why: &str) -> ApiError {
    ApiError::invalid(why).with_details(json!({ "code": "APPROVAL_MISMATCH" }))
}
