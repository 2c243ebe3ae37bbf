//! Sampling parameters of a chat completion, each checked with the recorded words.

use super::request::Fields;
use crate::error::ApiError;
use crate::http::exchange::AnswerForm;
use domain::Sampling;
use serde_json::Value;

/// Most stop texts. Source: HTTP API, section 3.
const MAX_STOPS: usize = 4;

/// Reads and checks all sampling parameters.
pub(super) fn sampling(fields: &Fields<'_>) -> Result<Sampling, ApiError> {
    let max_tokens = match positive(fields, "max_completion_tokens")? {
        Some(tokens) => Some(tokens),
        None => positive(fields, "max_tokens")?,
    };
    Ok(Sampling {
        max_tokens,
        temperature: within(fields, "temperature", 0.0, 2.0, "0 and 2")?,
        top_p: within(fields, "top_p", 0.0, 1.0, "0 and 1")?,
        frequency_penalty: within(fields, "frequency_penalty", -2.0, 2.0, "-2.0 and 2.0")?,
        presence_penalty: within(fields, "presence_penalty", -2.0, 2.0, "-2.0 and 2.0")?,
        seed: seed(fields)?,
        stop: stop(fields)?,
        response_format: response_format(fields)?,
        reasoning_effort: fields
            .text("reasoning_effort")?
            .map(std::borrow::Cow::into_owned),
        parallel_tool_calls: fields.flag("parallel_tool_calls")?,
    })
}

/// Reads and checks the sampling parameters of a response, which has its own names for some.
pub(super) fn response_sampling(fields: &Fields<'_>) -> Result<Sampling, ApiError> {
    Ok(Sampling {
        max_tokens: positive(fields, "max_output_tokens")?,
        temperature: within(fields, "temperature", 0.0, 2.0, "0 and 2")?,
        top_p: within(fields, "top_p", 0.0, 1.0, "0 and 1")?,
        response_format: text_format(fields)?,
        reasoning_effort: reasoning_effort(fields)?,
        parallel_tool_calls: fields.flag("parallel_tool_calls")?,
        ..Sampling::default()
    })
}

fn within(
    fields: &Fields<'_>,
    name: &'static str,
    low: f64,
    high: f64,
    range: &str,
) -> Result<Option<f64>, ApiError> {
    let Some(raw) = fields.get(name) else {
        return Ok(None);
    };
    match serde_json::from_str::<f64>(raw) {
        Ok(value) if (low..=high).contains(&value) => Ok(Some(value)),
        Ok(_) | Err(_) => {
            Err(ApiError::invalid(format!("`{name}` must be between {range}.")).with_param(name))
        }
    }
}

pub(super) fn positive(fields: &Fields<'_>, name: &'static str) -> Result<Option<u32>, ApiError> {
    let Some(raw) = fields.get(name) else {
        return Ok(None);
    };
    let problem = match serde_json::from_str::<Value>(raw) {
        Ok(Value::Number(number)) => match number.as_i64() {
            Some(value) if value <= 0 => "Too small: expected number to be >0",
            Some(value) => match u32::try_from(value) {
                Ok(tokens) => return Ok(Some(tokens)),
                Err(_) => "Too big: expected number to be <=4294967295",
            },
            None => "Invalid input: expected int, received number",
        },
        Ok(_) | Err(_) => "Invalid input: expected number",
    };
    Err(ApiError::invalid(format!("{name}: {problem}")).with_param(name))
}

fn seed(fields: &Fields<'_>) -> Result<Option<i64>, ApiError> {
    let Some(raw) = fields.get("seed") else {
        return Ok(None);
    };
    serde_json::from_str::<i64>(raw)
        .map(Some)
        .map_err(|_| ApiError::invalid("`seed` must be an integer.").with_param("seed"))
}

