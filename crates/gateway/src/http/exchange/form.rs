//! Answers that must match a JSON Schema.

use super::Ended;
use crate::error::ApiError;
use domain::Message;
use http::StatusCode;
use jsonschema::{PatternOptions, Validator};
use protocol::ErrorCode;
use serde_json::Value;
use std::sync::Arc;

/// Largest schema, in bytes of JSON.
const MAX_SCHEMA: usize = 256 * 1024;

/// Most complaints that are told, and the most bytes of each.
const MAX_COMPLAINTS: usize = 5;
const MAX_COMPLAINT: usize = 300;

/// Keywords whose value is the address of another schema.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// The schema an answer must match, ready for use.
#[derive(Debug, Clone)]
pub(in crate::http) struct AnswerForm {
    validator: Arc<Validator>,
}

impl AnswerForm {
    /// Prepares a schema. Nothing outside of it is ever read.
    ///
    /// # Errors
    /// One line that says what is wrong with it.
    pub(in crate::http) fn new(schema: &Value) -> Result<Self, String> {
        if schema.to_string().len() > MAX_SCHEMA {
            return Err(format!("the schema is larger than {MAX_SCHEMA} bytes"));
        }
        if let Some(address) = outside(schema) {
            let address: String = cut(&address, 100);
            return Err(format!(
                "the schema refers to {address:?}; only references within it (`#…`) are followed"
            ));
        }
        // Patterns are matched in linear time; those that need more are refused here.
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map_err(|error| {
                let at = error.instance_path().to_string();
                cut(&format!("not a JSON Schema at {at:?}: {error}"), 400)
            })?;
        Ok(Self {
            validator: Arc::new(validator),
        })
    }

    /// Holds an answer against the schema. One that is no final answer, such as a call, a cut text
    /// or an error, passes as it is.
    ///
    /// # Errors
    /// What does not match, one complaint per line.
    pub(in crate::http) fn hold(&self, ended: &mut Ended) -> Result<(), String> {
        if !ended.is_final() {
            return Ok(());
        }
        let text = ended.message.text();
        let valid = self.read(&text)?;
        if valid != text {
            ended.message = Message::assistant(valid);
        }
        Ok(())
    }

    /// The JSON text of an answer that matches. A fence around it is left out, because some models
    /// cannot write JSON without one.
    ///
    /// # Errors
    /// What does not match, one complaint per line.
    fn read(&self, text: &str) -> Result<String, String> {
        let json = unfenced(text);
        let value: Value = serde_json::from_str(json)
            .map_err(|error| format!("- the text is not JSON: {error}"))?;
        let mut words = String::new();
        for error in self.validator.iter_errors(&value).take(MAX_COMPLAINTS) {
            if !words.is_empty() {
                words.push('\n');
            }
            let at = error.instance_path().to_string();
            let at = if at.is_empty() { "the top" } else { &at };
            let complaint = cut(&format!("at {at}: {error}"), MAX_COMPLAINT);
            let complaint = complaint.replace(char::is_control, " ");
            words.push_str("- ");
            words.push_str(&complaint);
        }
        if words.is_empty() {
            Ok(json.to_owned())
        } else {
            Err(words)
        }
    }
}

/// What a model reads whose answer did not match.
pub(super) fn repair_request(words: &str) -> String {
    format!(
        "Your answer does not match the JSON schema that was asked for:\n{words}\n\
         Answer again with the corrected JSON only, without any other text."
    )
}

/// The error of an answer that did not match even when it was asked for again.
pub(in crate::http) fn invalid_output(words: &str) -> ApiError {
    // Not a 5xx: clients would repeat the request, and the bill, by themselves.
    ApiError::new(
        ErrorCode::ProviderError,
        format!(
            "the answer does not match the JSON schema, not even when it was asked for again:\n{words}"
        ),
    )
    .with_status(StatusCode::UNPROCESSABLE_ENTITY)
    .with_reason("invalid_output")
}

/// The first reference that leads out of the schema.
fn outside(schema: &Value) -> Option<String> {
    match schema {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match value {
            Value::String(address) if REFERENCES.contains(&name.as_str()) => {
                (!address.starts_with('#')).then(|| address.clone())
            }
            Value::Object(_) | Value::Array(_) => outside(value),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }),
        Value::Array(items) => items.iter().find_map(outside),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("```") else {
        return text;
    };
    let rest = rest.strip_prefix("json").unwrap_or(rest);
    match rest.strip_suffix("```") {
        Some(inside) if !inside.contains("```") => inside.trim(),
        Some(_) | None => text,
    }
}

fn cut(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most.min(text.len()));
    match text.get(..end) {
        Some(start) if end < text.len() => format!("{start}…"),
        Some(_) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn city() -> AnswerForm {
        AnswerForm::new(
            &json!({ "type": "object", "properties": { "city": { "type": "string" } },
            "required": ["city"], "additionalProperties": false }),
        )
        .unwrap()
    }

    #[test]
    fn what_matches_is_passed_on_without_its_fence() {
        for (text, json) in [
            ("{\"city\":\"Oslo\"}", "{\"city\":\"Oslo\"}"),
            (
                "\n```json\n{\"city\":\"Oslo\"}\n```\n",
                "{\"city\":\"Oslo\"}",
            ),
            ("``` {\"city\":\"```\"} ```", ""),
        ] {
            assert_eq!(city().read(text).unwrap_or_default(), json, "{text}");
        }
    }

    #[test]
    fn complaints_name_the_place() {
        let form = city();
        let words = form.read("{\"city\":7,\"land\":1}").unwrap_err();
        assert!(
            words.contains("at /city: 7 is not of type \"string\""),
            "{words}"
        );
        assert!(words.contains("'land' was unexpected"), "{words}");
        assert!(form.read("Oslo").unwrap_err().contains("not JSON"));
        assert!(form.read("").unwrap_err().contains("not JSON"));
        let long = format!("{{\"city\":[{}]}}", vec!["1"; 5000].join(","));
        assert!(form.read(&long).unwrap_err().len() < 1000);
    }

    #[test]
    fn nothing_outside_the_schema_is_read() {
        for schema in [
            json!({ "$ref": "https://example.com/a.json" }),
            json!({ "properties": { "a": { "items": { "$ref": "file:///etc/passwd" } } } }),
            json!({ "anyOf": [{ "$dynamicRef": "other.json#a" }] }),
            json!({ "type": "strin" }),
            json!({ "$schema": "https://example.com/mine" }),
            json!({ "pattern": "^(?=a)(a+)+$" }),
        ] {
            assert!(AnswerForm::new(&schema).is_err(), "{schema}");
        }
        // A property may be called like a keyword, and a schema may refer to itself.
        for schema in [
            json!({ "properties": { "$ref": { "type": "string" } } }),
            json!({ "$ref": "#" }),
            json!({ "properties": { "next": { "$ref": "#" } } }),
        ] {
            assert!(AnswerForm::new(&schema).is_ok(), "{schema}");
        }
    }
}
