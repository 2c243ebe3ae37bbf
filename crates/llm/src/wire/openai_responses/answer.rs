//! What a provider answers: in one piece or in events.

use crate::wire::openai_chat::{Arguments, ErrorDetail, Scalar};
use crate::wire::scalar::{count, null_default, text};
use serde::Deserialize;
use std::borrow::Cow;

/// A streamed event. Flat on purpose: each kind has some of the fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    /// Which kind of event.
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// The response as far as it has come.
    #[serde(borrow)]
    pub response: Option<Response<'a>>,
    /// Which item of the output, from 0.
    #[serde(deserialize_with = "count")]
    pub output_index: Option<u64>,
    /// Which piece of a message or of reasoning, from 0.
    #[serde(deserialize_with = "count")]
    pub content_index: Option<u64>,
    /// Which paragraph of a summary, from 0.
    #[serde(deserialize_with = "count")]
    pub summary_index: Option<u64>,
    /// The item that begins or is complete.
    #[serde(borrow)]
    pub item: Option<OutputItem<'a>>,
    /// What is new.
    #[serde(borrow, deserialize_with = "text")]
    pub delta: Option<Cow<'a, str>>,
    /// The whole text, when it is complete.
    #[serde(borrow, deserialize_with = "text")]
    pub text: Option<Cow<'a, str>>,
    /// The whole refusal, when it is complete.
    #[serde(borrow, deserialize_with = "text")]
    pub refusal: Option<Cow<'a, str>>,
    /// The whole arguments, when they are complete.
    #[serde(borrow)]
    pub arguments: Option<Arguments<'a>>,
    /// An error, nested.
    pub error: Option<ErrorDetail>,
    /// An error's code, flat.
    pub code: Scalar,
    /// An error's text, flat.
    pub message: Scalar,
}

/// A response, whole or as far as it has come.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Response<'a> {
    /// The provider's id of the response.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// The model that answers.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// `completed`, `incomplete`, `failed`, `cancelled`, `queued` or `in_progress`.
    #[serde(borrow, deserialize_with = "text")]
    pub status: Option<Cow<'a, str>>,
    /// What was said and thought, and the calls.
    #[serde(borrow, deserialize_with = "null_default")]
    pub output: Vec<OutputItem<'a>>,
    /// Tokens used.
    pub usage: Option<WireUsage>,
    /// Why it failed.
    pub error: Option<ErrorDetail>,
    /// Why it is incomplete.
    #[serde(borrow)]
    pub incomplete_details: Option<IncompleteDetails<'a>>,
}

/// Why a response is incomplete.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct IncompleteDetails<'a> {
    /// `max_output_tokens` or `content_filter`.
    #[serde(borrow, deserialize_with = "text")]
    pub reason: Option<Cow<'a, str>>,
}

/// One item of the output. Flat on purpose, so that kinds we do not know are read too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OutputItem<'a> {
    /// `message`, `reasoning`, `function_call`, …
    #[serde(rename = "type", borrow, deserialize_with = "text")]
    pub kind: Option<Cow<'a, str>>,
    /// The provider's id of the item.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// What ties a result to a call.
    #[serde(borrow, deserialize_with = "text")]
    pub call_id: Option<Cow<'a, str>>,
    /// Which tool is called.
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Cow<'a, str>>,
    /// Arguments of a call.
    #[serde(borrow)]
    pub arguments: Option<Arguments<'a>>,
    /// Pieces of a message, or of reasoning that may be read.
    #[serde(borrow, deserialize_with = "null_default")]
    pub content: Vec<Content<'a>>,
    /// Paragraphs of a summary of reasoning.
    #[serde(borrow, deserialize_with = "null_default")]
    pub summary: Vec<Content<'a>>,
    /// Reasoning only the provider reads.
    #[serde(borrow, deserialize_with = "text")]
    pub encrypted_content: Option<Cow<'a, str>>,
}

/// A piece of a message, of reasoning or of its summary.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Content<'a> {
    /// The text.
    #[serde(borrow, deserialize_with = "text")]
    pub text: Option<Cow<'a, str>>,
    /// The text of a refusal.
    #[serde(borrow, deserialize_with = "text")]
    pub refusal: Option<Cow<'a, str>>,
}

/// Tokens used, as the provider counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WireUsage {
    /// The prompt, cached tokens included.
    #[serde(deserialize_with = "count")]
    pub input_tokens: Option<u64>,
    /// The answer, reasoning included.
    #[serde(deserialize_with = "count")]
    pub output_tokens: Option<u64>,
    /// The prompt in detail.
    pub input_tokens_details: Option<InputTokens>,
    /// The answer in detail.
    pub output_tokens_details: Option<OutputTokens>,
}

/// The prompt's tokens in detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct InputTokens {
    /// Read from the provider's cache.
    #[serde(deserialize_with = "count")]
    pub cached_tokens: Option<u64>,
    /// Written to the provider's cache.
    #[serde(deserialize_with = "count")]
    pub cache_write_tokens: Option<u64>,
}

/// The answer's tokens in detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OutputTokens {
    /// Spent on reasoning.
    #[serde(deserialize_with = "count")]
    pub reasoning_tokens: Option<u64>,
}
