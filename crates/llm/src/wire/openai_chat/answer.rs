//! What a provider answers: in one piece or in chunks.

use super::{Arguments, Content, ErrorDetail, ToolCallDto};
use crate::wire::scalar::{count, null_default, text};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A whole answer (`chat.completion`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatAnswer<'a> {
    /// The provider's id of the answer.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// `chat.completion`.
    #[serde(borrow, deserialize_with = "text")]
    pub object: Option<Cow<'a, str>>,
    /// Seconds since the epoch.
    #[serde(deserialize_with = "count")]
    pub created: Option<u64>,
    /// The model that answered.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// Usually one.
    #[serde(borrow, deserialize_with = "null_default")]
    pub choices: Vec<Choice<'a>>,
    /// Tokens used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<WireUsage>,
    /// An error sent with a status of success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,
}

/// One alternative of a whole answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice<'a> {
    /// Its number, from 0.
    #[serde(deserialize_with = "count")]
    pub index: Option<u64>,
    /// What was said.
    #[serde(borrow, deserialize_with = "null_default")]
    pub message: AnswerMessage<'a>,
    /// Why it ended.
    #[serde(borrow, deserialize_with = "text")]
    pub finish_reason: Option<Cow<'a, str>>,
}

/// The message of a whole answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerMessage<'a> {
    /// `assistant`.
    #[serde(borrow, deserialize_with = "text")]
    pub role: Option<Cow<'a, str>>,
    /// The text; `null` beside tool calls.
    #[serde(borrow)]
    pub content: Option<Content<'a>>,
    /// The text of a refusal.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub refusal: Option<Cow<'a, str>>,
    /// Reasoning, as DeepSeek and its followers spell it.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub reasoning_content: Option<Cow<'a, str>>,
    /// Reasoning, as OpenRouter and its followers spell it.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub reasoning: Option<Cow<'a, str>>,
    /// Calls the model asks for.
    #[serde(
        borrow,
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tool_calls: Vec<ToolCallDto<'a>>,
}

/// A piece of a streamed answer (`chat.completion.chunk`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatChunk<'a> {
    /// The provider's id of the answer.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// `chat.completion.chunk`.
    #[serde(borrow, deserialize_with = "text")]
    pub object: Option<Cow<'a, str>>,
    /// Seconds since the epoch.
    #[serde(deserialize_with = "count")]
    pub created: Option<u64>,
    /// The model that answers.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// Usually one; none in the chunk that carries usage.
    #[serde(borrow, deserialize_with = "null_default")]
    pub choices: Vec<ChunkChoice<'a>>,
    /// Tokens used, in the last chunk or in every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<WireUsage>,
    /// An error in the middle of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,
}

/// One alternative within a chunk.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChunkChoice<'a> {
    /// Its number, from 0.
    #[serde(deserialize_with = "count")]
    pub index: Option<u64>,
    /// What is new.
    #[serde(borrow, deserialize_with = "null_default")]
    pub delta: Delta<'a>,
    /// Why it ended; in the last chunk with a choice.
    #[serde(borrow, deserialize_with = "text")]
    pub finish_reason: Option<Cow<'a, str>>,
}

/// What a chunk adds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Delta<'a> {
    /// `assistant`, in the first chunk.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub role: Option<Cow<'a, str>>,
    /// More text.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content<'a>>,
    /// More of a refusal.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub refusal: Option<Cow<'a, str>>,
    /// More reasoning, as DeepSeek and its followers spell it.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub reasoning_content: Option<Cow<'a, str>>,
    /// More reasoning, as OpenRouter and its followers spell it.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub reasoning: Option<Cow<'a, str>>,
    /// More of tool calls.
    #[serde(
        borrow,
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tool_calls: Vec<CallDelta<'a>>,
    /// The one call of the older form.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub function_call: Option<FunctionDelta<'a>>,
}

/// More of one tool call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallDelta<'a> {
    /// Which call of the answer, from 0.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Its id, in its first piece.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub id: Option<Cow<'a, str>>,
    /// `function`.
    #[serde(
        rename = "type",
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub kind: Option<Cow<'a, str>>,
    /// Name and arguments.
    #[serde(borrow, deserialize_with = "null_default")]
    pub function: FunctionDelta<'a>,
}

/// Name and more arguments of a call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FunctionDelta<'a> {
    /// The tool, in the first piece.
    #[serde(
        borrow,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text"
    )]
    pub name: Option<Cow<'a, str>>,
    /// A piece of the arguments.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments<'a>>,
}

/// Tokens used, as the provider counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WireUsage {
    /// The prompt, cached tokens included.
    #[serde(deserialize_with = "count")]
    pub prompt_tokens: Option<u64>,
    /// The answer, reasoning included.
    #[serde(deserialize_with = "count")]
    pub completion_tokens: Option<u64>,
    /// Both.
    #[serde(deserialize_with = "count")]
    pub total_tokens: Option<u64>,
    /// The prompt in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<PromptTokens>,
    /// The answer in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens_details: Option<OutputTokens>,
    /// Cached prompt tokens, as DeepSeek spells them.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub prompt_cache_hit_tokens: Option<u64>,
    /// Cached prompt tokens, as Moonshot and Together spell them.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
}

/// The prompt's tokens in detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptTokens {
    /// Read from the provider's cache.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Written to the provider's cache.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of sound.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub audio_tokens: Option<u64>,
    /// Of images.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub image_tokens: Option<u64>,
    /// Of video.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub video_tokens: Option<u64>,
}

/// The answer's tokens in detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputTokens {
    /// Spent on reasoning.
    #[serde(deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
}
