//! From the inner language to the wire.

use super::{LEAST_OUTPUT, REASONING};
use crate::codec::Encoded;
use crate::codec::call_id::{self, Ids};
use crate::codec::encoded::system;
use crate::codec::media::{self, FileKind, IMAGE_LEFT_OUT};
use crate::codec::repair::{Piece, Said, repair};
use crate::wire::openai_responses::{
    ContentItem, Effort, InputItem, ReasoningItem, ResponsesRequest, TextAsk, TextFormat, Tool,
    ToolChoiceDto,
};
use crate::{Error, ModelInfo, ModelRequest};
use domain::{Part, ToolChoice, ToolSpec};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;

/// What a schema without a name is called.
const UNNAMED: &str = "answer";
/// What a document without a name is called.
const DOCUMENT: &str = "document.pdf";
/// Longest name of a tool, in characters.
const LONGEST_NAME: usize = 64;
/// The effort that means no reasoning.
const NO_EFFORT: &str = "none";

pub(super) fn encode(request: &ModelRequest, model: &ModelInfo) -> Result<Encoded, Error> {
    let accept = if request.stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let path = Cow::Borrowed("/responses");
    Encoded::json(&model.provider, path, accept, &wire(request, model))
}

fn wire<'a>(request: &'a ModelRequest, model: &'a ModelInfo) -> ResponsesRequest<'a> {
    let sampling = &request.sampling;
    let effort = sampling.reasoning_effort.as_deref();
    let reasons = reasons(request, model);
    // Models that reason refuse these, unless they are told not to reason.
    let sampled = !reasons || effort == Some(NO_EFFORT);
    let tools: Vec<Tool<'_>> = if model.tools {
        request.tools.iter().map(tool).collect()
    } else {
        Vec::new()
    };
    ResponsesRequest {
        model: model.model.as_str(),
        instructions: system(&request.system),
        input: input(request, model),
        stream: request.stream.then_some(true),
        store: false,
        include: if reasons {
            vec!["reasoning.encrypted_content"]
        } else {
            Vec::new()
        },
        tool_choice: if tools.is_empty() {
            None
        } else {
            tool_choice(&request.tool_choice)
        },
        parallel_tool_calls: sampling.parallel_tool_calls.filter(|_| !tools.is_empty()),
        tools,
        max_output_tokens: sampling.max_tokens.map(|limit| limit.max(LEAST_OUTPUT)),
        temperature: sampling.temperature.filter(|_| sampled),
        top_p: sampling.top_p.filter(|_| sampled),
        reasoning: effort.map(|effort| Effort { effort }),
        text: sampling
            .response_format
            .as_ref()
            .and_then(text_format)
            .map(|format| TextAsk { format }),
        prompt_cache_key: request.cache.key.as_deref(),
    }
}

/// Whether the model is known, or told, to reason.
fn reasons(request: &ModelRequest, model: &ModelInfo) -> bool {
    let effort = request.sampling.reasoning_effort.as_deref();
    model.reasoning || effort.is_some_and(|effort| effort != NO_EFFORT)
}

fn input<'a>(request: &'a ModelRequest, model: &ModelInfo) -> Vec<InputItem<'a>> {
    let mut items = Vec::with_capacity(request.messages.len());
    let mut told = Told {
        reasons: reasons(request, model),
        ..Told::default()
    };
    for said in repair(&request.messages, &model.provider) {
        match said {
            Said::User(parts) => items.push(InputItem::Message {
                role: "user",
                content: parts.iter().filter_map(|part| user(part, model)).collect(),
            }),
            Said::Assistant(pieces) => assistant(&pieces, &mut told, &mut items),
            Said::Result { id, content, .. } => items.push(InputItem::FunctionCallOutput {
                call_id: told.ids.result(id),
                output: content,
            }),
        }
    }
    items
}

/// What may be told only once, or not at all.
#[derive(Default)]
struct Told<'a> {
    /// Whether reasoning may be told at all: models without it refuse that.
    reasons: bool,
    ids: Ids<'a>,
    /// Ids of reasoning items.
    reasoning: HashSet<String>,
}

