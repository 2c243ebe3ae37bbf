//! Makes any history acceptable to a provider.
//!
//! Providers refuse a whole conversation when a tool call has no result, a result has no call, or
//! a message is empty. The log may hold all of that: a run was cut, a message was deleted, another
//! provider was lenient. So what is sent is derived anew for every call, by these rules:
//! results stand right after the message whose calls they answer, in the order of the calls; a
//! call without a result gets one that says so; results without a call, second results of one
//! call, and empty messages, images and files are left out; broken arguments become an empty
//! object; reasoning is sent back only to the provider that left state with it.

use domain::{Message, Part, ProviderId, ProviderState, Role, ToolCall, ToolResult};
use std::collections::HashSet;

/// The result of a call that has none.
pub const NO_RESULT: &str = "no result: the call was interrupted";
/// Arguments that are not a JSON object.
const NO_ARGUMENTS: &str = "{}";

/// Something said, ready for a provider.
#[derive(Debug, Clone, PartialEq)]
pub enum Said<'a> {
    /// By the user: texts, images and files, at least one.
    User(Vec<&'a Part>),
    /// By the model: at least one text or call. Calls have distinct ids; each is answered right
    /// after.
    Assistant(Vec<Piece<'a>>),
    /// What came of a call of the assistant message before.
    Result {
        /// Which call.
        id: &'a str,
        /// Which tool.
        name: &'a str,
        /// The text for the model.
        content: &'a str,
        /// Whether the call failed.
        is_error: bool,
    },
}

/// A piece of what the model said, in the order in which it said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that is not empty.
    Text(&'a str),
    /// Reasoning with the state this provider left; wires that take none skip it.
    Reasoning {
        /// The readable part; may be empty.
        text: &'a str,
        /// What the provider wants back.
        keep: &'a ProviderState,
    },
    /// A call whose arguments are a JSON object.
    Call(Call<'a>),
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

/// The texts among the pieces, in order.
pub fn texts<'a>(pieces: &[Piece<'a>]) -> Vec<&'a str> {
    let text = |piece: &Piece<'a>| match piece {
        Piece::Text(text) => Some(*text),
        Piece::Reasoning { .. } | Piece::Call(_) => None,
    };
    pieces.iter().filter_map(text).collect()
}

/// The calls among the pieces, in order.
pub fn calls<'a>(pieces: &[Piece<'a>]) -> Vec<Call<'a>> {
    let call = |piece: &Piece<'a>| match piece {
        Piece::Call(call) => Some(*call),
        Piece::Reasoning { .. } | Piece::Text(_) => None,
    };
    pieces.iter().filter_map(call).collect()
}

/// Derives what `provider` accepts from `messages`.
pub fn repair<'a>(messages: &'a [Message], provider: &ProviderId) -> Vec<Said<'a>> {
    let mut said = Vec::with_capacity(messages.len());
    let mut rest = messages;
    while let Some((message, after)) = rest.split_first() {
        rest = after;
        match message.role {
            Role::Assistant => assistant(message, after, provider, &mut said),
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

fn assistant<'a>(
    message: &'a Message,
    after: &'a [Message],
    provider: &ProviderId,
    said: &mut Vec<Said<'a>>,
) {
    let mut pieces = Vec::with_capacity(message.parts.len());
    let mut ids = HashSet::new();
    for part in &message.parts {
        match part {
            Part::Text { text } if !text.is_empty() => pieces.push(Piece::Text(text)),
            Part::Reasoning {
                text,
                keep: Some(keep),
            } if keep.provider == *provider => pieces.push(Piece::Reasoning { text, keep }),
            Part::ToolCall(call) => {
                let whole = !call.id.as_str().is_empty() && !call.name.as_str().is_empty();
                if whole && ids.insert(call.id.as_str()) {
                    pieces.push(Piece::Call(callable(call)));
                }
            }
            Part::Text { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Reasoning { .. }
            | Part::ToolResult(_) => {}
        }
    }
    let speaks = |piece: &Piece<'_>| !matches!(piece, Piece::Reasoning { .. });
    if !pieces.iter().any(speaks) {
        return;
    }
    let answered: Vec<Said<'a>> = calls(&pieces)
        .into_iter()
        .map(|call| {
            let result = result_of(call.id, after);
            Said::Result {
                id: call.id,
                name: call.name,
                content: result.map_or(NO_RESULT, |result| result.content.as_str()),
                is_error: result.is_none_or(|result| result.is_error),
            }
        })
        .collect();
    said.push(Said::Assistant(pieces));
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
            | Part::File { .. }
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
        Part::Image { data, .. } | Part::File { data, .. } => !data.0.is_empty(),
        Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => false,
    }
}
