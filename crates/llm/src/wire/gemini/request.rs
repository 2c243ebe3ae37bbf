//! What is asked of the model.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A request.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateRequest<'a> {
    /// System text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_instruction: Option<Content<'a>>,
    /// The conversation, oldest first; roles alternate.
    pub contents: Vec<Content<'a>>,
    /// Tools on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// Whether a tool must be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_config: Option<ToolConfig<'a>>,
    /// Sampling and output parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_config: Option<GenerationConfig<'a>>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A person, or the results of calls.
    User,
    /// The model.
    Model,
}

/// What one side says.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Content<'a> {
    /// Who; absent for system text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The pieces, in order; at least one.
    pub parts: Vec<Part<'a>>,
}

/// A piece. Exactly one of text, data, call and response is there.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    /// Whether the text is thought, not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought: Option<bool>,
    /// State that came with the piece and goes back with it: base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought_signature: Option<Cow<'a, str>>,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Cow<'a, str>>,
    /// A file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline_data: Option<Blob<'a>>,
    /// A call the model asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_call: Option<FunctionCalled<'a>>,
    /// What came of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_response: Option<FunctionResponse<'a>>,
}

/// A file.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob<'a> {
    /// IANA media type.
    pub mime_type: Cow<'a, str>,
    /// Base64.
    pub data: Cow<'a, str>,
}

/// A call the model asked for.
#[derive(Debug, Clone, Serialize)]
pub struct FunctionCalled<'a> {
    /// Ties the response to the call.
    pub id: Cow<'a, str>,
    /// Which function.
    pub name: Cow<'a, str>,
    /// An object; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<&'a RawValue>,
}

/// What came of a call.
#[derive(Debug, Clone, Serialize)]
pub struct FunctionResponse<'a> {
    /// Which call.
    pub id: Cow<'a, str>,
    /// Which function.
    pub name: Cow<'a, str>,
    /// The result.
    pub response: FunctionResult<'a>,
}

/// A result.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FunctionResult<'a> {
    /// It worked.
    Output(Cow<'a, str>),
    /// It failed.
    Error(Cow<'a, str>),
}

/// Functions on offer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool<'a> {
    /// The functions.
    pub function_declarations: Vec<FunctionDeclaration<'a>>,
}

/// A function the model may call.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionDeclaration<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it does.
    pub description: Cow<'a, str>,
    /// JSON Schema of its arguments; absent when it takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_json_schema: Option<Cow<'a, Value>>,
}

/// Whether a function must be called.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfig<'a> {
    /// How functions are called.
    pub function_calling_config: FunctionCallingConfig<'a>,
}

/// How functions are called.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionCallingConfig<'a> {
    /// Whether one must be called.
    pub mode: CallingMode,
    /// Only these, with [`CallingMode::Any`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_function_names: Vec<Cow<'a, str>>,
}

/// Whether a function must be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CallingMode {
    /// The model decides.
    Auto,
    /// At least one.
    Any,
    /// None.
    None,
}

/// Sampling and output parameters.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationConfig<'a> {
    /// Most output tokens, thoughts included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts at which to stop, at most five.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<Cow<'a, str>>,
    /// For repeatable sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i32>,
    /// -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// `application/json` for an answer that is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mime_type: Option<Cow<'a, str>>,
    /// JSON Schema of such an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_json_schema: Option<Cow<'a, Value>>,
    /// How hard to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_config: Option<ThinkingConfig>,
}

/// How hard to think. One of level and budget, as the model knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThinkingConfig {
    /// Whether summaries of the thoughts are in the answer.
    pub include_thoughts: bool,
    /// `minimal`, `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<&'static str>,
    /// Most tokens of thought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u32>,
}
