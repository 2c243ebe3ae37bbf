//! What happened before: the conversation so far, and what an earlier attempt of a run left open.

use super::{Run, failed};
use crate::context;
use domain::{FailureKind, Part, Record, RunOutcome, ToolCallId, ToolResult};
use state::{Recorded, Seq};
use std::collections::HashSet;

/// Records read from the log at a time.
const PAGE: usize = 1_000;

/// The text a model reads in place of a result that nobody saw.
const UNKNOWN_OUTCOME: &str = "the gateway stopped while this tool was running; whether it took \
    effect is unknown and it was not run again; check before you repeat it";

impl Run<'_> {
    /// Reads the conversation so far.
    pub(super) async fn load(&mut self) -> Result<(), state::Error> {
        if self.start.fresh {
            context::push_turn(&mut self.messages, &self.start.turn);
            return Ok(());
        }
        let records = self.records().await?;
        self.messages = context::fold(&records);
        for recorded in &records {
            if recorded.run.as_ref() == Some(&self.claim.run) {
                self.count_earlier_attempt(&recorded.record);
            }
        }
        Ok(())
    }

    async fn records(&self) -> Result<Vec<Recorded>, state::Error> {
        let mut records = Vec::new();
        let mut after = Seq(0);
        loop {
            let page = self.shared.state.log.read(&self.claim.session, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(records) };
            after = last.seq;
            let full = page.len() == PAGE;
            records.extend(page);
            if !full {
                return Ok(records);
            }
        }
    }

    /// What an earlier attempt of this run did counts against its limits.
    fn count_earlier_attempt(&mut self, record: &Record) {
        match record {
            Record::AssistantMessage(said) => {
                // The limit itself is checked before the next model call.
                let counted = self.limits.next_step();
                drop(counted);
                self.limits.count(&said.usage, said.cost);
                self.last = Some((**said).clone());
            }
            Record::ToolStarted(call) => {
                let counted = self.limits.count_call(call);
                drop(counted);
            }
            Record::SessionOpened(_)
            | Record::TurnAccepted(_)
            | Record::RunStarted(_)
            | Record::ToolFinished(_)
            | Record::RunFinished(_)
            | Record::Unknown { .. } => {}
        }
    }

    /// After a restart: calls that were started are answered as unknown, the others are run now.
    /// Returns the outcome if the run ends here.
    pub(super) async fn finish_open_calls(&mut self) -> Option<RunOutcome> {
        if self.claim.attempt <= 1 {
            return None;
        }
        let started = match self.started_calls().await {
            Ok(started) => started,
            Err(error) => {
                let message = format!("cannot read the session: {error}");
                return Some(failed(FailureKind::Internal, message));
            }
        };
        let Some(asked) = self.messages.iter().rposition(|m| m.tool_calls().next().is_some())
        else {
            return None;
        };
        let answered: HashSet<_> = self
            .messages
            .iter()
            .skip(asked)
            .flat_map(|message| &message.parts)
            .filter_map(|part| match part {
                Part::ToolResult(result) => Some(result.call.clone()),
                Part::Text { .. } | Part::Image { .. } | Part::Reasoning { .. } | Part::ToolCall(_) => {
                    None
                }
            })
            .collect();
        let open: Vec<_> = self
            .messages
            .get(asked)
            .into_iter()
            .flat_map(|message| message.tool_calls())
            .filter(|call| !answered.contains(&call.id))
            .cloned()
            .collect();
        let (unknown, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|call| started.contains(&call.id));
        for call in unknown {
            let result = ToolResult {
                call: call.id,
                name: Some(call.name),
                content: UNKNOWN_OUTCOME.to_owned(),
                is_error: true,
            };
            context::push_result(&mut self.messages, result.clone());
            self.unsaved.push(Record::ToolFinished(result));
        }
        if rest.is_empty() {
            return None;
        }
        let client = self.start.turn.client_tools.iter().map(|tool| tool.name.clone()).collect();
        self.call_tools(rest, &client).await
    }

    async fn started_calls(&self) -> Result<HashSet<ToolCallId>, state::Error> {
        let mut started = HashSet::new();
        for recorded in self.records().await? {
            if let Record::ToolStarted(call) = recorded.record
                && recorded.run.as_ref() == Some(&self.claim.run)
            {
                started.insert(call.id);
            }
        }
        Ok(started)
    }
}
