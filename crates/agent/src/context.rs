//! The conversation a model reads, folded from the session log.

use domain::stamp::stamp;
use domain::{Message, Part, Record, Role, Turn};
use state::Recorded;
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
pub(crate) fn fold<'a>(records: impl IntoIterator<Item = &'a Recorded>) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut waiting = HashMap::new();
    for recorded in records {
        match &recorded.record {
            Record::TurnAccepted(turn) => {
                waiting.insert(recorded.run.as_ref(), turn);
            }
            Record::RunStarted(_) => {
                // A run that is started again was taken out the first time.
                if let Some(turn) = waiting.remove(&recorded.run.as_ref()) {
                    push_turn(&mut messages, turn);
                }
            }
            Record::AssistantMessage(said) if said.incomplete => {
                let text = said.message.text();
                if !text.is_empty() {
                    messages.push(Message::assistant(text));
                }
            }
            Record::AssistantMessage(said) => messages.push(said.message.clone()),
            Record::ToolFinished(result) => push_result(&mut messages, result.clone()),
            Record::SessionOpened(_)
            | Record::ToolStarted(_)
            | Record::RunFinished(_)
            | Record::Unknown { .. } => {}
        }
    }
    messages
}

/// Adds a turn: the client's own context counts only while nothing was said before, or where its
/// tool results answer a call this log does not have.
pub(crate) fn push_turn(messages: &mut Vec<Message>, turn: &Turn) {
    if messages.is_empty() {
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
    let answers = |message: &Message| {
        message.parts.iter().any(|part| match part {
            Part::ToolResult(result) => !known.contains(&result.call),
            Part::Text { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_) => false,
        })
    };
    if !turn.input.iter().any(answers) {
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
