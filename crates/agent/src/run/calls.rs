//! The tool calls of a step.

use super::ask::Question;
use super::{Run, unsaved};
use crate::{AskFor, context};
use domain::record::{ApprovalDecided, ApprovalVerdict};
use domain::{Record, RunOutcome, ToolCall, ToolResult};
use tokio::time::Instant;
use tools::{Offer, ToolCx, ToolError};

impl Run<'_> {
    /// Runs the agent's own tools; returns the outcome if the run ends with the calls.
    pub(super) async fn call_tools(
        &mut self,
        calls: Vec<ToolCall>,
        question: &Question,
    ) -> Option<RunOutcome> {
        let (theirs, ours): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|call| question.client.contains(&call.name));
        for call in ours {
            if self.cancel.is_cancelled() {
                return Some(self.aborted());
            }
            if let Err(limit) = self.limits.count_call(&call) {
                return Some(RunOutcome::Limited { limit });
            }
            let answered = question.offer.answers(&call.name);
            let verdict = match self.question_about(&call).filter(|_| !answered) {
                None => None,
                Some(asked) => match self.decision(asked).await {
                    None => return Some(self.aborted()),
                    Some(verdict) => Some(verdict),
                },
            };
            let denied = verdict.as_ref().and_then(|it| refusal(&call, it));
            let is_approved = verdict.is_some() && denied.is_none();
            if let Some(verdict) = verdict {
                // In one append with the start: a decision is never used twice.
                let decided = ApprovalDecided {
                    call: call.id.clone(),
                    verdict,
                };
                self.unsaved.push(Record::ApprovalDecided(decided));
            }
            self.unsaved.push(Record::ToolStarted(call.clone()));
            let result = if let Some(result) = denied {
                result
            } else {
                if let Err(error) = self.save().await {
                    return Some(unsaved(&error));
                }
                self.call_tool(&call, &question.offer, is_approved).await
            };
            context::push_result(&mut self.messages, result.clone());
            self.unsaved.push(Record::ToolFinished(result));
        }
        if theirs.is_empty() {
            // What a tool did is on disk before the model hears of it.
            return self.save().await.err().map(|error| unsaved(&error));
        }
        Some(RunOutcome::AwaitingClient)
    }

    /// What a person is to be asked before a call is run, if anything.
    fn question_about(&self, call: &ToolCall) -> Option<AskFor> {
        let cx = self.tool_cx();
        let asked = self.shared.toolbox().asks(call, &cx)?;
        Some(AskFor {
            run: cx.run,
            session: cx.session,
            agent: cx.agent,
            call: call.clone(),
            intent: asked.intent,
            workspace: cx.workspace,
            reason: asked.reason,
            time_left: self
                .deadline
                .map(|deadline| deadline.saturating_duration_since(Instant::now())),
        })
    }

    /// Waits for a decision, without a place among the runs that work; `None` when the run was
    /// stopped meanwhile.
    async fn decision(&self, asked: AskFor) -> Option<ApprovalVerdict> {
        self.permit.release();
        let waiting = async {
            let verdict = self.shared.approver.ask(asked).await;
            self.permit.regain().await;
            verdict
        };
        self.cancel.run_until_cancelled(waiting).await
    }

    async fn call_tool(&self, call: &ToolCall, offer: &Offer, is_approved: bool) -> ToolResult {
        if offer.answers(&call.name) {
            let answer = offer.answer(call);
            let is_error = answer.is_err();
            return ToolResult {
                call: call.id.clone(),
                name: Some(call.name.clone()),
                content: answer.unwrap_or_else(|why| why),
                is_error,
            };
        }
        let (toolbox, cx) = (self.shared.toolbox(), self.tool_cx());
        if is_approved {
            toolbox.run_approved(call, &cx).await
        } else {
            toolbox.run(call, &cx).await
        }
    }

    fn tool_cx(&self) -> ToolCx {
        ToolCx {
            workspace: self.agent.workspace.clone(),
            agent: self.agent.id.clone(),
            session: self.claim.session.clone(),
            run: self.claim.run.clone(),
            access: self.agent.access.clone(),
            cancel: self.cancel.clone(),
        }
    }
}

/// What the model is told of a call that may not run.
fn refusal(call: &ToolCall, verdict: &ApprovalVerdict) -> Option<ToolResult> {
    let reason = match verdict {
        ApprovalVerdict::AllowOnce | ApprovalVerdict::AllowAlways => return None,
        ApprovalVerdict::Deny { why } => why.clone(),
    };
    Some(ToolResult {
        call: call.id.clone(),
        name: Some(call.name.clone()),
        content: ToolError::Denied { reason }.to_string(),
        is_error: true,
    })
}
