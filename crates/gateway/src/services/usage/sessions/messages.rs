//! What the records of a session log count as.

use domain::{Message, Part, Record, Role, RunOutcome, ToolName};
use protocol::methods::sessions::MessageCounts;

/// What one record adds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard<'a> {
    /// To the counts.
    pub(super) counts: MessageCounts,
    /// The tools that were called.
    pub(super) tools: Vec<&'a ToolName>,
}

impl<'a> Heard<'a> {
    /// `None` for a record that tells of nothing that is counted.
    pub(super) fn of(record: &'a Record) -> Option<Self> {
        let mut heard = Self::default();
        match record {
            Record::TurnAccepted(turn) => turn.input.iter().for_each(|it| heard.message(it)),
            Record::AssistantMessage(said) => heard.message(&said.message),
            Record::ToolFinished(result) => heard.result(result.is_error),
            Record::CommandAnswered(_) => {
                heard.counts.user = 1;
                heard.counts.assistant = 1;
            }
            Record::RunFinished(outcome) => heard.counts.errors = u64::from(!completed(outcome)),
            Record::SessionOpened(_)
            | Record::RunStarted(_)
            | Record::ToolStarted(_)
            | Record::ApprovalDecided(_)
            | Record::SessionReset(_)
            | Record::Trimmed(_)
            | Record::Unknown { .. } => {}
        }
        heard.counts.total = heard.counts.user + heard.counts.assistant;
        (heard != Self::default()).then_some(heard)
    }

    fn message(&mut self, message: &'a Message) {
        match message.role {
            Role::User => self.counts.user += 1,
            Role::Assistant => self.counts.assistant += 1,
            Role::Tool => {}
        }
        for part in &message.parts {
            match part {
                Part::ToolCall(call) => {
                    self.counts.tool_calls += 1;
                    self.tools.push(&call.name);
                }
                Part::ToolResult(result) => self.result(result.is_error),
                Part::Text { .. }
                | Part::Image { .. }
                | Part::File { .. }
                | Part::Reasoning { .. } => {}
            }
        }
    }

    fn result(&mut self, is_error: bool) {
        self.counts.tool_results += 1;
        self.counts.errors += u64::from(is_error);
    }
}

fn completed(outcome: &RunOutcome) -> bool {
    match outcome {
        RunOutcome::Completed { .. } | RunOutcome::AwaitingClient => true,
        RunOutcome::Limited { .. }
        | RunOutcome::Failed { .. }
        | RunOutcome::Aborted { .. }
        | RunOutcome::Interrupted => false,
    }
}

/// Adds counts to others.
pub(super) fn add(to: &mut MessageCounts, more: &MessageCounts) {
    to.total += more.total;
    to.user += more.user;
    to.assistant += more.assistant;
    to.tool_calls += more.tool_calls;
    to.tool_results += more.tool_results;
    to.errors += more.errors;
}
