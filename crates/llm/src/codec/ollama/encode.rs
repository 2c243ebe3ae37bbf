//! From the inner language to the wire.

use super::THINKING;
use crate::codec::Encoded;
use crate::codec::encoded::{joined, system};
use crate::codec::media::{self, IMAGE_LEFT_OUT};
use crate::codec::openai_chat::tool;
use crate::codec::repair::{self, Call, Piece, Said, repair};
use crate::wire::ollama::{
    CallDto, CallFunctionDto, ChatMessage, ChatRequest, Format, Options, Think,
};
use crate::wire::openai_chat::Tool;
use crate::{Error, ModelInfo, ModelRequest};
use domain::{Part, ToolChoice, ToolSpec};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Models of this family are told how hard to think; others only whether to.
const LEVELS: &str = "gpt-oss";

pub(super) fn encode(request: &ModelRequest, model: &ModelInfo) -> Result<Encoded, Error> {
    let accept = if request.stream {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let path = Cow::Borrowed("/api/chat");
    Encoded::json(&model.provider, path, accept, &wire(request, model))
}

fn wire<'a>(request: &'a ModelRequest, model: &'a ModelInfo) -> ChatRequest<'a> {
    let sampling = &request.sampling;
    ChatRequest {
        model: model.model.as_str(),
        messages: messages(request, model),
        stream: request.stream,
        tools: tools(request, model),
        think: sampling
            .reasoning_effort
            .as_deref()
            .and_then(|effort| think(effort, model)),
        format: sampling.response_format.as_ref().and_then(format),
        options: Options {
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            seed: sampling.seed,
            stop: &sampling.stop,
            presence_penalty: sampling.presence_penalty,
            frequency_penalty: sampling.frequency_penalty,
            num_predict: sampling.max_tokens,
            num_ctx: model.context_window,
        },
    }
}

/// The format cannot ask for a call, so a named tool is the only one on offer.
fn tools<'a>(request: &'a ModelRequest, model: &ModelInfo) -> Vec<Tool<'a>> {
    let offered = |spec: &&ToolSpec| match &request.tool_choice {
        ToolChoice::Auto | ToolChoice::Required => true,
        ToolChoice::None => false,
        ToolChoice::Named { name } => spec.name == *name,
    };
    let tools = request.tools.iter().filter(|_| model.tools);
    tools.filter(offered).map(tool).collect()
}

/// A model that is not known to think refuses to be told to.
fn think<'a>(effort: &'a str, model: &ModelInfo) -> Option<Think<'a>> {
    match effort {
        "none" => Some(Think::Whether(false)),
        "low" | "medium" | "high" if model.model.as_str().contains(LEVELS) => {
            Some(Think::Level(effort))
        }
        _ => model.reasoning.then_some(Think::Whether(true)),
    }
}

fn format(asked: &Value) -> Option<Format<'_>> {
    match asked.get("type")?.as_str()? {
        "json_object" => Some(Format::Word("json")),
        "json_schema" => {
            let inner = asked.get("json_schema").unwrap_or(asked);
            Some(Format::Schema(inner.get("schema")?))
        }
        _ => None,
    }
}

fn messages<'a>(request: &'a ModelRequest, model: &ModelInfo) -> Vec<ChatMessage<'a>> {
    let mut all = Vec::with_capacity(request.messages.len() + 1);
    if let Some(content) = system(&request.system) {
        all.push(ChatMessage {
            role: "system",
            content,
            ..ChatMessage::default()
        });
    }
    for said in repair(&request.messages, &model.provider) {
        all.push(match said {
            Said::User(parts) => user(&parts, model),
            Said::Assistant(pieces) => ChatMessage {
                role: "assistant",
                content: joined(&repair::texts(&pieces), ""),
                thinking: thought(&pieces),
                tool_calls: repair::calls(&pieces)
                    .into_iter()
                    .filter_map(call)
                    .collect(),
                ..ChatMessage::default()
            },
            Said::Result { name, content, .. } => ChatMessage {
                role: "tool",
                content: Cow::Borrowed(content),
                tool_name: Some(name),
                ..ChatMessage::default()
            },
        });
    }
    all
}

/// Arguments are an object whenever they come from [`repair`].
fn call<'a>(call: Call<'a>) -> Option<CallDto<'a>> {
    let arguments: &'a RawValue = serde_json::from_str(call.arguments).ok()?;
    Some(CallDto {
        function: CallFunctionDto {
            name: call.name,
            arguments,
        },
    })
}

fn thought<'a>(pieces: &[Piece<'a>]) -> Option<Cow<'a, str>> {
    let thoughts: Vec<&str> = pieces
        .iter()
        .filter_map(|piece| match *piece {
            Piece::Reasoning { text, keep } if &*keep.kind == THINKING => Some(text),
            Piece::Reasoning { .. } | Piece::Text(_) | Piece::Call(_) => None,
        })
        .collect();
    (!thoughts.is_empty()).then(|| joined(&thoughts, ""))
}

fn user<'a>(parts: &[&'a Part], model: &ModelInfo) -> ChatMessage<'a> {
    let mut texts: Vec<Cow<'a, str>> = Vec::with_capacity(parts.len());
    let mut images = Vec::new();
    for part in parts {
        match part {
            Part::Text { text } => texts.push(Cow::Borrowed(text)),
            Part::Image { data, .. } if model.images => {
                images.push(&*data.0);
            }
            Part::Image { .. } => texts.push(Cow::Borrowed(IMAGE_LEFT_OUT)),
            // The format has a place for images only.
            Part::File { media_type, .. } => texts.push(Cow::Owned(media::left_out(media_type))),
            Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {}
        }
    }
    let content = match <[Cow<'a, str>; 1]>::try_from(texts) {
        Ok([one]) => one,
        Err(texts) => Cow::Owned(texts.join("\n")),
    };
    ChatMessage {
        role: "user",
        content,
        images,
        ..ChatMessage::default()
    }
}
