//! Whole answers and errors of `/v1/messages`. Source: Anthropic API, "Messages", "Errors".

use super::signature;
use crate::error::ApiError;
use crate::http::respond::{self, Reply};
use domain::{Message, Part, StopReason, ToolName, Usage};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Serialize;
use serde_json::{Value, json};

/// What every answer to one request carries.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// `msg_<uuid>`
    pub(super) id: String,
    /// The `model` of the request.
    pub(super) model: String,
}

impl Head {
    pub(super) fn new(model: &str) -> Self {
        Self {
            id: format!("msg_{}", domain::RunId::generate()),
            model: model.to_owned(),
        }
    }
}

/// `message`
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Value>,
    stop_reason: &'static str,
    stop_sequence: Option<&'static str>,
    usage: UsageOut,
}

/// `usage`. A count nobody reported is 0 on this wire, because its clients require a number.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
pub(super) struct UsageOut {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
}

impl From<&Usage> for UsageOut {
    fn from(usage: &Usage) -> Self {
        let read = usage.cache_read.unwrap_or_default().0;
        let written = usage.cache_write.unwrap_or_default().0;
        let input = usage.input.unwrap_or_default().0;
        Self {
            // On this wire the count leaves out what a cache served or took.
            input_tokens: input.saturating_sub(read).saturating_sub(written),
            cache_creation_input_tokens: written,
            cache_read_input_tokens: read,
            output_tokens: usage.output.unwrap_or_default().0,
        }
    }
}

impl<'a> Answer<'a> {
    /// An answer; of the calls only those `is_theirs` says yes to.
    pub(super) fn new(
        head: &'a Head,
        message: &Message,
        is_theirs: impl Fn(&ToolName) -> bool,
        usage: &Usage,
        stop: &StopReason,
    ) -> Self {
        let content: Vec<Value> = message
            .parts
            .iter()
            .filter_map(|part| block(part, &is_theirs))
            .collect();
        let called = content
            .iter()
            .any(|block| block.get("type").is_some_and(|kind| kind == "tool_use"));
        Self {
            id: &head.id,
            kind: "message",
            role: "assistant",
            model: &head.model,
            content,
            stop_reason: stop_reason(stop, called),
            stop_sequence: None,
            usage: UsageOut::from(usage),
        }
    }
}

fn block(part: &Part, is_theirs: &impl Fn(&ToolName) -> bool) -> Option<Value> {
    match part {
        Part::Text { text } if text.is_empty() => None,
        Part::Text { text } => Some(json!({ "type": "text", "text": text })),
        Part::Reasoning { text, keep } => Some(json!({
            "type": "thinking",
            "thinking": text,
            "signature": keep.as_ref().map(signature::write).unwrap_or_default(),
        })),
        Part::ToolCall(call) if is_theirs(&call.name) => {
            let input: Value = serde_json::from_str(&call.arguments)
                .ok()
                .filter(Value::is_object)
                .unwrap_or_else(|| json!({}));
            Some(json!({
                "type": "tool_use", "id": call.id.as_str(), "name": call.name.as_str(),
                "input": input,
            }))
        }
        Part::ToolCall(_) | Part::Image { .. } | Part::File { .. } | Part::ToolResult(_) => None,
    }
}

/// Anthropic's word for why a model stopped.
pub(super) fn stop_reason(stop: &StopReason, called: bool) -> &'static str {
    match stop {
        _ if called => "tool_use",
        StopReason::Length => "max_tokens",
        StopReason::ContentFilter => "refusal",
        StopReason::Stop | StopReason::ToolCalls | StopReason::Other(_) => "end_turn",
    }
}

/// The error object of this dialect.
pub(super) fn error_value(error: &ApiError) -> Value {
    json!({
        "type": "error",
        "error": { "type": error_type(error.status), "message": error.message },
    })
}

fn error_type(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::PAYMENT_REQUIRED => "billing_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
        StatusCode::GATEWAY_TIMEOUT => "timeout_error",
        status if status.is_client_error() => "invalid_request_error",
        _ => "api_error",
    }
}

/// The error as a whole answer.
pub(in crate::http) fn error_reply(error: &ApiError) -> Reply {
    let mut reply = respond::json(error.status, &error_value(error));
    let headers = reply.headers_mut();
    headers.insert("x-openclaw-error", respond::constant(error.code.upper()));
    if let Some(wait) = error.retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, seconds.max(1).into());
    }
    reply
}
