//! The conversation a model reads, folded from the session log.

use domain::stamp::stamp;
use domain::{Message, Part, Record, Role, RunId, ToolCallId, Turn};
use state::{Recorded, Seq};
use std::collections::{HashMap, HashSet};

/// Rough size of one token in bytes of text, for fitting only; never for billing.
const BYTES_PER_TOKEN: usize = 4;

/// What an image counts for when fitting.
const IMAGE_TOKENS: usize = 1_500;

/// The part of a context window kept free for what estimates miss, as a divisor.
const MARGIN: usize = 10;

/// In how many steps of the window room is reserved.
const RESERVE_STEPS: usize = 16;

/// Folds records into messages, oldest first. A turn is part of the conversation from the start of its
/// run on: until then it waits in the lane, whatever was accepted before or after it.
pub(crate) fn fold(records: &[Recorded]) -> Vec<Message> {
    let (start, is_trimmed) = beginning(records);
    let mut fold = Fold {
        is_trimmed,
        ..Fold::default()
    };
    for recorded in records.iter().filter(|it| it.seq >= start) {
        fold.add(recorded);
    }
    fold.messages
}

/// Where the conversation begins, and whether something was said before that still goes on.
fn beginning(records: &[Recorded]) -> (Seq, bool) {
    let found = records.iter().rev().find_map(|it| match &it.record {
        Record::SessionReset(_) => Some((Seq(it.seq.0.saturating_add(1)), false)),
        Record::Trimmed(trimmed) => Some((Seq(trimmed.before), true)),
        Record::SessionOpened(_)
        | Record::TurnAccepted(_)
        | Record::RunStarted(_)
        | Record::AssistantMessage(_)
        | Record::ToolStarted(_)
        | Record::CommandAnswered(_)
        | Record::ToolFinished(_)
        | Record::ApprovalDecided(_)
        | Record::RunFinished(_)
        | Record::Unknown { .. } => None,
    });
    found.unwrap_or((Seq(0), false))
}

/// A conversation being folded.
#[derive(Default)]
struct Fold<'a> {
    messages: Vec<Message>,
    /// Whether its beginning was cut off.
    is_trimmed: bool,
    /// Turns whose runs did not start yet.
    waiting: HashMap<Option<&'a RunId>, &'a Turn>,
    /// The run under way.
    active: Option<&'a RunId>,
    /// What was noted while a run was under way or the results of calls were missing: it stands
    /// behind them, so that a provider sees each call followed by its result.
    noted: Vec<Message>,
}

impl<'a> Fold<'a> {
    fn add(&mut self, recorded: &'a Recorded) {
        let run = recorded.run.as_ref();
        match &recorded.record {
            Record::TurnAccepted(turn) => {
                self.waiting.insert(run, turn);
            }
            Record::RunStarted(_) => {
                // A run that is started again was taken out the first time.
                if let Some(turn) = self.waiting.remove(&run) {
                    self.put_notes();
                    push_said(&mut self.messages, turn, !self.is_trimmed);
                }
                self.active = run;
            }
            Record::AssistantMessage(said) => {
                let message = if said.incomplete {
                    Message::assistant(said.message.text())
                } else {
                    said.message.clone()
                };
                let is_empty = said.incomplete && message.text().is_empty();
                match run {
                    _ if is_empty => {}
                    Some(_) => self.messages.push(message),
                    None => self.noted.push(message),
                }
                if self.active.is_none() {
                    self.put_notes();
                }
            }
            Record::ToolFinished(result) => push_result(&mut self.messages, result.clone()),
            Record::RunFinished(_) => {
                self.active = None;
                self.put_notes();
            }
            Record::SessionOpened(_)
            | Record::ToolStarted(_)
            | Record::CommandAnswered(_)
            | Record::ApprovalDecided(_)
            | Record::SessionReset(_)
            | Record::Trimmed(_)
            | Record::Unknown { .. } => {}
        }
    }

    /// Puts notes into the conversation, unless results are still missing.
    fn put_notes(&mut self) {
        if !has_open_calls(&self.messages) {
            self.messages.append(&mut self.noted);
        }
    }
}

/// Whether a call of the last answer has no result yet.
fn has_open_calls(messages: &[Message]) -> bool {
    let said = messages.iter().rposition(|it| it.role == Role::Assistant);
    let Some((said, after)) = said.and_then(|at| messages.get(at..)?.split_first()) else {
        return false;
    };
    let answered: HashSet<_> = after
        .iter()
        .flat_map(|message| &message.parts)
        .filter_map(answers)
        .collect();
    said.tool_calls().any(|call| !answered.contains(&call.id))
}

