//! What can be set for a session, and how it is checked. Source: gateway RPC methods,
//! `sessions.patch`.

use super::super::Services;
use crate::error::ApiError;

use domain::{FastChoice, FastMode, SessionEntry};
use serde_json::{Map, Value};

/// Longest names, in characters.
const MAX_NAME: usize = 512;

/// Changes that only an admin may make. Source: WebSocket protocol, section 17.
const ADMIN_ONLY: [&str; 8] = [
    "thinkingLevel",
    "verboseLevel",
    "traceLevel",
    "reasoningLevel",
    "elevatedLevel",
    "execHost",
    "execSecurity",
    "execAsk",
];

/// Whether one of the changes is for admins.
pub(crate) fn needs_admin(changes: &Map<String, Value>) -> bool {
    changes
        .keys()
        .any(|name| ADMIN_ONLY.contains(&name.as_str()) || name == "execNode")
}

/// Makes the changes; `levels` is how hard the session's model can think.
///
/// # Errors
/// [`ApiError`] names the first one that cannot be made.
pub(super) fn change(
    services: &Services,
    entry: &mut SessionEntry,
    changes: &Map<String, Value>,
    levels: impl Fn(&SessionEntry) -> Vec<String>,
) -> Result<(), ApiError> {
    if let Some(value) = changes.get("model") {
        entry.model = match text("model", value)? {
            Some(name) => Some(model(services, &name)?),
            None => None,
        };
    }
    for (name, value) in changes {
        match name.as_str() {
            "label" => entry.label = text(name, value)?,
            "displayName" => entry.display_name = text(name, value)?,
            "category" => entry.category = text(name, value)?,
            "icon" => entry.icon = text(name, value)?,
            "color" => entry.color = text(name, value)?,
            "archived" => entry.archived = flag(name, value)?,
            "pinned" => entry.pinned = flag(name, value)?,
            "unread" => entry.unread = flag(name, value)?,
            "thinkingLevel" => {
                let known = levels(entry);
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                entry.thinking_level = word(name, value, &known)?;
            }
            "verboseLevel" => entry.verbose_level = word(name, value, &["off", "on", "full"])?,
            "traceLevel" => entry.trace_level = word(name, value, &["off", "on", "raw"])?,
            "reasoningLevel" => {
                entry.reasoning_level = word(name, value, &["off", "on", "stream"])?;
            }
            "elevatedLevel" => {
                entry.elevated_level = word(name, value, &["off", "on", "ask", "full"])?;
            }
            "responseUsage" => {
                entry.response_usage = word(name, value, &["off", "on", "tokens", "full"])?;
            }
            "sendPolicy" => entry.send_policy = word(name, value, &["allow", "deny"])?,
            "execHost" => {
                let known = ["auto", "sandbox", "gateway", "node"];
                entry.exec_host = word(name, value, &known)?;
            }
            "execSecurity" => {
                entry.exec_security = word(name, value, &["deny", "allowlist", "full"])?;
            }
            "execAsk" => entry.exec_ask = word(name, value, &["off", "on-miss", "always"])?,
            "execNode" => entry.exec_node = text(name, value)?,
            "fastMode" => entry.fast_mode = fast(name, value)?,
            // Parameters that are not known are passed over.
            _ => {}
        }
    }
    Ok(())
}

/// The name under which a model is called, if there is such a model.
fn model(services: &Services, name: &str) -> Result<String, ApiError> {
    if let Ok(target) = services.models.catalog().resolve(name) {
        return Ok(target.info.reference());
    }
    if services.models.auto_names().iter().any(|auto| auto == name) {
        return Ok(name.to_owned());
    }
    let shown: String = name.chars().take(128).collect();
    let catalog = services.models.catalog();
    let provider = shown.split_once('/').map(|(provider, _)| provider);
    let is_served = |provider| {
        catalog
            .iter()
            .any(|info| info.provider.as_str() == provider)
    };
    Err(ApiError::invalid(match provider {
        Some(provider) if !is_served(provider) => {
            format!("Unknown provider \"{provider}\". Use /models to list providers.")
        }
        Some(_) | None => format!("Unknown model \"{shown}\". Use /models to list models."),
    }))
}

fn text(name: &str, value: &Value) -> Result<Option<String>, ApiError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => {
            let text = text.trim();
            let length = text.chars().count();
            if (1..=MAX_NAME).contains(&length) && !text.chars().any(char::is_control) {
                Ok(Some(text.to_owned()))
            } else {
                Err(ApiError::invalid(format!(
                    "invalid {name}: 1 to {MAX_NAME} characters in one line, or null"
                )))
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(
            ApiError::invalid(format!("invalid {name}: expected a text or null")),
        ),
    }
}

fn flag(name: &str, value: &Value) -> Result<bool, ApiError> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Null => Ok(false),
        Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(
            ApiError::invalid(format!("invalid {name}: expected true or false")),
        ),
    }
}

fn word(name: &str, value: &Value, known: &[&str]) -> Result<Option<String>, ApiError> {
    let invalid = || ApiError::invalid(format!("invalid {name} (use {})", known.join("|")));
    match value {
        Value::Null => Ok(None),
        Value::String(word) => {
            let word = word.trim().to_ascii_lowercase();
            if known.contains(&word.as_str()) {
                Ok(Some(word))
            } else {
                Err(invalid())
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(invalid()),
    }
}

fn fast(name: &str, value: &Value) -> Result<Option<FastMode>, ApiError> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(fast) => Ok(Some(FastMode::Fixed(*fast))),
        Value::String(word) if word == "auto" => Ok(Some(FastMode::Chosen(FastChoice::Auto))),
        Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(
            ApiError::invalid(format!("invalid {name} (use true|false|auto)")),
        ),
    }
}
