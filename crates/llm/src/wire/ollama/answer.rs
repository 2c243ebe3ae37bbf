//! What is answered: one object per line, or one alone.

use crate::wire::openai_chat::{Arguments, ErrorDetail};
use crate::wire::scalar::{count, null_default, text};
use serde::Deserialize;
use std::borrow::Cow;

/// One line of an answer; the last one is done and has the counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ChatLine<'a> {
    /// The model that answers.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// When the line was made.
    #[serde(borrow, deserialize_with = "text")]
    pub created_at: Option<Cow<'a, str>>,
    /// What is new.
    #[serde(borrow)]
    pub message: Option<AnswerMessage<'a>>,
    /// Whether this is the last line.
    #[serde(deserialize_with = "null_default")]
    pub done: bool,
    /// Why it ended; older servers do not tell.
    #[serde(borrow, deserialize_with = "text")]
    pub done_reason: Option<Cow<'a, str>>,
    /// Tokens of the prompt; absent when all of it was cached.
    #[serde(deserialize_with = "count")]
    pub prompt_eval_count: Option<u64>,
    /// Tokens of the answer.
    #[serde(deserialize_with = "count")]
    pub eval_count: Option<u64>,
    /// An error instead of an answer.
    pub error: Option<ErrorDetail>,
}

/// What is new.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AnswerMessage<'a> {
    /// More text.
    #[serde(borrow, deserialize_with = "text")]
    pub content: Option<Cow<'a, str>>,
    /// More reasoning.
    #[serde(borrow, deserialize_with = "text")]
    pub thinking: Option<Cow<'a, str>>,
    /// Calls, each whole.
    #[serde(borrow, deserialize_with = "null_default")]
    pub tool_calls: Vec<ToolCall<'a>>,
}

/// A call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ToolCall<'a> {
    /// Its id; only newer servers give one.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// Name and arguments.
    #[serde(borrow, deserialize_with = "null_default")]
    pub function: CallFunction<'a>,
}

/// Name and arguments of a call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CallFunction<'a> {
    /// Which tool.
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Cow<'a, str>>,
    /// An object.
    #[serde(borrow)]
    pub arguments: Option<Arguments<'a>>,
}
