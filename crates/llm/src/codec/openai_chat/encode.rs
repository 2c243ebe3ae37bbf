//! From the inner language to the wire.

use super::REASONING_CONTENT;
use crate::codec::encoded::{joined, system};
use crate::codec::media::{self, FileKind, IMAGE_LEFT_OUT};
use crate::codec::repair::{self, Piece, Said, repair};
use crate::codec::{Encoded, call_id};
use crate::provider::Quirks;
use crate::wire::openai_chat::{
    Arguments, CallFunction, ChatMessage, ChatRequest, Content, ContentPart, FilePart, ImageUrl,
    InputAudio, NamedFunction, Stop, StreamOptions, Tool, ToolCallDto, ToolChoiceDto, ToolFunction,
};
use crate::{Error, ModelInfo, ModelRequest};
use domain::{Part, ToolChoice, ToolSpec};
use std::borrow::Cow;

/// Longest name of a tool, in characters.
const LONGEST_NAME: usize = 64;

pub(super) fn encode(
    request: &ModelRequest,
    model: &ModelInfo,
    quirks: Quirks,
) -> Result<Encoded, Error> {
    let accept = if request.stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let path = Cow::Borrowed("/chat/completions");
    Encoded::json(&model.provider, path, accept, &wire(request, model, quirks))
}

fn wire<'a>(request: &'a ModelRequest, model: &'a ModelInfo, quirks: Quirks) -> ChatRequest<'a> {
    let sampling = &request.sampling;
    let tools: Vec<Tool<'_>> = if model.tools {
        request.tools.iter().map(tool).collect()
    } else {
        Vec::new()
    };
    let limit = |newer: bool| {
        sampling
            .max_tokens
            .filter(|_| newer == quirks.max_completion_tokens)
    };
    ChatRequest {
        model: Cow::Borrowed(model.model.as_str()),
        messages: messages(request, model, quirks),
        stream: request.stream.then_some(true),
        stream_options: (request.stream && quirks.stream_usage).then_some(StreamOptions {
            include_usage: true,
        }),
        tool_choice: if tools.is_empty() {
            None
        } else {
            tool_choice(&request.tool_choice)
        },
        parallel_tool_calls: sampling.parallel_tool_calls.filter(|_| !tools.is_empty()),
        tools,
        max_tokens: limit(false),
        max_completion_tokens: limit(true),
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        n: None,
        stop: match sampling.stop.as_slice() {
            [] => None,
            [one] => Some(Stop::One(Cow::Borrowed(one))),
            many => Some(Stop::Many(many.to_vec())),
        },
        seed: sampling.seed,
        presence_penalty: sampling.presence_penalty,
        frequency_penalty: sampling.frequency_penalty,
        response_format: sampling.response_format.as_ref().map(Cow::Borrowed),
        reasoning_effort: sampling.reasoning_effort.as_deref().map(Cow::Borrowed),
        user: None,
        prompt_cache_key: request
            .cache
            .key
            .as_deref()
            .filter(|_| quirks.prompt_cache_key)
            .map(Cow::Borrowed),
    }
}

fn messages<'a>(
    request: &'a ModelRequest,
    model: &ModelInfo,
    quirks: Quirks,
) -> Vec<ChatMessage<'a>> {
    let mut all = Vec::with_capacity(request.messages.len() + 1);
    // One message: the chat templates of many local servers accept no second system text.
    if let Some(text) = system(&request.system) {
        all.push(said("system", Content::Text(text)));
    }
    for item in repair(&request.messages, &model.provider) {
        all.push(match item {
            Said::User(parts) => said("user", user(&parts, model)),
            Said::Assistant(pieces) => ChatMessage {
                role: Cow::Borrowed("assistant"),
                content: spoken(&repair::texts(&pieces)),
                reasoning_content: thought(&pieces).filter(|_| quirks.reasoning_content),
                tool_calls: repair::calls(&pieces)
                    .into_iter()
                    .map(|call| ToolCallDto {
                        id: fit(call.id, quirks),
                        kind: Cow::Borrowed("function"),
                        function: CallFunction {
                            name: name(call.name, &request.tools),
                            arguments: Arguments(Cow::Borrowed(call.arguments)),
                        },
                    })
                    .collect(),
                ..ChatMessage::default()
            },
            Said::Result { id, content, .. } => ChatMessage {
                tool_call_id: Some(fit(id, quirks)),
                ..said("tool", Content::Text(Cow::Borrowed(content)))
            },
        });
    }
    all
}

/// A name that is on offer is the provider's to judge; one that is not must not be refused.
fn name<'a>(name: &'a str, offered: &[ToolSpec]) -> Cow<'a, str> {
    if offered.iter().any(|spec| spec.name.as_str() == name) {
        return Cow::Borrowed(name);
    }
    call_id::name(name, LONGEST_NAME)
}

fn said<'a>(role: &'static str, content: Content<'a>) -> ChatMessage<'a> {
    ChatMessage {
        role: Cow::Borrowed(role),
        content: Some(content),
        ..ChatMessage::default()
    }
}

fn spoken<'a>(texts: &[&'a str]) -> Option<Content<'a>> {
    (!texts.is_empty()).then(|| Content::Text(joined(texts, "")))
}

