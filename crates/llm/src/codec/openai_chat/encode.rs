//! From the inner language to the wire.

use crate::codec::Encoded;
use crate::codec::digest::digest;
use crate::codec::repair::{self, Said, repair};
use crate::provider::Quirks;
use crate::wire::openai_chat::{
    Arguments, CallFunction, ChatMessage, ChatRequest, Content, ContentPart, ImageUrl,
    NamedFunction, Stop, StreamOptions, Tool, ToolCallDto, ToolChoiceDto, ToolFunction,
};
use crate::{Error, ModelInfo, ModelRequest};
use bytes::Bytes;
use domain::{Part, ToolChoice, ToolSpec};
use http::{HeaderMap, HeaderValue, header};
use std::borrow::Cow;

/// What a model that reads no images gets instead of one.
const IMAGE_LEFT_OUT: &str = "[an image was left out: this model is not known to read images]";

pub(super) fn encode(
    request: &ModelRequest,
    model: &ModelInfo,
    quirks: Quirks,
) -> Result<Encoded, Error> {
    let wire = wire(request, model, quirks);
    let body = serde_json::to_vec(&wire).map_err(|error| Error::InvalidRequest {
        provider: model.provider.clone(),
        status: 0,
        message: format!("cannot write the request: {error}"),
    })?;
    let accept = if request.stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    Ok(Encoded {
        path: Cow::Borrowed("/chat/completions"),
        headers,
        body: Bytes::from(body),
    })
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
    }
}

fn messages<'a>(
    request: &'a ModelRequest,
    model: &ModelInfo,
    quirks: Quirks,
) -> Vec<ChatMessage<'a>> {
    let mut all = Vec::with_capacity(request.messages.len() + 1);
    // One message: the chat templates of many local servers accept no second system text.
    let system = match request.system.as_slice() {
        [] => None,
        [one] => Some(Cow::Borrowed(one.as_ref())),
        many => Some(Cow::Owned(many.join("\n\n"))),
    };
    if let Some(text) = system.filter(|text| !text.is_empty()) {
        all.push(said("system", Content::Text(text)));
    }
    for item in repair(&request.messages, &model.provider) {
        all.push(match item {
            Said::User(parts) => said("user", user(&parts, model.images)),
            Said::Assistant(pieces) => ChatMessage {
                role: Cow::Borrowed("assistant"),
                content: spoken(&repair::texts(&pieces)),
                tool_calls: repair::calls(&pieces)
                    .into_iter()
                    .map(|call| ToolCallDto {
                        id: fit(call.id, quirks),
                        kind: Cow::Borrowed("function"),
                        function: CallFunction {
                            name: Cow::Borrowed(call.name),
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

fn joined<'a>(texts: &[&'a str], between: &str) -> Cow<'a, str> {
    match texts {
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.join(between)),
    }
}

/// Plain text where it is enough, since many imitators know nothing else.
fn user<'a>(parts: &[&'a Part], images: bool) -> Content<'a> {
    let mut pieces = Vec::with_capacity(parts.len());
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::Text { text } => {
                texts.push(text.as_str());
                pieces.push(piece(text));
            }
            Part::Image { media_type, data } if images => pieces.push(ContentPart {
                kind: Cow::Borrowed("image_url"),
                text: None,
                image_url: Some(ImageUrl {
                    url: Cow::Owned(format!("data:{media_type};base64,{}", data.0)),
                    detail: None,
                }),
            }),
            Part::Image { .. } => {
                texts.push(IMAGE_LEFT_OUT);
                pieces.push(piece(IMAGE_LEFT_OUT));
            }
            Part::File { media_type, .. } => {
                let note = format!("[a file of type {media_type} was left out]");
                pieces.push(ContentPart {
                    text: Some(Cow::Owned(note)),
                    ..piece("")
                });
            }
            Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {}
        }
    }
    if texts.len() == pieces.len() {
        return Content::Text(joined(&texts, "\n"));
    }
    Content::Parts(pieces)
}

fn piece(text: &str) -> ContentPart<'_> {
    ContentPart {
        kind: Cow::Borrowed("text"),
        text: Some(Cow::Borrowed(text)),
        image_url: None,
    }
}

fn tool(spec: &ToolSpec) -> Tool<'_> {
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

/// Longest call id that every provider takes, in bytes.
const LONGEST_CALL_ID: usize = 40;
/// The exact length some providers want.
const SHORT_CALL_ID: usize = 9;

/// A call id the provider accepts. Ids of another provider may be too long or hold characters it
/// refuses; those are replaced by a digest, the same for a call and its result.
fn fit(id: &str, quirks: Quirks) -> Cow<'_, str> {
    let plain = |c: u8| c.is_ascii_alphanumeric() || (!quirks.short_call_ids && b"_-".contains(&c));
    let length_fits = if quirks.short_call_ids {
        id.len() == SHORT_CALL_ID
    } else {
        (1..=LONGEST_CALL_ID).contains(&id.len())
    };
    if length_fits && id.bytes().all(plain) {
        return Cow::Borrowed(id);
    }
    let digest = digest(&[id.as_bytes()]);
    Cow::Owned(if quirks.short_call_ids {
        digest.chars().take(SHORT_CALL_ID).collect()
    } else {
        format!("call_{digest}")
    })
}
