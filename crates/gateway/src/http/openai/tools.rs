//! `tools` and `tool_choice` of a chat completion, checked with the recorded words.

use super::request::Fields;
use crate::error::ApiError;
use domain::{ToolChoice, ToolName, ToolSpec};
use serde_json::{Value, json};

/// Most tools of one request.
const MAX_TOOLS: usize = 512;

/// Longest tool name, in bytes.
const MAX_NAME: usize = 64;

/// How a route spells function tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `{type, function: {name, …}}`
    Nested,
    /// `{type, name, …}`, or nested as well.
    Flat,
}

/// Reads the tools; `functions` of older clients is not part of the dialect.
pub(super) fn tools(fields: &Fields<'_>, spelling: Spelling) -> Result<Vec<ToolSpec>, ApiError> {
    let Some(raw) = fields.get("tools") else {
        return Ok(Vec::new());
    };
    let value: Value = serde_json::from_str(raw).map_err(|_| wrong("not JSON"))?;
    let Value::Array(listed) = value else {
        let found = kind(&value);
        return Err(ApiError::invalid(format!(
            "tools: Invalid input: expected array, received {found}"
        ))
        .with_param("tools"));
    };
    if listed.len() > MAX_TOOLS {
        return Err(wrong(&format!("at most {MAX_TOOLS} tools are supported")));
    }
    let mut specs: Vec<ToolSpec> = Vec::with_capacity(listed.len());
    for (place, tool) in listed.into_iter().enumerate() {
        let spec = spec(tool, spelling, place)?;
        if specs.iter().any(|other| other.name == spec.name) {
            return Err(wrong(&format!("tool {} is listed twice", spec.name)));
        }
        specs.push(spec);
    }
    Ok(specs)
}

fn spec(mut tool: Value, spelling: Spelling, place: usize) -> Result<ToolSpec, ApiError> {
    if tool.get("type").and_then(Value::as_str) != Some("function") {
        return Err(wrong("only function tools are supported"));
    }
    let mut function = match (tool.get_mut("function").map(Value::take), spelling, tool) {
        (Some(Value::Object(function)), _, _) => function,
        (None, Spelling::Flat, Value::Object(tool)) => tool,
        _ => return Err(wrong("a function tool needs a `function` object")),
    };
    if spelling == Spelling::Flat && !function.contains_key("name") {
        return Err(ApiError::invalid(format!(
            "tools.{place}.name: Invalid input: expected string, received undefined"
        ))
        .with_param("tools"));
    }
    let name = match function.remove("name") {
        Some(Value::String(name)) if is_name(&name) => name,
        Some(_) | None => {
            return Err(wrong(
                "a function needs a `name` of 1 to 64 letters, digits, _ or -",
            ));
        }
    };
    let description = match function.remove("description") {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(_) => {
            return Err(wrong(&format!(
                "the description of {name} must be a string"
            )));
        }
    };
    let parameters = match function.remove("parameters") {
        Some(schema @ Value::Object(_)) => schema,
        Some(Value::Null) | None => json!({ "type": "object", "properties": {} }),
        Some(_) => {
            return Err(wrong(&format!(
                "the parameters of {name} must be an object"
            )));
        }
    };
    let strict = function
        .remove("strict")
        .and_then(|strict| strict.as_bool());
    Ok(ToolSpec {
        name: ToolName::new(name),
        description,
        parameters,
        strict,
    })
}

/// Reads `tool_choice` and holds it against the tools.
pub(super) fn choice(fields: &Fields<'_>, tools: &[ToolSpec]) -> Result<ToolChoice, ApiError> {
    let Some(raw) = fields.get("tool_choice") else {
        return Ok(ToolChoice::Auto);
    };
    let value: Value = serde_json::from_str(raw).map_err(|_| wrong("tool_choice is not JSON"))?;
    match value.as_str() {
        Some("auto") => return Ok(ToolChoice::Auto),
        Some("none") => return Ok(ToolChoice::None),
        Some("required") if tools.is_empty() => {
            return Err(wrong("tool_choice=required but no tools were provided"));
        }
        Some("required") => return Ok(ToolChoice::Required),
        Some(_) => {
            return Err(wrong(
                "tool_choice must be auto, none, required or a function",
            ));
        }
        None => {}
    }
    let named = value
        .pointer("/function/name")
        .or_else(|| value.get("name"))
        .and_then(Value::as_str);
    match (value.get("type").and_then(Value::as_str), named) {
        (Some("function"), Some(name)) => {
            if let Some(tool) = tools.iter().find(|tool| tool.name.as_str() == name) {
                return Ok(ToolChoice::Named {
                    name: tool.name.clone(),
                });
            }
            let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            Err(wrong(&format!(
                "tool_choice requested unknown tool: {shown}"
            )))
        }
        (Some(_) | None, _) => Err(wrong(
            "tool_choice must be auto, none, required or a function",
        )),
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn wrong(text: &str) -> ApiError {
    ApiError::invalid(format!("Invalid tools/tool_choice: {text}")).with_param("tools")
}