/// What the model thought, for those that want it back. They refuse a call without it, even one
/// that another model made.
fn thought<'a>(pieces: &[Piece<'a>]) -> Option<Cow<'a, str>> {
    let mut called = false;
    let mut thoughts = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Reasoning { text, keep } if &*keep.kind == REASONING_CONTENT => {
                thoughts.push(*text);
            }
            Piece::Call(_) => called = true,
            Piece::Reasoning { .. } | Piece::Text(_) => {}
        }
    }
    (called || !thoughts.is_empty()).then(|| joined(&thoughts, ""))
}

/// Plain text where it is enough, since many imitators know nothing else.
fn user<'a>(parts: &[&'a Part], model: &ModelInfo) -> Content<'a> {
    let pieces: Vec<ContentPart<'a>> = parts
        .iter()
        .filter_map(|part| said_by(part, model))
        .collect();
    let texts: Option<Vec<&str>> = pieces.iter().map(|piece| piece.text.as_deref()).collect();
    match (parts, texts) {
        ([Part::Text { text }], _) => Content::Text(Cow::Borrowed(text)),
        (_, Some(texts)) => Content::Text(Cow::Owned(texts.join("\n"))),
        (_, None) => Content::Parts(pieces),
    }
}

fn said_by<'a>(part: &'a Part, model: &ModelInfo) -> Option<ContentPart<'a>> {
    Some(match part {
        Part::Text { text } => piece(text),
        Part::Image { .. } if !model.images => piece(IMAGE_LEFT_OUT),
        Part::Image { media_type, data } if media::is_usual_image(media_type) => ContentPart {
            kind: Cow::Borrowed("image_url"),
            image_url: Some(ImageUrl {
                url: Cow::Owned(format!("data:{media_type};base64,{}", data.0)),
                detail: None,
            }),
            ..ContentPart::default()
        },
        Part::Image { media_type, .. } => noted(media_type),
        Part::File {
            media_type,
            name,
            data,
        } => file(media_type, name.as_deref(), &data.0, model),
        Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => return None,
    })
}

/// A document or a sound where the model reads it and the wire has a place for it, else a note.
fn file<'a>(
    media_type: &'a str,
    name: Option<&'a str>,
    data: &'a str,
    model: &ModelInfo,
) -> ContentPart<'a> {
    let kind = media::kind(media_type);
    let reads = media::reads(model.media, kind);
    match (reads, kind, format(media_type)) {
        (true, FileKind::Document, _) => ContentPart {
            kind: Cow::Borrowed("file"),
            file: Some(FilePart {
                filename: Some(Cow::Borrowed(name.unwrap_or("document.pdf"))),
                file_data: Some(Cow::Owned(format!("data:application/pdf;base64,{data}"))),
            }),
            ..ContentPart::default()
        },
        (true, FileKind::Audio, Some(format)) => ContentPart {
            kind: Cow::Borrowed("input_audio"),
            input_audio: Some(InputAudio {
                data: Cow::Borrowed(data),
                format: Cow::Borrowed(format),
            }),
            ..ContentPart::default()
        },
        (true | false, _, _) => noted(media_type),
    }
}

fn noted<'a>(media_type: &str) -> ContentPart<'a> {
    ContentPart {
        text: Some(Cow::Owned(media::left_out(media_type))),
        ..piece("")
    }
}

/// The wire's word for a kind of sound; it has two.
fn format(media_type: &str) -> Option<&'static str> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "audio/wav" | "audio/wave" | "audio/x-wav" | "audio/vnd.wave" => Some("wav"),
        "audio/mpeg" | "audio/mp3" => Some("mp3"),
        _ => None,
    }
}

fn piece(text: &str) -> ContentPart<'_> {
    ContentPart {
        kind: Cow::Borrowed("text"),
        text: Some(Cow::Borrowed(text)),
        ..ContentPart::default()
    }
}

/// A tool in the spelling that others took over.
pub(in crate::codec) fn tool(spec: &ToolSpec) -> Tool<'_> {
    Tool {
        kind: Cow::Borrowed("function"),
        function: Some(ToolFunction {
            name: Cow::Borrowed(spec.name.as_str()),
            description: Some(spec.description.as_str())
                .filter(|text| !text.is_empty())
                .map(Cow::Borrowed),
            parameters: Some(Cow::Borrowed(&spec.parameters)),
            strict: spec.strict,
        }),
    }
}

fn tool_choice(choice: &ToolChoice) -> Option<ToolChoiceDto<'_>> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(ToolChoiceDto::Word(Cow::Borrowed("none"))),
        ToolChoice::Required => Some(ToolChoiceDto::Word(Cow::Borrowed("required"))),
        ToolChoice::Named { name } => Some(ToolChoiceDto::Function {
            kind: Cow::Borrowed("function"),
            function: NamedFunction {
                name: Cow::Borrowed(name.as_str()),
            },
        }),
    }
}

/// A call id the provider accepts.
fn fit(id: &str, quirks: Quirks) -> Cow<'_, str> {
    if quirks.short_call_ids {
        call_id::short(id)
    } else {
        call_id::usual(id)
    }
}
