//! Embeddings: what is asked and answered in the formats of OpenAI, Gemini and Ollama.
//!
//! Source: OpenAI API reference, "Embeddings"; Gemini API reference, `models.batchEmbedContents`;
//! Ollama API reference, "Generate embeddings".

use super::scalar::{count, null_default, text};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What OpenAI and its imitators are asked.
#[derive(Debug, Clone, Serialize)]
pub struct OpenAiAsk<'a> {
    /// Which model.
    pub model: &'a str,
    /// The texts.
    pub input: &'a [String],
    /// `float`.
    pub encoding_format: &'static str,
    /// How long each vector is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
}

/// What OpenAI and its imitators answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OpenAiAnswer<'a> {
    /// The model that answered.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// The vectors, usually in order.
    #[serde(deserialize_with = "null_default")]
    pub data: Vec<OpenAiVector>,
    /// Tokens used.
    pub usage: Option<OpenAiUsage>,
}

/// One vector.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OpenAiVector {
    /// Which text it is of, from 0.
    #[serde(deserialize_with = "count")]
    pub index: Option<u64>,
    /// The vector.
    #[serde(deserialize_with = "null_default")]
    pub embedding: Vec<f32>,
}

/// Tokens used.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct OpenAiUsage {
    /// Of all texts.
    #[serde(deserialize_with = "count")]
    pub prompt_tokens: Option<u64>,
}

/// What Gemini is asked.
#[derive(Debug, Clone, Serialize)]
pub struct GeminiAsk<'a> {
    /// One per text.
    pub requests: Vec<GeminiText<'a>>,
}

/// One text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GeminiText<'a> {
    /// `models/` and the model.
    pub model: &'a str,
    /// The text.
    pub content: GeminiContent<'a>,
    /// How long the vector is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_dimensionality: Option<u32>,
}

/// What is embedded.
#[derive(Debug, Clone, Serialize)]
pub struct GeminiContent<'a> {
    /// The one text.
    pub parts: [GeminiPart<'a>; 1],
}

/// A piece of text.
#[derive(Debug, Clone, Serialize)]
pub struct GeminiPart<'a> {
    /// The text.
    pub text: &'a str,
}

/// What Gemini answers, in order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GeminiAnswer {
    /// One per text.
    #[serde(deserialize_with = "null_default")]
    pub embeddings: Vec<GeminiVector>,
    /// Tokens used; newer models tell.
    pub usage_metadata: Option<GeminiUsage>,
}

/// One vector.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GeminiVector {
    /// The vector.
    #[serde(deserialize_with = "null_default")]
    pub values: Vec<f32>,
}

/// Tokens used.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GeminiUsage {
    /// Of all texts.
    #[serde(deserialize_with = "count")]
    pub prompt_token_count: Option<u64>,
}

/// What Ollama is asked.
#[derive(Debug, Clone, Serialize)]
pub struct OllamaAsk<'a> {
    /// Which model.
    pub model: &'a str,
    /// The texts.
    pub input: &'a [String],
    /// Whether a text that is too long is cut. No: half a text is not what was asked for.
    pub truncate: bool,
    /// How long each vector is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
}

/// What Ollama answers, in order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OllamaAnswer<'a> {
    /// The model that answered.
    #[serde(borrow, deserialize_with = "text")]
    pub model: Option<Cow<'a, str>>,
    /// One per text.
    #[serde(deserialize_with = "null_default")]
    pub embeddings: Vec<Vec<f32>>,
    /// Tokens of all texts.
    #[serde(deserialize_with = "count")]
    pub prompt_eval_count: Option<u64>,
}