/// What the model said, in its order. Reasoning goes back only before what it led to, and once:
/// the provider refuses it alone or twice.
fn assistant<'a>(pieces: &[Piece<'a>], told: &mut Told<'a>, items: &mut Vec<InputItem<'a>>) {
    let mut thought = Vec::new();
    for piece in pieces {
        match *piece {
            Piece::Reasoning { keep, .. } => {
                if told.reasons
                    && &*keep.kind == REASONING
                    && let Ok(item) = serde_json::from_str::<ReasoningItem>(&keep.data)
                    && told.reasoning.insert(item.id.clone())
                {
                    thought.push(InputItem::Reasoning(item));
                }
            }
            Piece::Text(text) => {
                items.append(&mut thought);
                items.push(InputItem::Message {
                    role: "assistant",
                    content: vec![ContentItem::OutputText { text }],
                });
            }
            Piece::Call(call) => {
                items.append(&mut thought);
                items.push(InputItem::FunctionCall {
                    call_id: told.ids.call(call.id),
                    name: call_id::name(call.name, LONGEST_NAME),
                    arguments: call.arguments,
                });
            }
        }
    }
}

fn user<'a>(part: &'a Part, model: &ModelInfo) -> Option<ContentItem<'a>> {
    Some(match part {
        Part::Text { text } => ContentItem::InputText {
            text: Cow::Borrowed(text),
        },
        Part::Image { .. } if !model.images => ContentItem::InputText {
            text: Cow::Borrowed(IMAGE_LEFT_OUT),
        },
        Part::Image { media_type, data } if media::is_usual_image(media_type) => {
            ContentItem::InputImage {
                detail: "auto",
                image_url: format!("data:{media_type};base64,{}", data.0),
            }
        }
        Part::Image { media_type, .. } => ContentItem::InputText {
            text: Cow::Owned(media::left_out(media_type)),
        },
        // The format has no place for sound and video.
        Part::File {
            media_type,
            name,
            data,
        } => match media::kind(media_type) {
            FileKind::Document if model.media.documents => ContentItem::InputFile {
                filename: name.as_deref().unwrap_or(DOCUMENT),
                file_data: format!("data:application/pdf;base64,{}", data.0),
            },
            FileKind::Document | FileKind::Audio | FileKind::Video | FileKind::Else => {
                ContentItem::InputText {
                    text: Cow::Owned(media::left_out(media_type)),
                }
            }
        },
        Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => return None,
    })
}

fn tool(spec: &ToolSpec) -> Tool<'_> {
    Tool {
        kind: "function",
        name: spec.name.as_str(),
        description: Some(spec.description.as_str()).filter(|text| !text.is_empty()),
        parameters: &spec.parameters,
        strict: spec.strict.unwrap_or(false),
    }
}

fn tool_choice(choice: &ToolChoice) -> Option<ToolChoiceDto<'_>> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(ToolChoiceDto::Word("none")),
        ToolChoice::Required => Some(ToolChoiceDto::Word("required")),
        ToolChoice::Named { name } => Some(ToolChoiceDto::Function {
            kind: "function",
            name: name.as_str(),
        }),
    }
}

/// The form of text for a `response_format` of chat completions; this format's own spelling, which
/// is the same without the inner object, is read too.
fn text_format(format: &Value) -> Option<TextFormat<'_>> {
    match format.get("type")?.as_str()? {
        "json_object" => Some(TextFormat::JsonObject),
        "json_schema" => {
            let inner = format.get("json_schema").unwrap_or(format);
            let text = |field: &str| inner.get(field).and_then(Value::as_str);
            Some(TextFormat::JsonSchema {
                name: text("name").unwrap_or(UNNAMED),
                description: text("description"),
                schema: inner.get("schema")?,
                strict: inner.get("strict").and_then(Value::as_bool),
            })
        }
        _ => None,
    }
}
