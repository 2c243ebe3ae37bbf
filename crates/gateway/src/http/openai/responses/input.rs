//! `input` of a response, as messages of ours. Source: HTTP API, section 6.

use crate::error::ApiError;
use crate::http::openai::media::Media;
use domain::{Message, Part, Role, ToolCall, ToolCallId, ToolName, ToolResult};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What the items say.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// Text of the roles `system` and `developer`, in order.
    pub(super) system: Vec<String>,
    /// Everything else, in order.
    pub(super) messages: Vec<Message>,
    /// Whether an item refers to one of an earlier response.
    pub(super) refers: bool,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    role: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    call_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
    #[serde(borrow, default)]
    output: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(borrow, default)]
    image_url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    file_data: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    file_url: Option<Cow<'a, str>>,
    #[serde(default)]
    filename: Option<String>,
    #[serde(borrow, default)]
    input_audio: Option<Audio<'a>>,
}

#[derive(Deserialize)]
struct Audio<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(borrow)]
    format: Cow<'a, str>,
}

/// Reads the field: a text, or a list of items.
pub(super) fn read(raw: Option<&str>) -> Result<Input, ApiError> {
    let invalid = || wrong("input: Invalid input");
    let raw = raw.ok_or_else(invalid)?;
    let mut input = Input::default();
    if raw.starts_with('"') {
        let text: String = serde_json::from_str(raw).map_err(|_| invalid())?;
        if !text.is_empty() {
            input.messages.push(Message::user(text));
        }
        return Ok(input);
    }
    if !raw.starts_with('[') {
        return Err(invalid());
    }
    let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| invalid())?;
    let mut media = Media::new("input");
    for (index, raw) in items.into_iter().enumerate() {
        let item: Item<'_> = serde_json::from_str(raw.get()).map_err(|error| {
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            wrong(format!("input.{index}: {what}"))
        })?;
        input.push(item, index, &mut media)?;
    }
    Ok(input)
}

impl Input {
    fn push(&mut self, item: Item<'_>, index: usize, media: &mut Media) -> Result<(), ApiError> {
        let kind = item.kind.as_deref().unwrap_or("message");
        match kind {
            "message" => self.message(&item, index, media),
            "function_call" => {
                let call = call(item, index)?;
                self.assistant().parts.push(Part::ToolCall(call));
                Ok(())
            }
            "function_call_output" => {
                let result = result(item, index)?;
                match self.messages.last_mut() {
                    Some(last) if last.role == Role::Tool => last.parts.push(result),
                    Some(_) | None => self.messages.push(Message {
                        role: Role::Tool,
                        parts: vec![result],
                    }),
                }
                Ok(())
            }
            // What a model thought is kept with the stored response; the client's copy of it adds
            // nothing.
            "reasoning" => Ok(()),
            "item_reference" => {
                self.refers = true;
                Ok(())
            }
            other => Err(wrong(format!(
                "input.{index}.type: '{}' is not supported here; send message, function_call, \
                 function_call_output, reasoning or item_reference",
                shown(other)
            ))),
        }
    }

    fn message(
        &mut self,
        item: &Item<'_>,
        index: usize,
        media: &mut Media,
    ) -> Result<(), ApiError> {
        let parts = parts(item.content, index, media)?;
        match item.role.as_deref() {
            Some("system" | "developer") => {
                let text = joined(parts);
                if !text.is_empty() {
                    self.system.push(text);
                }
            }
            Some("user") => self.messages.push(Message {
                role: Role::User,
                parts,
            }),
            Some("assistant") => self.assistant().parts.extend(parts),
            Some(other) => {
                let other = shown(other);
                return Err(wrong(format!("input.{index}.role: Invalid role '{other}'")));
            }
            None => return Err(wrong(format!("input.{index}.role: Required"))),
        }
        Ok(())
    }

    /// The assistant message under way: its text and its calls are items of their own here.
    fn assistant(&mut self) -> &mut Message {
        let under_way = self
            .messages
            .last()
            .is_some_and(|last| last.role == Role::Assistant);
        if !under_way {
            self.messages.push(Message {
                role: Role::Assistant,
                parts: Vec::new(),
            });
        }
        let last = self.messages.len() - 1;
        #[expect(
            clippy::indexing_slicing,
            reason = "a message was found or pushed just above"
        )]
        &mut self.messages[last]
    }
}

