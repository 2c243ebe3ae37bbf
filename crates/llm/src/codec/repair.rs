//! Makes any history acceptable to a provider.
//!
//! Providers refuse a whole conversation when a tool call has no result, a result has no call, or
//! a message is empty. The log may hold all of that: a run was cut, a message was deleted, another
//! provider was lenient. So what is sent is derived anew for every call, by these rules:
//! results stand right after the message whose calls they answer, in the order of the calls; a
//! call without a result gets one that says so; results without a call, second results of one
//! call, and empty messages are left out; broken arguments become an empty object.

use domain::{Message, Part, Role, ToolCall, ToolResult};
use std::collections::HashSet;

/// The result of a call that has none.
pub const NO_RESULT: &str = "no result: the call was interrupted";
/// Arguments that are not a JSON object.
const NO_ARGUMENTS: &str = "{}";

/// Something said, ready for a provider.
#[derive(Debug, Clone, PartialEq)]
pub enum Said<'a> {
    /// By the user: texts and images, at least one.
    User(Vec<&'a Part>),
    /// By the model: at least one text or call.
    Assistant {
        /// Texts that are not empty.
        texts: Vec<&'a str>,
        /// Calls with distinct ids; each is answered right after.
        calls: Vec<Call<'a>>,
    },
    /// What came of a call of the assistant message before.
    Result {
        /// Which call.
        id: &'a str,
        /// The text for the model.
        content: &'a str,
    },
}

/// A call whose arguments are a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    /// Ties the result to the call; not empty.
    pub id: &'a str,
    /// Which tool; not empty.
    pub name: &'a str,
    /// JSON text of an object.
    pub arguments: &'a str,
}

/// Derives what a provider accepts from `messages`.
pub fn repair(messages: &[Message]) -> Vec<Said<'_>> {
    let mut said = Vec::with_capacity(messages.len());
    let mut rest = messages;
    while let Some((message, after)) = rest.split_first() {
        rest = after;
        match message.role {
            Role::Assistant => assistant(message, after, &mut said),
            Role::User => {
                let parts: Vec<&Part> = message.parts.iter().filter(|part| is_said(part)).collect();
                if !parts.is_empty() {
                    said.push(Said::User(parts));
                }
            }
            // Results are placed with their calls.
            Role::Tool => {}
        }
    }
    said
}

fn assistant<'a>(message: &'a Message, after: &'a [Message], said: &mut Vec<Said<'a>>) {
    let mut texts = Vec::new();
    let mut calls: Vec<Call<'a>> = Vec::new();
    let mut ids = HashSet::new();
    for part in &message.parts {
        match part {
            Part::Text { text } if !text.is_empty() => texts.push(text.as_str()),
            Part::ToolCall(call) => {
                let whole = !call.id.as_str().is_empty() && !call.name.as_str().is_empty();
                if whole && ids.insert(call.id.as_str()) {
                    calls.push(callable(call));
                }
            }
            Part::Text { .. }
            | Part::Image { .. }
            | Part::Reasoning { .. }
            | Part::ToolResult(_) => {}
        }
    }
    if texts.is_empty() && calls.is_empty() {
        return;
    }
    let answered: Vec<Said<'a>> = calls
        .iter()
        .map(|call| Said::Result {
            id: call.id,
            content: result_of(call.id, after).map_or(NO_RESULT, |result| result.content.as_str()),
        })
        .collect();
    said.push(Said::Assistant { texts, calls });
    said.extend(answered);
}

/// The first result of a call before the model speaks again.
fn result_of<'a>(id: &str, after: &'a [Message]) -> Option<&'a ToolResult> {
    let turn = after
        .iter()
        .take_while(|message| message.role != Role::Assistant);
    turn.flat_map(|message| &message.parts)
        .find_map(|part| match part {
            Part::ToolResult(result) if result.call.as_str() == id => Some(result),
            Part::ToolResult(_)
            | Part::Text { .. }
            | Part::Image { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_) => None,
        })
}

fn callable(call: &ToolCall) -> Call<'_> {
    let text = call.arguments.as_str();
    let object = text.trim_start().starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    Call {
        id: call.id.as_str(),
        name: call.name.as_str(),
        arguments: if object { text } else { NO_ARGUMENTS },
    }
}

fn is_said(part: &Part) -> bool {
    match part {
        Part::Text { text } => !text.is_empty(),
        Part::Image { .. } => true,
        Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => false,
    }
}
