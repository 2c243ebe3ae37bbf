//! `messages` of a chat completion, as messages of ours.

use super::media::Media;
use crate::error::ApiError;
use domain::{Message, Part, Role, ToolCall, ToolCallId, ToolName, ToolResult};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The conversation of a request.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// `system` and `developer` text, in order.
    pub(super) instructions: Vec<String>,
    /// Everything else, in order; results of tools that follow each other are one message.
    pub(super) messages: Vec<Message>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
    #[serde(default)]
    tool_call_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct WireCall {
    #[serde(default)]
    id: String,
    function: WireFunction,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
struct WirePart<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    text: Option<String>,
    #[serde(borrow, default)]
    image_url: Option<&'a RawValue>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(borrow, default)]
    file: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input_audio: Option<&'a RawValue>,
}

/// Reads the `messages` array.
pub(super) fn conversation(raw: Option<&str>) -> Result<Conversation, ApiError> {
    let mut conversation = Conversation::default();
    let Some(raw) = raw else {
        return Ok(conversation);
    };
    if !raw.starts_with('[') {
        return Err(wrong("messages: Invalid input: expected array"));
    }
    let listed: Vec<&RawValue> =
        serde_json::from_str(raw).map_err(|_| wrong("messages: Invalid input: expected array"))?;
    let mut media = Media::new("messages");
    for (index, raw) in listed.into_iter().enumerate() {
        if !raw.get().starts_with('{') {
            return Err(wrong(format!(
                "messages.{index}: Invalid input: expected object"
            )));
        }
        let message: WireMessage<'_> = serde_json::from_str(raw.get()).map_err(|error| {
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            wrong(format!("messages.{index}: {what}"))
        })?;
        push(&mut conversation, message, index, &mut media)?;
    }
    Ok(conversation)
}

fn push(
    conversation: &mut Conversation,
    message: WireMessage<'_>,
    index: usize,
    media: &mut Media,
) -> Result<(), ApiError> {
    match message.role.as_ref() {
        "system" | "developer" => {
            let text = joined(parts(message.content, index, media)?);
            if !text.is_empty() {
                conversation.instructions.push(text);
            }
        }
        "user" => {
            let parts = parts(message.content, index, media)?;
            conversation.messages.push(Message {
                role: Role::User,
                parts,
            });
        }
        "assistant" => {
            let mut all = parts(message.content, index, media)?;
            for (place, call) in message.tool_calls.into_iter().flatten().enumerate() {
                all.push(Part::ToolCall(assistant_call(call, index, place)?));
            }
            conversation.messages.push(Message {
                role: Role::Assistant,
                parts: all,
            });
        }
        "tool" | "function" => {
            let Some(id) = message
                .tool_call_id
                .or(message.name.clone())
                .filter(|id| !id.is_empty())
            else {
                return Err(wrong(format!("messages.{index}.tool_call_id: Required")));
            };
            let result = Part::ToolResult(ToolResult {
                call: ToolCallId::new(id),
                name: message.name.map(ToolName::new),
                content: joined(parts(message.content, index, media)?),
                is_error: false,
            });
            match conversation.messages.last_mut() {
                Some(last) if last.role == Role::Tool => last.parts.push(result),
                _ => {
                    conversation.messages.push(Message {
                        role: Role::Tool,
                        parts: vec![result],
                    });
                }
            }
        }
        other => {
            let other: String = other.chars().filter(|c| !c.is_control()).take(32).collect();
            return Err(wrong(format!(
                "messages.{index}.role: Invalid role '{other}'"
            )));
        }
    }
    Ok(())
}

fn assistant_call(call: WireCall, index: usize, place: usize) -> Result<ToolCall, ApiError> {
    if call.id.is_empty() || call.function.name.is_empty() {
        return Err(wrong(format!(
            "messages.{index}.tool_calls.{place}: a call needs an `id` and a function `name`"
        )));
    }
    Ok(ToolCall {
        id: ToolCallId::new(call.id),
        name: ToolName::new(call.function.name),
        arguments: call.function.arguments,
    })
}

fn parts(raw: Option<&RawValue>, index: usize, media: &mut Media) -> Result<Vec<Part>, ApiError> {
    let Some(raw) = raw.map(RawValue::get) else {
        return Ok(Vec::new());
    };
    let invalid = || wrong(format!("messages.{index}.content: Invalid input"));
    if raw.starts_with('"') {
        let text: String = serde_json::from_str(raw).map_err(|_| invalid())?;
        return Ok(if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::Text { text }]
        });
    }
    let listed: Vec<WirePart<'_>> = serde_json::from_str(raw).map_err(|_| invalid())?;
    let mut parts = Vec::with_capacity(listed.len());
    for part in listed {
        match (part.kind.as_ref(), part.text, part.image_url) {
            ("text" | "input_text" | "output_text", Some(text), _) => {
                parts.push(Part::Text { text });
            }
            ("image_url", _, Some(image)) => {
                // An address that is none is refused like one that leads elsewhere.
                parts.push(media.image(&address(image).unwrap_or_default())?);
            }
            ("file", _, _) => parts.push(file(part.file, index, media)?),
            ("input_audio", _, _) => parts.push(audio(part.input_audio, index, media)?),
            ("refusal", _, _) => {
                parts.push(Part::Text {
                    text: part.refusal.unwrap_or_default(),
                });
            }
            (other, _, _) => {
                let other: String = other.chars().filter(|c| !c.is_control()).take(32).collect();
                return Err(wrong(format!(
                    "messages.{index}.content: part of type '{other}' is not supported here; \
                     send text, image_url, file or input_audio"
                )));
            }
        }
    }
    Ok(parts)
}

fn file(raw: Option<&RawValue>, index: usize, media: &mut Media) -> Result<Part, ApiError> {
    #[derive(Deserialize)]
    struct File<'a> {
        #[serde(borrow)]
        file_data: Cow<'a, str>,
        #[serde(default)]
        filename: Option<String>,
    }
    let read = raw.and_then(|raw| serde_json::from_str::<File<'_>>(raw.get()).ok());
    let Some(file) = read else {
        return Err(wrong(format!(
            "messages.{index}.content: a file part needs `file.file_data`; there are no stored files"
        )));
    };
    media.file(&file.file_data, file.filename.as_deref())
}

fn audio(raw: Option<&RawValue>, index: usize, media: &mut Media) -> Result<Part, ApiError> {
    #[derive(Deserialize)]
    struct Audio<'a> {
        #[serde(borrow)]
        data: Cow<'a, str>,
        #[serde(borrow)]
        format: Cow<'a, str>,
    }
    let read = raw.and_then(|raw| serde_json::from_str::<Audio<'_>>(raw.get()).ok());
    let Some(audio) = read else {
        return Err(wrong(format!(
            "messages.{index}.content: an input_audio part needs `data` and `format`"
        )));
    };
    media.audio(&audio.data, &audio.format)
}

fn joined(parts: Vec<Part>) -> String {
    Message {
        role: Role::User,
        parts,
    }
    .text()
}

/// An image's address, alone or in an object.
fn address(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Url<'a> {
        #[serde(borrow)]
        url: Cow<'a, str>,
    }
    if raw.get().starts_with('"') {
        return serde_json::from_str(raw.get()).ok();
    }
    let object: Url<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(object.url)
}

fn wrong(text: impl Into<String>) -> ApiError {
    ApiError::invalid(text).with_param("messages")
}
