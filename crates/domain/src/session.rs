//! What is known of a session beside its log: its name, what it overrides, where it belongs.

use crate::{SessionKey, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What somebody set for a session. Everything is optional; an empty entry overrides nothing.
/// Source: gateway RPC methods, "Sessions", `sessions.patch`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionEntry {
    /// A name people gave it; unique only if people keep it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The name shown in lists, when it differs from the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// A model in place of the agent's, as `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How much the model thinks, e.g. `low`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    /// How much of the tool calls is shown, e.g. `on`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbose_level: Option<String>,
    /// How much is traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_level: Option<String>,
    /// Whether thoughts are shown, e.g. `stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_level: Option<String>,
    /// Which rights tools have, e.g. `ask`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elevated_level: Option<String>,
    /// Whether speed is worth more than money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fast_mode: Option<FastMode>,
    /// Whether what an answer used is shown below it, e.g. `tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_usage: Option<String>,
    /// Whether answers are sent out: `allow` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_policy: Option<String>,
    /// Where programs run, e.g. `gateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_host: Option<String>,
    /// Which programs may run, e.g. `allowlist`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_security: Option<String>,
    /// When a person is asked before one runs, e.g. `on-miss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_ask: Option<String>,
    /// The node they run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_node: Option<String>,
    /// Put away by a person; it can be continued all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Kept at the top of lists.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Marked as not read yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
    /// The group it is shown in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// A small picture by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// A colour by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The session it was opened from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_session_key: Option<SessionKey>,
    /// The session whose agent opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spawned_by: Option<SessionKey>,
    /// Who opened it, e.g. `operator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_via: Option<String>,
    /// When a person last said something in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_interaction_at: Option<UnixMillis>,
    /// What this program carries and does not read.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whether speed is worth more than money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FastMode {
    /// Yes or no.
    Fixed(bool),
    /// As the gateway sees fit.
    Chosen(FastChoice),
}

/// Who decides about [`FastMode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FastChoice {
    /// The gateway.
    Auto,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_keeps_what_it_does_not_know() {
        let text = json!({ "label": "Lab", "fastMode": "auto", "pinned": true, "statusNote": "x" });
        let entry: SessionEntry = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(entry.fast_mode, Some(FastMode::Chosen(FastChoice::Auto)));
        assert_eq!(entry.extra["statusNote"], "x");
        assert_eq!(serde_json::to_value(&entry).unwrap(), text);
        assert_eq!(
            serde_json::to_value(SessionEntry::default()).unwrap(),
            json!({})
        );
    }
}
