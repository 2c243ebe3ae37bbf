//! What is asked of a provider, and of us.

use super::Arguments;
use crate::wire::scalar::null_default;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// A chat completion request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ChatRequest<'a> {
    /// Which model.
    #[serde(borrow, default)]
    pub model: Cow<'a, str>,
    /// The conversation, oldest first.
    #[serde(borrow)]
    pub messages: Vec<ChatMessage<'a>>,
    /// Whether the answer comes in chunks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// How chunks are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// Tools on offer.
    #[serde(
        borrow,
        default,
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tools: Vec<Tool<'a>>,
    /// Whether a tool must be called.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoiceDto<'a>>,
    /// Whether one answer may hold several calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Most output tokens, the older name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Most output tokens, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u32>,
    /// 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// How many alternatives; we serve 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Texts at which to stop.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop<'a>>,
    /// For repeatable sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// -2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// -2 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// `text`, `json_object` or `json_schema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Cow<'a, Value>>,
    /// How hard to think.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Cow<'a, str>>,
    /// Who asks, in the caller's own words.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Cow<'a, str>>,
    /// The same for requests that share a beginning, so that they meet the same prompt cache.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub prompt_cache_key: Option<Cow<'a, str>>,
}

/// How chunks are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamOptions {
    /// Whether a last chunk carries usage.
    #[serde(default)]
    pub include_usage: bool,
}

/// One message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ChatMessage<'a> {
    /// `system`, `developer`, `user`, `assistant`, `tool` or the older `function`.
    #[serde(borrow)]
    pub role: Cow<'a, str>,
    /// What is said; absent or `null` beside tool calls.
    #[serde(borrow, default)]
    pub content: Option<Content<'a>>,
    /// What an assistant message was thought with, where the provider wants it back.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<Cow<'a, str>>,
    /// Who, within a role.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// Calls an assistant message asks for.
    #[serde(
        borrow,
        default,
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tool_calls: Vec<ToolCallDto<'a>>,
    /// The call a tool message answers.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<Cow<'a, str>>,
}

/// A message's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Typed pieces.
    Parts(Vec<ContentPart<'a>>),
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Parts(parts) => parts.serialize(serializer),
        }
    }
}

struct AnyContent;

impl<'de> Visitor<'de> for AnyContent {
    type Value = Content<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of content parts")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Content<'de>, E> {
        Ok(Content::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Content<'de>, E> {
        Ok(Content::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Content<'de>, E> {
        Ok(Content::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content<'de>, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element()? {
            parts.push(part);
        }
        Ok(Content::Parts(parts))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyContent)
    }
}

/// A piece of content. Flat on purpose, so that kinds we do not know are read too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContentPart<'a> {
    /// `text`, `image_url`, …
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// The text of a text part.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Cow<'a, str>>,
    /// The image of an image part.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<ImageUrl<'a>>,
    /// The document of a file part.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePart<'a>>,
    /// The sound of an audio part.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub input_audio: Option<InputAudio<'a>>,
}

/// A document within a message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FilePart<'a> {
    /// Its name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<Cow<'a, str>>,
    /// A `data:` URL.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub file_data: Option<Cow<'a, str>>,
}

/// A sound within a message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputAudio<'a> {
    /// Standard base64.
    #[serde(borrow)]
    pub data: Cow<'a, str>,
    /// `wav` or `mp3`.
    #[serde(borrow)]
    pub format: Cow<'a, str>,
}

/// Where an image is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageUrl<'a> {
    /// A `data:` or `https:` URL.
    #[serde(borrow)]
    pub url: Cow<'a, str>,
    /// `auto`, `low` or `high`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'a, str>>,
}

/// A tool call of an assistant message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCallDto<'a> {
    /// Ties the result to the call.
    #[serde(borrow, default, deserialize_with = "null_default")]
    pub id: Cow<'a, str>,
    /// `function`.
    #[serde(rename = "type", borrow, default, deserialize_with = "null_default")]
    pub kind: Cow<'a, str>,
    /// Name and arguments.
    #[serde(borrow)]
    pub function: CallFunction<'a>,
}

/// Name and arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CallFunction<'a> {
    /// Which tool.
    #[serde(borrow, default, deserialize_with = "null_default")]
    pub name: Cow<'a, str>,
    /// JSON text.
    #[serde(borrow, default)]
    pub arguments: Arguments<'a>,
}

/// A tool on offer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tool<'a> {
    /// `function`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// What it is; absent for kinds that are not functions.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub function: Option<ToolFunction<'a>>,
}

/// A function the model may call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ToolFunction<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// What it does.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    /// JSON Schema of its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Cow<'a, Value>>,
    /// Whether arguments must follow the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// Whether a tool must be called: a word (`auto`, `none`, `required`) or one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ToolChoiceDto<'a> {
    /// A word.
    Word(#[serde(borrow)] Cow<'a, str>),
    /// This function.
    Function {
        /// `function`.
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
        /// Which.
        #[serde(borrow)]
        function: NamedFunction<'a>,
    },
}

/// A function by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedFunction<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
}

/// Texts at which to stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stop<'a> {
    /// One.
    One(#[serde(borrow)] Cow<'a, str>),
    /// At most four.
    Many(Vec<String>),
}
