//! What is asked of a provider.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A request for a message.
#[derive(Debug, Serialize)]
pub struct MessagesRequest<'a> {
    /// Which model.
    pub model: &'a str,
    /// Most output tokens, thinking included; required, at least 1.
    pub max_tokens: u32,
    /// System text, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<SystemBlock<'a>>,
    /// The conversation, oldest first; roles take turns.
    pub messages: Vec<WireMessage<'a>>,
    /// Tools on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// Whether a tool must be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Choice<'a>>,
    /// Whether the answer comes in events.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// Texts at which to stop; each has more than white space.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<&'a str>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Whether to think before answering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    /// How hard to try, and the form of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_config: Option<OutputConfig<'a>>,
}

/// Marks the end of a beginning that the provider keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CacheControl {
    /// Kept for five minutes after its last use.
    Ephemeral,
}

/// A piece of system text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SystemBlock<'a> {
    /// Text with more than white space.
    Text {
        /// The text.
        text: Cow<'a, str>,
        /// Whether a kept beginning ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// A person, or the results of tools.
    User,
    /// The model.
    Assistant,
}

/// One message.
#[derive(Debug, Serialize)]
pub struct WireMessage<'a> {
    /// Who speaks.
    pub role: Speaker,
    /// What is said; never empty.
    pub content: Vec<Block<'a>>,
}

/// A piece of a message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block<'a> {
    /// Text with more than white space.
    Text {
        /// The text.
        text: Cow<'a, str>,
        /// Whether a kept beginning ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    /// An image.
    Image {
        /// Its bytes.
        source: Source<'a>,
        /// Whether a kept beginning ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    /// A PDF document.
    Document {
        /// Its bytes.
        source: Source<'a>,
        /// Its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
        /// Whether a kept beginning ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    /// What the model thought, as it came.
    Thinking {
        /// The readable part; may be empty.
        thinking: &'a str,
        /// Proves that it came from the model.
        signature: &'a str,
    },
    /// What the model thought and may not be read.
    RedactedThinking {
        /// The encrypted thought.
        data: &'a str,
    },
    /// A call the model asked for.
    ToolUse {
        /// Ties the result to the call; once in a conversation.
        id: Cow<'a, str>,
        /// Which tool.
        name: Cow<'a, str>,
        /// The arguments: a JSON object.
        input: &'a RawValue,
    },
    /// What came of a call.
    ToolResult {
        /// Which call.
        tool_use_id: Cow<'a, str>,
        /// The text for the model; absent when there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<&'a str>,
        /// Whether the call failed.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
        /// Whether a kept beginning ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
}

/// Where bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source<'a> {
    /// In the request.
    Base64 {
        /// IANA media type.
        media_type: &'a str,
        /// Standard base64 with padding.
        data: &'a str,
    },
}

/// A tool on offer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// JSON Schema of its arguments; its type is `object`.
    pub input_schema: Cow<'a, Value>,
    /// Whether a kept beginning ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<CacheControl>,
}

/// Whether a tool must be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Choice<'a> {
    /// The model decides.
    Auto {
        /// At most one call.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    /// At least one call.
    Any {
        /// Exactly one call.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    /// This tool.
    Tool {
        /// Its name.
        name: &'a str,
        /// Exactly one call.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        disable_parallel_tool_use: bool,
    },
    /// No call.
    None,
}

/// Whether to think before answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Thinking {
    /// Up to this much.
    Enabled {
        /// Tokens; at least 1,024 and less than `max_tokens`.
        budget_tokens: u32,
    },
    /// As much as the model finds right.
    Adaptive {
        /// `summarized` where the thoughts would else stay hidden.
        #[serde(skip_serializing_if = "Option::is_none")]
        display: Option<&'static str>,
    },
    /// Not at all.
    Disabled,
}

/// How hard to try, and the form of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct OutputConfig<'a> {
    /// How hard to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// The form of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<OutputFormat<'a>>,
}

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Fastest and cheapest.
    Low,
    /// Between.
    Medium,
    /// What is usual.
    High,
    /// Beyond usual, for long work.
    Xhigh,
    /// Whatever it costs.
    Max,
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputFormat<'a> {
    /// JSON that follows a schema.
    JsonSchema {
        /// The schema.
        schema: &'a Value,
    },
}
