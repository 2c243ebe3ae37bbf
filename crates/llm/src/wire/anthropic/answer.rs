//! What a provider answers: in one piece or in events.

use crate::wire::openai_chat::ErrorDetail;
use crate::wire::scalar::{Arguments, count, null_default, text};
use serde::Deserialize;
use std::borrow::Cow;

/// A whole answer (`message`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answer<'a> {
    /// `message`, or `error` when it is one in spite of its status.
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// The provider's id of the answer.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// The model that answered.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// What was said; empty at the beginning of a stream.
    #[serde(borrow, deserialize_with = "null_default")]
    pub content: Vec<AnswerBlock<'a>>,
    /// Why it ended; `null` at the beginning of a stream.
    #[serde(borrow, deserialize_with = "text")]
    pub stop_reason: Option<Cow<'a, str>>,
    /// Tokens used so far.
    pub usage: Option<WireUsage>,
    /// An error sent with a status of success.
    pub error: Option<ErrorDetail>,
}

/// A piece of an answer. Flat on purpose, so that kinds we do not know are read too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AnswerBlock<'a> {
    /// `text`, `thinking`, `redacted_thinking`, `tool_use`, …
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// The text of a text block.
    #[serde(borrow, deserialize_with = "text")]
    pub text: Option<Cow<'a, str>>,
    /// The readable part of a thinking block.
    #[serde(borrow, deserialize_with = "text")]
    pub thinking: Option<Cow<'a, str>>,
    /// The signature of a thinking block.
    #[serde(borrow, deserialize_with = "text")]
    pub signature: Option<Cow<'a, str>>,
    /// The encrypted part of a redacted thinking block.
    #[serde(borrow, deserialize_with = "text")]
    pub data: Option<Cow<'a, str>>,
    /// The id of a call.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// The tool of a call.
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Cow<'a, str>>,
    /// The arguments of a call; an empty object at the beginning of a streamed one.
    #[serde(borrow)]
    pub input: Option<Arguments<'a>>,
}

/// An event of a streamed answer. Flat on purpose, so that kinds we do not know are read too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    /// `message_start`, `content_block_delta`, …
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// The answer so far, in `message_start`.
    #[serde(borrow)]
    pub message: Option<Answer<'a>>,
    /// Which block of the answer, from 0.
    #[serde(deserialize_with = "count")]
    pub index: Option<u64>,
    /// The block that begins.
    #[serde(borrow)]
    pub content_block: Option<AnswerBlock<'a>>,
    /// What is new.
    #[serde(borrow, deserialize_with = "null_default")]
    pub delta: BlockDelta<'a>,
    /// Tokens used so far, in `message_delta`.
    pub usage: Option<WireUsage>,
    /// What went wrong, in `error`.
    pub error: Option<ErrorDetail>,
}

/// What an event adds to a block, or to the answer as a whole.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BlockDelta<'a> {
    /// More text.
    #[serde(borrow, deserialize_with = "text")]
    pub text: Option<Cow<'a, str>>,
    /// More of a thought.
    #[serde(borrow, deserialize_with = "text")]
    pub thinking: Option<Cow<'a, str>>,
    /// The signature of a thought.
    #[serde(borrow, deserialize_with = "text")]
    pub signature: Option<Cow<'a, str>>,
    /// More of a call's arguments.
    #[serde(borrow, deserialize_with = "text")]
    pub partial_json: Option<Cow<'a, str>>,
    /// Why the answer ended.
    #[serde(borrow, deserialize_with = "text")]
    pub stop_reason: Option<Cow<'a, str>>,
}

/// Tokens used so far. The three kinds of input exclude each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WireUsage {
    /// The prompt without what was read from or written to the cache.
    #[serde(deserialize_with = "count")]
    pub input_tokens: Option<u64>,
    /// Written to the cache.
    #[serde(deserialize_with = "count")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Read from the cache.
    #[serde(deserialize_with = "count")]
    pub cache_read_input_tokens: Option<u64>,
    /// The answer, thinking included.
    #[serde(deserialize_with = "count")]
    pub output_tokens: Option<u64>,
    /// The answer in detail.
    #[serde(deserialize_with = "null_default")]
    pub output_tokens_details: OutputTokens,
}

/// The answer's tokens in detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OutputTokens {
    /// Spent on thinking.
    #[serde(deserialize_with = "count")]
    pub thinking_tokens: Option<u64>,
}