/// The call a part answers.
fn answers(part: &Part) -> Option<&ToolCallId> {
    match part {
        Part::ToolResult(result) => Some(&result.call),
        Part::Text { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Reasoning { .. }
        | Part::ToolCall(_) => None,
    }
}

/// Adds a turn: the client's own context counts only while nothing was said before, or where its
/// tool results answer a call this log does not have.
pub(crate) fn push_turn(messages: &mut Vec<Message>, turn: &Turn) {
    push_said(messages, turn, true);
}

/// Adds a turn. `first` tells that nothing was said before `messages`.
fn push_said(messages: &mut Vec<Message>, turn: &Turn, first: bool) {
    if first && messages.is_empty() {
        messages.extend(turn.context.iter().cloned());
    } else if let Some(call) = missing_call(messages, turn) {
        messages.push(call.clone());
    }
    let before = messages.len();
    messages.extend(turn.input.iter().cloned());
    let new = messages.iter_mut().skip(before);
    let last_said = new.rev().find(|message| message.role == Role::User);
    if let (Some(said), Some(at)) = (last_said, turn.at) {
        let text = stamp(at);
        said.parts.push(Part::Text { text });
    }
}

fn missing_call<'t>(messages: &[Message], turn: &'t Turn) -> Option<&'t Message> {
    let known: HashSet<_> = messages
        .iter()
        .flat_map(Message::tool_calls)
        .map(|call| &call.id)
        .collect();
    let unknown = |call| !known.contains(call);
    let mut parts = turn.input.iter().flat_map(|message| &message.parts);
    if !parts.any(|part| answers(part).is_some_and(unknown)) {
        return None;
    }
    turn.context
        .iter()
        .rev()
        .find(|message| message.tool_calls().next().is_some())
}

pub(crate) fn push_result(messages: &mut Vec<Message>, result: domain::ToolResult) {
    let part = Part::ToolResult(result);
    match messages.last_mut() {
        Some(last) if last.role == Role::Tool => last.parts.push(part),
        _ => messages.push(Message {
            role: Role::Tool,
            parts: vec![part],
        }),
    }
}

/// Drops the oldest messages when all are likely not to fit `window` tokens beside `reserved` ones,
/// and returns how many. It cuts only before a user message, and the last user message and all after
/// it stay.
///
/// A cut leaves half of the room free, so that the beginning stays the same for many turns after it.
/// Where it cuts follows from the messages in their order alone: more messages at the end leave
/// earlier cuts where they were.
pub(crate) fn fit(messages: &mut Vec<Message>, window: Option<u32>, reserved: usize) -> usize {
    let Some(window) = window.and_then(|tokens| usize::try_from(tokens).ok()) else {
        return 0;
    };
    // In steps, so that a little more or less system text does not move a cut.
    let reserved = reserved.next_multiple_of((window / RESERVE_STEPS).max(1));
    let room = window
        .saturating_sub(window / MARGIN)
        .saturating_sub(reserved);
    let sizes: Vec<usize> = messages.iter().map(tokens).collect();
    let mut start = 0;
    let mut size = 0;
    for (index, message) in messages.iter().enumerate() {
        size += sizes.get(index).copied().unwrap_or_default();
        if size > room && message.role != Role::Assistant {
            (start, size) = cut(messages, &sizes, start..index + 1, room / 2);
        }
    }
    messages.drain(..start);
    start
}

/// The first user message of `among` with which the rest has at most `room` tokens, else the last
/// user message; and the size from there.
fn cut(
    messages: &[Message],
    sizes: &[usize],
    among: std::ops::Range<usize>,
    room: usize,
) -> (usize, usize) {
    let old = among.start;
    let mut size = 0;
    let mut best = None;
    for index in among.rev() {
        size += sizes.get(index).copied().unwrap_or_default();
        let user = messages.get(index).is_some_and(|m| m.role == Role::User);
        if user && (best.is_none() || size <= room) {
            best = Some((index, size));
        }
    }
    best.unwrap_or((old, size))
}

/// Drops the older half of the messages, for a model that says they do not fit, and returns how many.
/// It cuts as [`fit`] does.
pub(crate) fn halve(messages: &mut Vec<Message>) -> usize {
    let sizes: Vec<usize> = messages.iter().map(tokens).collect();
    let all = sizes.iter().sum::<usize>();
    let (start, _) = cut(messages, &sizes, 0..messages.len(), all / 2);
    messages.drain(..start);
    start
}

/// A rough size of a message in tokens.
pub(crate) fn tokens(message: &Message) -> usize {
    message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text { text } | Part::Reasoning { text, .. } => text.len() / BYTES_PER_TOKEN,
            Part::Image { .. } => IMAGE_TOKENS,
            Part::File { data, .. } => data.0.len() / BYTES_PER_TOKEN,
            Part::ToolCall(call) => (call.arguments.len() + 40) / BYTES_PER_TOKEN,
            Part::ToolResult(result) => result.content.len() / BYTES_PER_TOKEN,
        })
        .sum::<usize>()
        + 4
}

#[cfg(test)]
mod tests;
