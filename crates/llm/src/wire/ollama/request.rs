//! What is asked.

use crate::wire::openai_chat::Tool;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A chat request.
#[derive(Debug, Clone, Serialize)]
pub struct ChatRequest<'a> {
    /// Which model.
    pub model: &'a str,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage<'a>>,
    /// Whether the answer comes in lines. Absent would mean yes.
    pub stream: bool,
    /// Tools on offer, in the spelling of chat completions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// Whether, or how hard, to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think: Option<Think<'a>>,
    /// What form the text has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format<'a>>,
    /// Sampling and limits.
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options<'a>,
}

/// One message.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChatMessage<'a> {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: &'static str,
    /// What is said; may be empty beside calls or images.
    pub content: Cow<'a, str>,
    /// What an assistant message was thought with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Cow<'a, str>>,
    /// Images in base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<&'a str>,
    /// Calls an assistant message asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<CallDto<'a>>,
    /// The tool whose result a tool message is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<&'a str>,
}

/// A tool call of an assistant message.
#[derive(Debug, Clone, Serialize)]
pub struct CallDto<'a> {
    /// Name and arguments.
    pub function: CallFunctionDto<'a>,
}

/// Name and arguments of a call.
#[derive(Debug, Clone, Serialize)]
pub struct CallFunctionDto<'a> {
    /// Which tool.
    pub name: &'a str,
    /// An object.
    pub arguments: &'a RawValue,
}

/// Whether, or how hard, to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Think<'a> {
    /// Yes or no.
    Whether(bool),
    /// `low`, `medium` or `high`.
    Level(&'a str),
}

/// What form the text has.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Format<'a> {
    /// `json`: any JSON.
    Word(&'static str),
    /// JSON that follows this schema.
    Schema(&'a Value),
}

/// Sampling and limits.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Options<'a> {
    /// 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// For repeatable sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Texts at which to stop.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub stop: &'a [String],
    /// -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Most output tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_predict: Option<u32>,
    /// Context window in tokens. Absent means the server's own, which may be much smaller than the
    /// model's, and what does not fit is cut without a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_ctx: Option<u32>,
}

impl Options<'_> {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Options::default()
    }
}
