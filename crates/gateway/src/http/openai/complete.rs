//! Whole chat completions, and the pieces streams share with them.

use domain::{Message, StopReason, ToolCall, Usage};
use serde::Serialize;
use std::borrow::Cow;

/// `chat.completion`. Source: HTTP API, section 3.
#[derive(Serialize)]
pub(super) struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    usage: UsageOut,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Said<'a>,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CallOut<'a>>,
}

#[derive(Serialize)]
struct CallOut<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: FunctionOut<'a>,
}

#[derive(Serialize)]
struct FunctionOut<'a> {
    name: &'a str,
    arguments: Cow<'a, str>,
}

/// `usage`. A count nobody reported is 0 on this wire, because its clients require a number.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct UsageOut {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<AnswerDetails>,
}

#[derive(Debug, Clone, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
}

#[derive(Debug, Clone, Serialize)]
struct AnswerDetails {
    reasoning_tokens: u64,
}

impl From<&Usage> for UsageOut {
    fn from(usage: &Usage) -> Self {
        Self {
            prompt_tokens: usage.input.unwrap_or_default().0,
            completion_tokens: usage.output.unwrap_or_default().0,
            total_tokens: usage.total().unwrap_or_default().0,
            prompt_tokens_details: usage.cache_read.map(|read| PromptDetails {
                cached_tokens: read.0,
            }),
            completion_tokens_details: usage.reasoning.map(|reasoning| AnswerDetails {
                reasoning_tokens: reasoning.0,
            }),
        }
    }
}

impl<'a> Completion<'a> {
    pub(super) fn new(
        head: &'a Head,
        message: &'a Message,
        calls: impl Iterator<Item = &'a ToolCall>,
        usage: &Usage,
        finish_reason: &'static str,
    ) -> Self {
        let reasoning: String = message
            .parts
            .iter()
            .filter_map(|part| match part {
                domain::Part::Reasoning { text, .. } => Some(text.as_str()),
                domain::Part::Text { .. }
                | domain::Part::Image { .. }
                | domain::Part::File { .. }
                | domain::Part::ToolCall(_)
                | domain::Part::ToolResult(_) => None,
            })
            .collect();
        let tool_calls = calls
            .map(|call| CallOut {
                id: call.id.as_str(),
                kind: "function",
                function: FunctionOut {
                    name: call.name.as_str(),
                    arguments: Cow::Borrowed(&call.arguments),
                },
            })
            .collect();
        let said = Said {
            role: "assistant",
            content: message.text(),
            reasoning_content: Some(reasoning).filter(|text| !text.is_empty()),
            tool_calls,
        };
        Self {
            id: &head.id,
            object: "chat.completion",
            created: head.created,
            model: &head.model,
            choices: [Choice {
                index: 0,
                message: said,
                finish_reason,
            }],
            usage: UsageOut::from(usage),
        }
    }
}

/// What every answer to one request carries.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// `chatcmpl_<uuid>`
    pub(super) id: String,
    /// Unix seconds.
    pub(super) created: i64,
    /// The `model` of the request.
    pub(super) model: String,
}

impl Head {
    pub(super) fn new(created: i64, model: Option<&str>) -> Self {
        Self {
            id: format!("chatcmpl_{}", domain::RunId::generate()),
            created,
            model: model
                .unwrap_or(crate::http::target::DEFAULT_MODEL)
                .to_owned(),
        }
    }
}

/// OpenAI's word for why a model stopped.
pub(super) fn finish_reason(stop: Option<&StopReason>, called: bool) -> &'static str {
    match stop {
        _ if called => "tool_calls",
        Some(StopReason::Length) => "length",
        Some(StopReason::ContentFilter) => "content_filter",
        Some(StopReason::Stop | StopReason::ToolCalls | StopReason::Other(_)) | None => "stop",
    }
}
