//! The body of a response request, read once into what the rest needs.

use super::input::{self, Input};
use crate::error::ApiError;
use crate::http::exchange::{self, AnswerForm};
use crate::http::openai::request::{Fields, MAX_MODEL, MAX_USER, bounded};
use crate::http::openai::tools::Spelling;
use crate::http::openai::{params, tools};
use domain::{Message, Sampling, ToolChoice, ToolSpec};
use serde_json::{Map, Value};

/// Longest id of a response, in bytes.
pub(super) const MAX_ID: usize = 128;

/// Fields that come back in the response as they were sent, or with the value they have when
/// they were not.
const ECHOED: [(&str, &str); 13] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("reasoning", "null"),
    ("store", "true"),
    ("temperature", "null"),
    ("text", "{\"format\":{\"type\":\"text\"}}"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_p", "null"),
];

/// A response asked for.
#[derive(Debug)]
pub(super) struct ResponseRequest {
    /// The `model` as it was written; `None` when absent.
    pub(super) model: Option<String>,
    pub(super) user: Option<String>,
    pub(super) stream: bool,
    pub(super) store: bool,
    pub(super) background: bool,
    /// The id of the response it continues.
    pub(super) previous: Option<String>,
    /// Holds for this request only.
    pub(super) instructions: Option<String>,
    /// System text among the items; it stays with the conversation.
    pub(super) system: Vec<String>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<ToolSpec>,
    pub(super) tool_choice: ToolChoice,
    pub(super) sampling: Sampling,
    /// What the text of the answer must look like.
    pub(super) form: Option<AnswerForm>,
    /// The fields of the response that repeat the request.
    pub(super) echo: Map<String, Value>,
}

impl ResponseRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let fields = Fields::read(body)?;
        let sampling = params::response_sampling(&fields)?;
        let form = params::form(&sampling, "text.format")?;
        let tools = tools::tools(&fields, Spelling::Flat)?;
        let tool_choice = tools::choice(&fields, &tools)?;
        let Input {
            system,
            messages,
            refers,
        } = input::read(fields.get("input"))?;
        if !messages.iter().any(exchange::asks) {
            return Err(ApiError::invalid("Missing user message in `input`.").with_param("input"));
        }
        let previous = bounded(&fields, "previous_response_id", MAX_ID)?;
        if refers && previous.is_none() {
            return Err(ApiError::invalid(
                "input: an item_reference needs the `previous_response_id` of its response; or \
                 send the item itself",
            )
            .with_param("input"));
        }
        let store = fields.flag("store")?.unwrap_or(true);
        let background = fields.flag("background")?.unwrap_or(false);
        if background && !store {
            return Err(ApiError::invalid(
                "background: needs `store`, because the answer is fetched later",
            )
            .with_param("background"));
        }
        Ok(Self {
            model: bounded(&fields, "model", MAX_MODEL)?,
            user: bounded(&fields, "user", MAX_USER)?,
            stream: fields.flag("stream")?.unwrap_or(false),
            store,
            background,
            previous,
            instructions: fields.text("instructions")?.map(Into::into),
            system,
            messages,
            tools,
            tool_choice,
            sampling,
            form,
            echo: echo(&fields)?,
        })
    }
}

fn echo(fields: &Fields<'_>) -> Result<Map<String, Value>, ApiError> {
    let mut echo = Map::new();
    for (name, default) in ECHOED {
        let value: Value = serde_json::from_str(fields.get(name).unwrap_or(default))
            .map_err(|error| ApiError::invalid(format!("{name}: {error}")).with_param(name))?;
        echo.insert(name.to_owned(), value);
    }
    if !echo.get("metadata").is_some_and(Value::is_object) {
        return Err(
            ApiError::invalid("metadata: Invalid input: expected object").with_param("metadata"),
        );
    }
    Ok(echo)
}

#[cfg(test)]
mod tests {
    use super::ResponseRequest;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z:/;,#$ ]{0,12}".prop_map(Value::from),
            Just(json!({ "type": "message", "role": "user", "content": "x" })),
            Just(json!({ "type": "json_schema", "schema": { "$ref": "#/a" } })),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let name = prop_oneof![
                Just("type".to_owned()),
                Just("content".to_owned()),
                Just("format".to_owned()),
                Just("output".to_owned()),
                Just("schema".to_owned()),
                "[a-z_$]{1,8}",
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_value_panics_and_every_error_is_the_callers(
            input in any_value(), text in any_value(), tools in any_value(), other in any_value(),
        ) {
            let body = json!({ "input": input, "text": text, "tools": tools, "reasoning": other,
                "tool_choice": other, "metadata": other });
            if let Err(error) = ResponseRequest::read(body.to_string().as_bytes()) {
                prop_assert!(error.status.is_client_error());
            }
        }
    }
}
