//! Who is asked when policy leaves a tool call to a person.

use async_trait::async_trait;
use domain::record::ApprovalVerdict;
use domain::{AgentId, RunId, SessionKey, ToolCall};
use std::path::PathBuf;
use std::time::Duration;
use tools::Intent;

/// A tool call that waits for a person.
#[derive(Debug, Clone)]
pub struct AskFor {
    /// The run it belongs to.
    pub run: RunId,
    /// Its session.
    pub session: SessionKey,
    /// Its agent.
    pub agent: AgentId,
    /// The call as the model wrote it; exactly this is run.
    pub call: ToolCall,
    /// What it would do.
    pub intent: Intent,
    /// The folder it would do it in.
    pub workspace: PathBuf,
    /// Why it is asked about, with what would allow it for good. No full stop.
    pub reason: String,
    /// How long the run has left; `None` when nothing ends it. Its question ends with it.
    pub time_left: Option<Duration>,
}

/// Decides about tool calls that policy leaves to a person.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Waits for a decision. The run waits as long, and lets others work meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future withdraws the question: the run was stopped.
    async fn ask(&self, question: AskFor) -> ApprovalVerdict;
}

/// Refuses, because nobody is there to be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

#[async_trait]
impl Approver for Nobody {
    async fn ask(&self, question: AskFor) -> ApprovalVerdict {
        let why = format!("{}; nobody can be asked for approval here", question.reason);
        ApprovalVerdict::Deny { why }
    }
}
