//! The conversation as the service accepts it: roles alternate, a person speaks first and last, and
//! the results of calls follow them.

use super::SIGNATURE;
use crate::ModelInfo;
use crate::codec::call_id;
use crate::codec::media::{self, IMAGE_LEFT_OUT, left_out};
use crate::codec::repair::{Call, Piece, Said, repair};
use crate::wire::gemini::{
    Blob, Content, FunctionCalled, FunctionResponse, FunctionResult, Part, Role,
};
use domain::Message;
use std::borrow::Cow;

/// Stands where a conversation begins with the model, or holds nothing.
const BEGINNING: &str = "[the beginning of the conversation is not here]";
/// Stands where the model spoke last.
const GO_ON: &str = "[go on]";
/// The documented stand-in for the signature of a call that another model made.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";
/// Images the service reads.
const IMAGES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/heic",
    "image/heif",
];

/// Derives what the service accepts.
pub(super) fn contents<'a>(
    messages: &'a [Message],
    model: &ModelInfo,
    wants_signatures: bool,
) -> Vec<Content<'a>> {
    let mut all = Vec::with_capacity(messages.len());
    for item in repair(messages, &model.provider) {
        match item {
            Said::User(parts) => {
                let parts = parts.into_iter().filter_map(|part| user(part, model));
                say(&mut all, Role::User, parts.collect());
            }
            Said::Assistant(pieces) => {
                say(&mut all, Role::Model, assistant(&pieces, wants_signatures));
            }
            Said::Result {
                id,
                name,
                content,
                is_error,
            } => {
                let part = result(id, name, content, is_error);
                say(&mut all, Role::User, vec![part]);
            }
        }
    }
    if all
        .first()
        .is_none_or(|first| first.role == Some(Role::Model))
    {
        all.insert(0, content(Role::User, vec![text(BEGINNING)]));
    }
    if all
        .last()
        .is_some_and(|last| last.role == Some(Role::Model))
    {
        all.push(content(Role::User, vec![text(GO_ON)]));
    }
    all
}

fn content(role: Role, parts: Vec<Part<'_>>) -> Content<'_> {
    Content {
        role: Some(role),
        parts,
    }
}

/// Adds to what the same side said just before, or begins anew.
fn say<'a>(all: &mut Vec<Content<'a>>, role: Role, mut parts: Vec<Part<'a>>) {
    match all.last_mut() {
        Some(last) if last.role == Some(role) => last.parts.append(&mut parts),
        Some(_) | None => all.push(content(role, parts)),
    }
}

/// A text.
pub(super) fn text<'a>(text: impl Into<Cow<'a, str>>) -> Part<'a> {
    Part {
        text: Some(text.into()),
        ..Part::default()
    }
}

fn data<'a>(media_type: &'a str, data: &'a domain::Blob) -> Part<'a> {
    Part {
        inline_data: Some(Blob {
            mime_type: Cow::Borrowed(media_type),
            data: Cow::Borrowed(&data.0),
        }),
        ..Part::default()
    }
}

fn user<'a>(part: &'a domain::Part, model: &ModelInfo) -> Option<Part<'a>> {
    Some(match part {
        domain::Part::Text { text: said } => text(said.as_str()),
        domain::Part::Image { .. } if !model.images => text(IMAGE_LEFT_OUT),
        domain::Part::Image {
            media_type,
            data: bytes,
        } => {
            let known = IMAGES
                .iter()
                .any(|kind| media_type.eq_ignore_ascii_case(kind));
            if known {
                data(media_type, bytes)
            } else {
                text(left_out(media_type))
            }
        }
        domain::Part::File {
            media_type,
            data: bytes,
            ..
        } => {
            if media::reads(model.media, media::kind(media_type)) {
                data(media_type, bytes)
            } else {
                text(left_out(media_type))
            }
        }
        domain::Part::Reasoning { .. }
        | domain::Part::ToolCall(_)
        | domain::Part::ToolResult(_) => return None,
    })
}

/// What the model said, each signature on the piece it came with.
fn assistant<'a>(pieces: &[Piece<'a>], wants_signatures: bool) -> Vec<Part<'a>> {
    let mut parts = Vec::with_capacity(pieces.len());
    let mut signature: Option<Cow<'a, str>> = None;
    let mut called = false;
    for piece in pieces {
        match *piece {
            Piece::Reasoning {
                text: thought,
                keep,
            } if &*keep.kind == SIGNATURE => {
                let kept = Cow::Borrowed(&*keep.data);
                if thought.is_empty() {
                    parts.extend(signature.replace(kept).map(bare));
                } else {
                    parts.push(Part {
                        thought: Some(true),
                        thought_signature: Some(kept),
                        ..text(thought)
                    });
                }
            }
            Piece::Reasoning { .. } => {}
            Piece::Text(said) => parts.push(Part {
                thought_signature: signature.take(),
                ..text(said)
            }),
            Piece::Call(made) => {
                // Of calls made side by side only the first has one.
                let stand_in = (wants_signatures && !called).then_some(Cow::Borrowed(NO_SIGNATURE));
                called = true;
                parts.push(Part {
                    thought_signature: signature.take().or(stand_in),
                    function_call: Some(call(made)),
                    ..Part::default()
                });
            }
        }
    }
    parts.extend(signature.map(bare));
    parts
}

/// A signature that came with nothing, at the end of a stream.
fn bare(signature: Cow<'_, str>) -> Part<'_> {
    Part {
        thought_signature: Some(signature),
        ..text("")
    }
}

fn call(call: Call<'_>) -> FunctionCalled<'_> {
    FunctionCalled {
        id: call_id::usual(call.id),
        name: Cow::Borrowed(call.name),
        args: serde_json::from_str(call.arguments).ok(),
    }
}

fn result<'a>(id: &'a str, name: &'a str, content: &'a str, is_error: bool) -> Part<'a> {
    let content = Cow::Borrowed(content);
    Part {
        function_response: Some(FunctionResponse {
            id: call_id::usual(id),
            name: Cow::Borrowed(name),
            response: if is_error {
                FunctionResult::Error(content)
            } else {
                FunctionResult::Output(content)
            },
        }),
        ..Part::default()
    }
}
