//! The events of the recordings, and those that came this time.

use super::compare::differences;
use super::file::Reference;
use super::replay::Shared;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// Events by their kind.
#[derive(Default)]
pub(crate) struct Heard {
    recorded: BTreeMap<String, Vec<Value>>,
    ours: BTreeMap<String, Vec<Value>>,
}

impl Heard {
    /// Takes in a list of recorded events; null is none.
    pub(crate) fn recorded(&mut self, events: &Value) {
        for event in events.as_array().into_iter().flatten() {
            // A place where others were left out is no event.
            if event.is_object() {
                let of_kind = self.recorded.entry(kind_of(event)).or_default();
                of_kind.push(event.clone());
            }
        }
    }

    /// Takes in events of ours.
    pub(crate) fn ours(&mut self, events: Vec<Value>) {
        for event in events {
            self.ours.entry(kind_of(&event)).or_default().push(event);
        }
    }

    /// Compares all of each kind.
    pub(crate) fn compare(mut self, reference: Reference, table: &Shared) {
        for (_, event) in reference.file("events").unwrap() {
            self.recorded(&Value::Array(vec![event]));
        }
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        let version = reference.folder();
        for (kind, recorded) in &self.recorded {
            let what = format!("event {kind}");
            if kind == "connect.challenge" {
                // Looked at with the hellos: no client has it among its events.
                continue;
            }
            if table.skips(version, &what) {
                continue;
            }
            let Some(ours) = self.ours.get(kind) else {
                table.found(version, &format!("{what} never came"));
                continue;
            };
            let recorded: Vec<_> = recorded.iter().collect();
            let ours: Vec<_> = ours.iter().collect();
            for line in differences(&recorded, &ours) {
                table.found(version, &format!("{what} {line}"));
            }
        }
    }
}

/// An event with what tells its payloads apart.
fn kind_of(event: &Value) -> String {
    let payload = &event["payload"];
    let words = [
        &event["event"],
        &payload["stream"],
        &payload["data"]["phase"],
        &payload["state"],
        &payload["reason"],
        &payload["phase"],
        &payload["action"],
    ];
    let words: Vec<_> = words.into_iter().filter_map(Value::as_str).collect();
    words.join("/")
}
