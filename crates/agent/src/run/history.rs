//! What happened before: the conversation so far, and what an earlier attempt of a run left open.

use super::ask::Question;
use super::{Progress, Run};
use crate::context;
use crate::shared::Shared;
use domain::{Record, Role, RunOutcome, SessionKey, ToolResult};
use state::{Recorded, Seq};

/// Records read from the log at a time.
const PAGE: usize = 1_000;

/// The text a model reads in place of a result that nobody saw.
const UNKNOWN_OUTCOME: &str = "the gateway stopped while this tool was running; whether it took \
    effect is unknown and it was not run again; check before you repeat it";

/// The log of a session from where its conversation begins, oldest first.
pub(super) async fn records(
    shared: &Shared,
    session: &SessionKey,
) -> Result<Vec<Recorded>, state::Error> {
    let row = shared.state.sessions.get(session).await?;
    let start = row.map_or(Seq(1), |row| row.start);
    let mut records = Vec::new();
    let mut after = Seq(start.0.saturating_sub(1));
    loop {
        let page = shared.state.log.read(session, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(records);
        };
        after = last.seq;
        let full = page.len() == PAGE;
        records.extend(page);
        if !full {
            return Ok(records);
        }
    }
}

impl Run<'_> {
    /// Reads the conversation so far.
    pub(super) async fn load(&mut self) -> Result<(), state::Error> {
        if self.start.fresh {
            context::push_turn(&mut self.messages, &self.start.turn);
            return Ok(());
        }
        let records = records(self.shared, &self.claim.session).await?;
        self.messages = context::fold(&records);
        if self
            .messages
            .iter()
            .all(|message| message.role == Role::User)
        {
            // Nothing was said yet, or not since the session was reset: no prompt is continued.
            self.shared.sent.forget(&self.claim.session);
        }
        for recorded in &records {
            if recorded.run.as_ref() == Some(&self.claim.run) {
                self.note_earlier_attempt(&recorded.record);
            }
        }
        Ok(())
    }

    /// What an earlier attempt of this run did counts against its limits, and what it left open is
    /// remembered.
    fn note_earlier_attempt(&mut self, record: &Record) {
        match record {
            Record::AssistantMessage(said) => {
                // The limit itself is checked before the next model call.
                let counted = self.limits.next_step();
                drop(counted);
                self.limits.count(&said.usage, said.cost);
                self.last = Some((**said).clone());
                if !said.incomplete {
                    let calls = said.message.tool_calls().cloned();
                    self.open = calls.map(|call| (call, Progress::Asked)).collect();
                }
            }
            Record::ToolStarted(call) => {
                let counted = self.limits.count_call(call);
                drop(counted);
                for (open, progress) in &mut self.open {
                    if open.id == call.id {
                        *progress = Progress::Started;
                    }
                }
            }
            Record::ToolFinished(result) => self.open.retain(|(open, _)| open.id != result.call),
            Record::SessionOpened(_)
            | Record::TurnAccepted(_)
            | Record::RunStarted(_)
            | Record::ApprovalDecided(_)
            | Record::CommandAnswered(_)
            | Record::RunFinished(_)
            | Record::SessionReset(_)
            | Record::Trimmed(_)
            | Record::Unknown { .. } => {}
        }
    }

    /// After a restart: calls of this run that were started are answered as unknown, the others are
    /// run now. Calls of other runs are none of its business, answered or not. Returns the outcome if
    /// the run ends here.
    pub(super) async fn finish_open_calls(&mut self, question: &Question) -> Option<RunOutcome> {
        let open = std::mem::take(&mut self.open);
        let (unknown, rest): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|(_, progress)| *progress == Progress::Started);
        for (call, _) in unknown {
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
        let rest = rest.into_iter().map(|(call, _)| call).collect();
        self.call_tools(rest, question).await
    }
}
