//! Two JSON values, compared by keys and types.

use serde_json::Value;
use std::collections::BTreeSet;

/// Where an answer differs from the recorded one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// The way to it, as in `sessions[].label`.
    pub(crate) place: String,
    /// How it differs.
    pub(crate) how: String,
}

/// What stands in place of parts that were left out of a recording.
const ELIDED: char = '…';

/// Every recorded key must be there with the same JSON type; more keys may be.
pub(crate) fn differences(recorded: &Value, ours: &Value) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    compare(recorded, ours, "", &mut found);
    found
}

fn compare(recorded: &Value, ours: &Value, place: &str, found: &mut BTreeSet<Difference>) {
    let mut differs = |how: String| {
        let place = place.to_owned();
        found.insert(Difference { place, how });
    };
    let (was, is) = (kind(recorded), kind(ours));
    match (recorded, ours) {
        // Nothing was there to compare with.
        (Value::Null, _) => {}
        (Value::String(text), Value::Object(_)) if text.starts_with("{…") => {}
        (Value::String(text), Value::Array(_)) if text.starts_with("[…") => {}
        (Value::Object(recorded), Value::Object(ours)) => {
            for (key, recorded) in recorded.iter().filter(|(key, _)| !key.starts_with(ELIDED)) {
                let place = join(place, key);
                if let Some(ours) = ours.get(key) {
                    compare(recorded, ours, &place, found);
                } else {
                    let how = "missing".to_owned();
                    found.insert(Difference { place, how });
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            elements(recorded, ours, &format!("{place}[]"), found);
        }
        _ if was == is => {}
        _ => differs(format!("{is}, recorded {was}")),
    }
}

/// Elements of one sort are compared with each other. What not all recorded ones of a sort have is
/// no part of it, and a sort that did not come this time is not missed.
fn elements(recorded: &[Value], ours: &[Value], place: &str, found: &mut BTreeSet<Difference>) {
    let known = recorded
        .iter()
        .filter(|it| !it.as_str().is_some_and(|text| text.starts_with(ELIDED)));
    let known: Vec<_> = known.collect();
    for ours in ours {
        let same = known.iter().filter(|it| sort(it) == sort(ours));
        let Some(common) = same.map(|it| (*it).clone()).reduce(common) else {
            continue;
        };
        compare(&common, ours, place, found);
    }
}

/// What both have.
fn common(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(mut other)) => {
            let both = one.into_iter().filter_map(|(key, one)| {
                let other = other.remove(&key)?;
                Some((key, common(one, other)))
            });
            Value::Object(both.collect())
        }
        (Value::Array(mut one), Value::Array(other)) => {
            one.extend(other);
            Value::Array(one)
        }
        (one, other) if kind(&one) == kind(&other) => one,
        _ => Value::Null,
    }
}

/// What tells elements of different shapes in one list apart.
fn sort(element: &Value) -> String {
    let mark = |key| element.get(key).and_then(Value::as_str).unwrap_or("");
    format!("{} {} {}", kind(element), mark("role"), mark("type"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn join(place: &str, key: &str) -> String {
    if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}.{key}")
    }
}

#[test]
fn a_missing_key_and_another_type_are_found() {
    use serde_json::json;
    let recorded = json!({ "a": 1, "list": [{ "type": "x", "b": "", "c": 1 }, { "type": "x", "b": "" }],
        "…": "9 more", "big": "{…}", "none": null });
    let ours =
        json!({ "a": "1", "list": [{ "type": "x" }, { "type": "y" }], "big": {}, "more": 1 });
    let found: Vec<_> = differences(&recorded, &ours)
        .into_iter()
        .map(|it| format!("{} {}", it.place, it.how))
        .collect();
    assert_eq!(
        found,
        [
            "a a string, recorded a number",
            "list[].b missing",
            "none missing"
        ]
    );
}
