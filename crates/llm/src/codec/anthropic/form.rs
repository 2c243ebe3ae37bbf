//! The form of the answer: held to by the provider where it can, asked for in words where not.

use super::generation::Abilities;
use super::schema;
use crate::wire::anthropic::OutputFormat;
use serde_json::Value;
use std::borrow::Cow;

/// How a form is asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Form<'a> {
    /// Any text.
    Free,
    /// The provider holds the answer to it.
    Held(OutputFormat<'a>),
    /// The model is told.
    Told(Cow<'static, str>),
}

/// Reads OpenAI's `response_format`; what it does not know is any text.
pub(super) fn form(format: Option<&Value>, able: Abilities) -> Form<'_> {
    let Some(format) = format else {
        return Form::Free;
    };
    match format.get("type").and_then(Value::as_str) {
        Some("json_object") => Form::Told(Cow::Borrowed(
            "Answer with one JSON object and nothing else: no other text, no code fence.",
        )),
        Some("json_schema") => match format.pointer("/json_schema/schema") {
            Some(schema) if able.schemas && schema::is_accepted(schema) => {
                Form::Held(OutputFormat::JsonSchema { schema })
            }
            Some(schema) => Form::Told(Cow::Owned(format!(
                "Answer with one JSON value that follows this JSON Schema and nothing else: \
                 no other text, no code fence.\n{schema}"
            ))),
            None => Form::Free,
        },
        Some(_) | None => Form::Free,
    }
}
