//! What the model answers, whole or in pieces.

use super::Status;
use crate::wire::scalar::{count, null_default, text};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An answer, or what is new of a streamed one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answer<'a> {
    /// The alternatives; we ask for one.
    #[serde(borrow, deserialize_with = "null_default")]
    pub candidates: Vec<Candidate<'a>>,
    /// What is said about the prompt.
    #[serde(borrow)]
    pub prompt_feedback: Option<PromptFeedback<'a>>,
    /// Tokens used so far.
    pub usage_metadata: Option<UsageMetadata>,
    /// The model that answers.
    #[serde(borrow, deserialize_with = "text")]
    pub model_version: Option<Cow<'a, str>>,
    /// Its id.
    #[serde(borrow, deserialize_with = "text")]
    pub response_id: Option<Cow<'a, str>>,
    /// An error in the place of an answer.
    pub error: Option<Status>,
}

/// An alternative.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Candidate<'a> {
    /// Which, from 0.
    #[serde(deserialize_with = "count")]
    pub index: Option<u64>,
    /// What is said.
    #[serde(borrow, deserialize_with = "null_default")]
    pub content: AnswerContent<'a>,
    /// Why it ended, e.g. `STOP`; in the last piece.
    #[serde(borrow, deserialize_with = "text")]
    pub finish_reason: Option<Cow<'a, str>>,
    /// The same in words, for some reasons.
    #[serde(borrow, deserialize_with = "text")]
    pub finish_message: Option<Cow<'a, str>>,
}

/// What is said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerContent<'a> {
    /// The pieces, in order.
    #[serde(borrow, deserialize_with = "null_default")]
    pub parts: Vec<AnswerPart<'a>>,
}

/// A piece; of kinds we do not know only the signature is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnswerPart<'a> {
    /// Whether the text is thought, not answer.
    #[serde(deserialize_with = "null_default")]
    pub thought: bool,
    /// State that wants to come back with the piece.
    #[serde(borrow, deserialize_with = "text")]
    pub thought_signature: Option<Cow<'a, str>>,
    /// Text.
    #[serde(borrow, deserialize_with = "text")]
    pub text: Option<Cow<'a, str>>,
    /// A call.
    #[serde(borrow)]
    pub function_call: Option<FunctionCall<'a>>,
}

/// A call the model asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FunctionCall<'a> {
    /// Ties the response to the call; older models give none.
    #[serde(borrow, deserialize_with = "text")]
    pub id: Option<Cow<'a, str>>,
    /// Which function.
    #[serde(borrow, deserialize_with = "text")]
    pub name: Option<Cow<'a, str>>,
    /// An object; absent when the function takes none.
    #[serde(borrow)]
    pub args: Option<&'a RawValue>,
}

/// What is said about the prompt.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PromptFeedback<'a> {
    /// Why it is not answered.
    #[serde(borrow, deserialize_with = "text")]
    pub block_reason: Option<Cow<'a, str>>,
}

/// Tokens used. A count of zero is left out by the service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UsageMetadata {
    /// The prompt, cached tokens included.
    #[serde(deserialize_with = "count")]
    pub prompt_token_count: Option<u64>,
    /// Of these, read from the cache.
    #[serde(deserialize_with = "count")]
    pub cached_content_token_count: Option<u64>,
    /// The answer without thoughts.
    #[serde(deserialize_with = "count")]
    pub candidates_token_count: Option<u64>,
    /// Thoughts.
    #[serde(deserialize_with = "count")]
    pub thoughts_token_count: Option<u64>,
    /// Results of tools the service ran itself, which the model read.
    #[serde(deserialize_with = "count")]
    pub tool_use_prompt_token_count: Option<u64>,
    /// All together.
    #[serde(deserialize_with = "count")]
    pub total_token_count: Option<u64>,
    /// The prompt by kind of content.
    #[serde(deserialize_with = "null_default")]
    pub prompt_tokens_details: Vec<ModalityTokens>,
}

/// Tokens of one kind of content.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModalityTokens {
    /// `TEXT`, `IMAGE`, `VIDEO`, `AUDIO`, `DOCUMENT`.
    #[serde(deserialize_with = "null_default")]
    pub modality: String,
    /// How many.
    #[serde(deserialize_with = "count")]
    pub token_count: Option<u64>,
}
