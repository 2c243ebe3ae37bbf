//! What is asked of a provider.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// A request for a response.
#[derive(Debug, Clone, Serialize)]
pub struct ResponsesRequest<'a> {
    /// Which model.
    pub model: &'a str,
    /// System text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Cow<'a, str>>,
    /// The conversation, oldest first.
    pub input: Vec<InputItem<'a>>,
    /// Whether the answer comes in events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Whether the provider keeps the response. We keep our own.
    pub store: bool,
    /// What the answer holds beside the usual.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<&'static str>,
    /// Tools on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// Whether a tool must be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoiceDto<'a>>,
    /// Whether one answer may hold several calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Most output tokens, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// How hard to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Effort<'a>>,
    /// What form the text has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextAsk<'a>>,
    /// The same for requests that share a beginning, so that they meet the same prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_key: Option<&'a str>,
}

/// One item of the conversation.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputItem<'a> {
    /// Something said.
    Message {
        /// `user` or `assistant`.
        role: &'static str,
        /// Not empty.
        content: Vec<ContentItem<'a>>,
    },
    /// A call the model asked for.
    FunctionCall {
        /// Ties the result to the call.
        call_id: Cow<'a, str>,
        /// Which tool.
        name: Cow<'a, str>,
        /// JSON text.
        arguments: &'a str,
    },
    /// What came of a call.
    FunctionCallOutput {
        /// Which call.
        call_id: Cow<'a, str>,
        /// The text for the model.
        output: &'a str,
    },
    /// What the model thought, given back as it came.
    Reasoning(ReasoningItem),
}

/// A piece of a message.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentItem<'a> {
    /// Text of the user.
    InputText {
        /// The text.
        text: Cow<'a, str>,
    },
    /// Text of the model.
    OutputText {
        /// The text.
        text: &'a str,
    },
    /// An image.
    InputImage {
        /// `auto`, `low` or `high`.
        detail: &'static str,
        /// A `data:` URL.
        image_url: String,
    },
    /// A document.
    InputFile {
        /// Its name.
        filename: &'a str,
        /// A `data:` URL.
        file_data: String,
    },
}

/// What the model thought, in the form in which it goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasoningItem {
    /// The provider's id of it.
    pub id: String,
    /// What may be read of it.
    #[serde(default)]
    pub summary: Vec<SummaryText>,
    /// What only the provider reads.
    pub encrypted_content: String,
}

/// A paragraph of a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryText {
    /// `summary_text`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The text.
    pub text: String,
}

/// A function on offer.
#[derive(Debug, Clone, Serialize)]
pub struct Tool<'a> {
    /// `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub name: &'a str,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// JSON Schema of its arguments.
    pub parameters: &'a Value,
    /// Whether arguments must follow the schema. Absent would mean yes.
    pub strict: bool,
}

/// Whether a tool must be called.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum ToolChoiceDto<'a> {
    /// `none` or `required`.
    Word(&'static str),
    /// This function.
    Function {
        /// `function`.
        #[serde(rename = "type")]
        kind: &'static str,
        /// Which.
        name: &'a str,
    },
}

/// How hard to think.
#[derive(Debug, Clone, Serialize)]
pub struct Effort<'a> {
    /// `none`, `minimal`, `low`, `medium`, `high`, …
    pub effort: &'a str,
}

/// What form the text has.
#[derive(Debug, Clone, Serialize)]
pub struct TextAsk<'a> {
    /// The form.
    pub format: TextFormat<'a>,
}

/// A form of text.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TextFormat<'a> {
    /// Any JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema {
        /// What the schema is called.
        name: &'a str,
        /// What it is for.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        /// The schema.
        schema: &'a Value,
        /// Whether it must be followed exactly.
        #[serde(skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
    },
}
