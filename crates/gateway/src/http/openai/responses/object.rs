//! The response object and its items. Source: HTTP API, section 6.

use crate::error::ApiError;
use crate::http::exchange::Ended;
use domain::{Message, Part, StopReason, ToolCall, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `response`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) object: String,
    /// Unix seconds.
    pub(super) created_at: i64,
    pub(super) status: Status,
    /// The `model` of the request.
    pub(super) model: String,
    pub(super) output: Vec<Item>,
    pub(super) usage: UsageOut,
    pub(super) error: Option<ErrorOut>,
    pub(super) incomplete_details: Option<Incomplete>,
    /// What repeats the request.
    #[serde(flatten)]
    pub(super) echo: Map<String, Value>,
}

/// Where a response, or an item of it, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
    Failed,
    Cancelled,
}

impl Status {
    /// The word in the store.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A piece of the output.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    Reasoning {
        id: String,
        summary: Vec<Summary>,
        status: Status,
    },
    Message {
        id: String,
        role: String,
        content: Vec<Content>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Phase>,
        status: Status,
    },
    FunctionCall {
        id: String,
        call_id: String,
        name: String,
        arguments: String,
        status: Status,
    },
}

/// Why a message was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Beside the calls that follow it.
    Commentary,
    FinalAnswer,
}

/// A piece of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content {
    OutputText {
        text: String,
        annotations: Vec<Value>,
    },
}

impl Content {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::OutputText {
            text: text.into(),
            annotations: Vec::new(),
        }
    }
}

/// A piece of what a model thought.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Summary {
    SummaryText { text: String },
}

/// `usage`. A count nobody reported is 0 on this wire, because its clients require a number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct UsageOut {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl From<&Usage> for UsageOut {
    fn from(usage: &Usage) -> Self {
        Self {
            input_tokens: usage.input.unwrap_or_default().0,
            input_tokens_details: InputDetails {
                cached_tokens: usage.cache_read.unwrap_or_default().0,
                cache_write_tokens: usage.cache_write.unwrap_or_default().0,
            },
            output_tokens: usage.output.unwrap_or_default().0,
            output_tokens_details: OutputDetails {
                reasoning_tokens: usage.reasoning.unwrap_or_default().0,
            },
            total_tokens: usage.total().unwrap_or_default().0,
        }
    }
}

/// `error`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ErrorOut {
    pub(super) code: String,
    pub(super) message: String,
    #[serde(rename = "type")]
    kind: String,
}

impl From<&ApiError> for ErrorOut {
    fn from(error: &ApiError) -> Self {
        Self {
            code: error.reason.unwrap_or(error.openai_type()).to_owned(),
            message: error.message.clone(),
            kind: error.openai_type().to_owned(),
        }
    }
}

/// `incomplete_details`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Incomplete {
    pub(super) reason: String,
}

impl Response {
    /// A response nothing was said in yet.
    pub(super) fn new(created_at: i64, model: &str, echo: Map<String, Value>) -> Self {
        Self {
            id: format!("resp_{}", uuid::Uuid::new_v4()),
            object: "response".to_owned(),
            created_at,
            status: Status::InProgress,
            model: model.to_owned(),
            output: Vec::new(),
            usage: UsageOut::default(),
            error: None,
            incomplete_details: None,
            echo,
        }
    }

    /// Notes how it ended; the output is untouched.
    pub(super) fn close(&mut self, ended: &Ended, cancelled: bool) {
        self.usage = UsageOut::from(&ended.usage);
        let cut = match ended.stop {
            Some(StopReason::Length) => Some("max_output_tokens"),
            Some(StopReason::ContentFilter) => Some("content_filter"),
            Some(StopReason::Stop | StopReason::ToolCalls | StopReason::Other(_)) | None => None,
        };
        self.status = match (&ended.error, cut) {
            _ if cancelled => Status::Cancelled,
            (Some(error), _) => {
                self.error = Some(ErrorOut::from(error));
                Status::Failed
            }
            (None, Some(reason)) => {
                self.incomplete_details = Some(Incomplete {
                    reason: reason.to_owned(),
                });
                Status::Incomplete
            }
            (None, None) => Status::Completed,
        };
    }
}

/// A fresh id of an item.
pub(super) fn item_id(kind: &str) -> String {
    format!("{kind}_{}", uuid::Uuid::new_v4())
}

/// The items of a whole answer.
pub(super) fn items(message: &Message, calls: &[ToolCall], status: Status) -> Vec<Item> {
    let status = match status {
        Status::Completed => Status::Completed,
        Status::InProgress | Status::Incomplete | Status::Failed | Status::Cancelled => {
            Status::Incomplete
        }
    };
    let mut items = Vec::new();
    let thought: String = message.parts.iter().filter_map(reasoning).collect();
    if !thought.is_empty() {
        items.push(Item::Reasoning {
            id: item_id("rs"),
            summary: vec![Summary::SummaryText { text: thought }],
            status,
        });
    }
    let text = message.text();
    let said = !text.is_empty() || (calls.is_empty() && status == Status::Completed);
    if said {
        items.push(Item::Message {
            id: item_id("msg"),
            role: "assistant".to_owned(),
            content: vec![Content::text(text)],
            phase: Some(if calls.is_empty() {
                Phase::FinalAnswer
            } else {
                Phase::Commentary
            }),
            status,
        });
    }
    items.extend(calls.iter().map(|call| Item::FunctionCall {
        id: item_id("call"),
        call_id: call.id.to_string(),
        name: call.name.to_string(),
        arguments: call.arguments.clone(),
        status,
    }));
    items
}

fn reasoning(part: &Part) -> Option<&str> {
    match part {
        Part::Reasoning { text, .. } => Some(text),
        Part::Text { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => None,
    }
}
