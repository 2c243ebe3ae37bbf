//! The recorded parameters in words that our fake model and our gateway know.

use crate::site::TOKEN;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What earlier answers said that later calls name.
#[derive(Default)]
pub(crate) struct Translation {
    known: BTreeMap<&'static str, Value>,
}

impl Translation {
    /// Remembers what later calls name.
    pub(crate) fn learn(&mut self, name: &str, method: &str, payload: &Value) {
        let what = match method {
            "config.get" | "config.patch" => "config",
            "exec.approvals.get" => "approvals",
            "cron.add" if name == "cron.add" => "job",
            "wizard.start" => "wizard",
            _ => return,
        };
        self.known.insert(what, payload.clone());
    }

    /// The parameters of a recorded call.
    pub(crate) fn params(&self, method: &str, recorded: &Value) -> Value {
        let mut params = translated(recorded);
        let known = |what: &str, key: &str| self.known.get(what).map(|it| it[key].clone());
        let mut set = |key: &str, value: Option<Value>| {
            if let (Some(value), Some(old)) = (value, params.get_mut(key))
                && !["dead", "nope"].contains(&old.as_str().unwrap_or_default())
            {
                *old = value;
            }
        };
        match method {
            "config.patch" | "config.set" | "config.apply" => {
                set("baseHash", known("config", "hash"));
                let raw = recorded["raw"].as_str().unwrap_or_default();
                if raw.contains("ackReaction") {
                    // A setting that we have, too.
                    let endpoints = json!({ "messages": { "enabled": true } });
                    let raw = json!({ "gateway": { "http": { "endpoints": endpoints } } });
                    set("raw", Some(raw.to_string().into()));
                } else if raw.ends_with("chars)") {
                    set("raw", known("config", "raw"));
                } else if raw == "{\"messages\":{}}" {
                    set("raw", Some("{\"gateway\":{}}".into()));
                }
            }
            "exec.approvals.set" => set("baseHash", known("approvals", "hash")),
            "cron.update" | "cron.run" | "cron.runs" | "cron.remove" => {
                set("id", known("job", "id"));
            }
            "wizard.status" | "wizard.cancel" | "wizard.next" => {
                set("sessionId", known("wizard", "sessionId"));
            }
            "tools.invoke" if recorded["name"] == "session_status" => {
                set("name", Some("ls".into()));
                set("args", Some(json!({ "path": "." })));
            }
            _ => {}
        }
        params
    }
}

fn translated(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(match text.as_str() {
            "hello SAY:one" => "SAY:one".to_owned(),
            "hi SAY:agent" => "SAY:agent".to_owned(),
            "MOCK_400" => "STATUS:400".to_owned(),
            "MOCK_SLOW" => "SLOW:300".to_owned(),
            "mock/mock-2" => "fake/fake-2".to_owned(),
            "<token>" => TOKEN.to_owned(),
            text if text.starts_with("MOCK_TOOL:") => "TOOL:ls{\"path\":\".\"}".to_owned(),
            text => text.to_owned(),
        }),
        Value::Array(all) => all.iter().map(translated).collect(),
        Value::Object(all) => {
            let all = all
                .iter()
                .map(|(key, value)| (key.clone(), translated(value)));
            Value::Object(all.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
