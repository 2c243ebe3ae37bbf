//! The body of a chat completion, read once into what the rest needs.

use super::content::{self, Conversation};
use super::tools::Spelling;
use super::{params, tools};
use crate::error::ApiError;
use crate::http::exchange::{self, AnswerForm};
use domain::{Message, Sampling, ToolChoice, ToolSpec};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest `user` text, in bytes.
pub(super) const MAX_USER: usize = 512;

/// Longest `model` text, in bytes.
pub(super) const MAX_MODEL: usize = 256;

/// The top level of a body: every field as JSON text. `null` counts as absent, unknown fields are
/// nobody's business.
pub(super) struct Fields<'a> {
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    /// Reads the top level; an empty body counts as `{}`.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self { fields: Vec::new() });
        }
        protocol::json::check(body).map_err(ApiError::invalid)?;
        serde_json::from_slice(body)
            .map_err(|error| ApiError::invalid(format!("the body is not a JSON object: {error}")))
    }

    /// A field as JSON text without space around it; `None` when absent or `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let (_, raw) = self.fields.iter().find(|(known, _)| known == name)?;
        Some(raw.get().trim()).filter(|raw| *raw != "null")
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, ApiError> {
        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        let text: Text<'a> = serde_json::from_str(raw).map_err(|_| {
            ApiError::invalid(format!("{name}: Invalid input: expected string")).with_param(name)
        })?;
        Ok(Some(text.0))
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        serde_json::from_str(raw).map(Some).map_err(|_| {
            ApiError::invalid(format!("{name}: Invalid input: expected boolean")).with_param(name)
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                #[serde(transparent)]
                struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

                let mut fields = Vec::with_capacity(16);
                while let Some((name, raw)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    fields.push((name.0, raw));
                }
                Ok(fields)
            }
        }

        deserializer
            .deserialize_map(Reader)
            .map(|fields| Self { fields })
    }
}

/// A chat completion asked for.
#[derive(Debug)]
pub(super) struct ChatRequest {
    /// The `model` as it was written; `None` when absent.
    pub(super) model: Option<String>,
    pub(super) user: Option<String>,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) instructions: Vec<String>,
    /// The whole conversation but for `instructions`.
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<ToolSpec>,
    pub(super) tool_choice: ToolChoice,
    pub(super) sampling: Sampling,
    /// What the text of the answer must look like.
    pub(super) form: Option<AnswerForm>,
}

impl ChatRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let fields = Fields::read(body)?;
        let model = bounded(&fields, "model", MAX_MODEL)?;
        let user = bounded(&fields, "user", MAX_USER)?;
        let stream = fields.flag("stream")?.unwrap_or(false);
        let include_usage = include_usage(&fields)?;
        let sampling = params::sampling(&fields)?;
        let form = params::form(&sampling, "response_format")?;
        let tools = tools::tools(&fields, Spelling::Nested)?;
        let tool_choice = tools::choice(&fields, &tools)?;
        let Conversation {
            instructions,
            messages,
        } = content::conversation(fields.get("messages"))?;
        if !messages.iter().any(exchange::asks) {
            return Err(
                ApiError::invalid("Missing user message in `messages`.").with_param("messages")
            );
        }
        Ok(Self {
            model,
            user,
            stream,
            include_usage,
            instructions,
            messages,
            tools,
            tool_choice,
            sampling,
            form,
        })
    }
}

pub(super) fn bounded(
    fields: &Fields<'_>,
    name: &'static str,
    limit: usize,
) -> Result<Option<String>, ApiError> {
    match fields.text(name)? {
        Some(text) if text.len() > limit => Err(ApiError::invalid(format!(
            "{name}: Too big: expected at most {limit} bytes"
        ))
        .with_param(name)),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => Ok(Some(text.into_owned())),
        None => Ok(None),
    }
}

fn include_usage(fields: &Fields<'_>) -> Result<bool, ApiError> {
    #[derive(Deserialize)]
    struct Options {
        #[serde(default)]
        include_usage: Option<bool>,
    }
    let Some(raw) = fields.get("stream_options") else {
        return Ok(false);
    };
    let wrong = || {
        ApiError::invalid("stream_options: Invalid input: expected object")
            .with_param("stream_options")
    };
    if !raw.starts_with('{') {
        return Err(wrong());
    }
    let options: Options = serde_json::from_str(raw).map_err(|_| wrong())?;
    Ok(options.include_usage.unwrap_or(false))
}

#[cfg(test)]
mod tests;
