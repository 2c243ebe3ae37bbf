//! Values as YAML text.

use serde_json::Value;

/// A value on one line: a scalar, or a collection in flow style.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name), inline(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        // JSON's form of these is YAML's too.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Whether a value needs lines of its own.
pub(super) fn is_block(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The lines of a collection that is not empty, each indented by `indent` spaces or more.
pub(super) fn block(value: &Value, indent: usize, step: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    let mut lines = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                lines.extend(entry(name, member, indent, step));
            }
        }
        Value::Array(items) => {
            for element in items {
                lines.extend(item(element, indent, step));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            lines.push(format!("{pad}{}", inline(value)));
        }
    }
    lines
}

/// `name: value`, on one line or with a block below.
pub(super) fn entry(name: &str, value: &Value, indent: usize, step: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    if !is_block(value) {
        return vec![format!("{pad}{}: {}", key(name), inline(value))];
    }
    let mut lines = vec![format!("{pad}{}:", key(name))];
    lines.extend(block(value, indent + step, step));
    lines
}

/// `- value`, with the first line of a block beside the dash.
pub(super) fn item(value: &Value, indent: usize, step: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    if !is_block(value) {
        return vec![format!("{pad}- {}", inline(value))];
    }
    let mut lines = block(value, indent + 2, step);
    if let Some(first) = lines.first_mut() {
        *first = format!("{pad}- {}", first.trim_start());
    }
    lines
}

/// A name as a key.
pub(super) fn key(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

/// Whether a text means itself without quotes, in every YAML version and inside brackets.
fn is_plain(text: &str) -> bool {
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-./@+".contains(c);
    text.len() <= 200
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(inner)
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
}
