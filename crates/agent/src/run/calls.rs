//! The tool calls of a step.

use super::ask::Question;
use super::{Run, unsaved};
use crate::context;
use domain::{Record, RunOutcome, ToolCall, ToolResult};
use tools::{Offer, ToolCx};

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
            self.unsaved.push(Record::ToolStarted(call.clone()));
            if let Err(error) = self.save().await {
                return Some(unsaved(&error));
            }
            let result = self.call_tool(&call, &question.offer).await;
            context::push_result(&mut self.messages, result.clone());
            self.unsaved.push(Record::ToolFinished(result));
        }
        if theirs.is_empty() {
            // What a tool did is on disk before the model hears of it.
            return self.save().await.err().map(|error| unsaved(&error));
        }
        Some(RunOutcome::AwaitingClient)
    }

    async fn call_tool(&self, call: &ToolCall, offer: &Offer) -> ToolResult {
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
        let cx = ToolCx {
            workspace: self.agent.workspace.clone(),
            agent: self.agent.id.clone(),
            session: self.claim.session.clone(),
            run: self.claim.run.clone(),
            access: self.agent.access.clone(),
            cancel: self.cancel.clone(),
        };
        self.shared.toolbox().run(call, &cx).await
    }
}