fn stop(fields: &Fields<'_>) -> Result<Vec<String>, ApiError> {
    let Some(raw) = fields.get("stop") else {
        return Ok(Vec::new());
    };
    let wrong = |text: &str| ApiError::invalid(format!("Invalid stop: {text}")).with_param("stop");
    let stops = if raw.starts_with('"') {
        serde_json::from_str::<String>(raw).map(|one| vec![one])
    } else {
        serde_json::from_str::<Vec<String>>(raw)
    };
    let stops = stops.map_err(|_| wrong("expected a string or an array of strings"))?;
    if stops.len() > MAX_STOPS {
        return Err(wrong("stop supports at most 4 sequences"));
    }
    if stops.iter().any(String::is_empty) {
        return Err(wrong("stop sequences must not be empty"));
    }
    Ok(stops)
}

fn response_format(fields: &Fields<'_>) -> Result<Option<Value>, ApiError> {
    let Some(raw) = fields.get("response_format") else {
        return Ok(None);
    };
    let wrong = |text: &str| {
        ApiError::invalid(format!("response_format: {text}")).with_param("response_format")
    };
    let format: Value =
        serde_json::from_str(raw).map_err(|_| wrong("Invalid input: expected object"))?;
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(format)),
        Some("json_schema")
            if format
                .pointer("/json_schema/schema")
                .is_some_and(Value::is_object) =>
        {
            Ok(Some(format))
        }
        Some("json_schema") => Err(wrong("json_schema.schema must be an object")),
        Some(_) | None => Err(wrong("type must be text, json_object or json_schema")),
    }
}

/// The form of the answer that a `json_schema` asks for; `param` is what the request calls it.
pub(super) fn form(
    sampling: &Sampling,
    param: &'static str,
) -> Result<Option<AnswerForm>, ApiError> {
    let format = sampling.response_format.as_ref();
    let Some(schema) = format.and_then(|format| format.pointer("/json_schema/schema")) else {
        return Ok(None);
    };
    AnswerForm::new(schema)
        .map(Some)
        .map_err(|why| ApiError::invalid(format!("{param}: {why}")).with_param(param))
}

/// `text.format` of a response, as the `response_format` of a chat completion.
fn text_format(fields: &Fields<'_>) -> Result<Option<Value>, ApiError> {
    let Some(raw) = fields.get("text") else {
        return Ok(None);
    };
    let wrong =
        |text: &str| ApiError::invalid(format!("text.format: {text}")).with_param("text.format");
    let mut text: Value =
        serde_json::from_str(raw).map_err(|_| wrong("Invalid input: expected object"))?;
    let Some(mut format) = text.get_mut("format").map(Value::take) else {
        return Ok(None);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(format)),
        Some("json_schema") if format.get("schema").is_some_and(Value::is_object) => {
            if let Some(fields) = format.as_object_mut() {
                fields.remove("type");
                fields.retain(|_, value| !value.is_null());
                fields
                    .entry("name")
                    .or_insert_with(|| Value::from("answer"));
            }
            Ok(Some(
                serde_json::json!({ "type": "json_schema", "json_schema": format }),
            ))
        }
        Some("json_schema") => Err(wrong("schema must be an object")),
        Some(_) | None if format.is_null() => Ok(None),
        Some(_) | None => Err(wrong("type must be text, json_object or json_schema")),
    }
}

/// `reasoning.effort` of a response.
fn reasoning_effort(fields: &Fields<'_>) -> Result<Option<String>, ApiError> {
    let Some(raw) = fields.get("reasoning") else {
        return Ok(None);
    };
    let value: Option<Value> = serde_json::from_str(raw).ok();
    let effort = value.as_ref().filter(|value| value.is_object());
    match effort.map(|reasoning| reasoning.get("effort")) {
        Some(None | Some(Value::Null)) => Ok(None),
        Some(Some(Value::String(effort))) => Ok(Some(effort.clone())),
        Some(Some(_)) | None => Err(ApiError::invalid(
            "reasoning: Invalid input: expected an object with a string `effort`",
        )
        .with_param("reasoning")),
    }
}