fn call(item: Item<'_>, index: usize) -> Result<ToolCall, ApiError> {
    let required = |text: Option<String>, name: &str| {
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| wrong(format!("input.{index}.{name}: Required")))
    };
    Ok(ToolCall {
        id: ToolCallId::new(required(item.call_id, "call_id")?),
        name: ToolName::new(required(item.name, "name")?),
        arguments: item.arguments.unwrap_or_default(),
    })
}

fn result(item: Item<'_>, index: usize) -> Result<Part, ApiError> {
    let Some(id) = item.call_id.filter(|id| !id.is_empty()) else {
        return Err(wrong(format!("input.{index}.call_id: Required")));
    };
    let invalid = || {
        wrong(format!(
            "input.{index}.output: Invalid input: expected a string or parts of type input_text"
        ))
    };
    let raw = item.output.map(RawValue::get).ok_or_else(invalid)?;
    let content = if raw.starts_with('"') {
        serde_json::from_str::<String>(raw).map_err(|_| invalid())?
    } else {
        let listed: Vec<Content<'_>> = serde_json::from_str(raw).map_err(|_| invalid())?;
        let texts: Option<String> = listed.into_iter().map(|part| part.text).collect();
        texts.ok_or_else(invalid)?
    };
    Ok(Part::ToolResult(ToolResult {
        call: ToolCallId::new(id),
        name: item.name.map(ToolName::new),
        content,
        is_error: false,
    }))
}

fn parts(raw: Option<&RawValue>, index: usize, media: &mut Media) -> Result<Vec<Part>, ApiError> {
    let invalid = || wrong(format!("input.{index}.content: Invalid input"));
    let raw = raw.map(RawValue::get).ok_or_else(invalid)?;
    if raw.starts_with('"') {
        let text: String = serde_json::from_str(raw).map_err(|_| invalid())?;
        return Ok(if text.is_empty() {
            Vec::new()
        } else {
            vec![Part::Text { text }]
        });
    }
    let listed: Vec<Content<'_>> = serde_json::from_str(raw).map_err(|_| invalid())?;
    listed
        .into_iter()
        .map(|content| part(content, index, media))
        .collect()
}

fn part(content: Content<'_>, index: usize, media: &mut Media) -> Result<Part, ApiError> {
    let stored = |what: &str| {
        wrong(format!(
            "input.{index}.content: there are no stored files; send `{what}` as a data: URL"
        ))
    };
    match content.kind.as_ref() {
        "input_text" | "output_text" | "text" => {
            let text = content
                .text
                .ok_or_else(|| wrong(format!("input.{index}.content: a text part needs `text`")))?;
            Ok(Part::Text { text })
        }
        "refusal" => Ok(Part::Text {
            text: content.refusal.unwrap_or_default(),
        }),
        "input_image" => {
            let url = content.image_url.ok_or_else(|| stored("image_url"))?;
            media.image(&url)
        }
        "input_file" => match (content.file_data, content.file_url) {
            (Some(data), _) => media.file(&data, content.filename.as_deref()),
            (None, Some(url)) if url.starts_with("data:") => {
                media.file(&url, content.filename.as_deref())
            }
            (None, Some(_)) => Err(wrong(format!(
                "input.{index}.content: files of other machines are not fetched; send `file_data`"
            ))),
            (None, None) => Err(stored("file_data")),
        },
        "input_audio" => {
            let audio = content.input_audio.ok_or_else(|| {
                wrong(format!(
                    "input.{index}.content: an input_audio part needs `input_audio`"
                ))
            })?;
            media.audio(&audio.data, &audio.format)
        }
        other => Err(wrong(format!(
            "input.{index}.content: part of type '{}' is not supported here; send input_text, \
             input_image, input_file or input_audio",
            shown(other)
        ))),
    }
}

fn joined(parts: Vec<Part>) -> String {
    Message {
        role: Role::User,
        parts,
    }
    .text()
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(32).collect()
}

fn wrong(text: impl Into<String>) -> ApiError {
    ApiError::invalid(text).with_param("input")
}
