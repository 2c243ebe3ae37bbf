//! Samples of JSON values, compared by keys and types.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What stands in place of parts that were left out of a recording.
const ELIDED: char = '…';

/// Members whose values are compared too: codes and words that programs decide by.
const PINNED: [&str; 9] = [
    "authReason",
    "code",
    "decision",
    "method",
    "recommendedNextStep",
    "role",
    "s",
    "scopes",
    "tokenDelivery",
];

/// Where samples of ours differ from recorded samples of the same thing, as `place: how`.
///
/// A key of every recorded sample must be in all of ours, one of some in one of ours, each with a
/// recorded type. More keys may be there. Elements of lists are samples by their role and type.
pub(crate) fn differences(recorded: &[&Value], ours: &[&Value]) -> BTreeSet<String> {
    let mut found = Found {
        pins: false,
        lines: BTreeSet::new(),
    };
    found.compare(recorded, ours, ".");
    found.lines
}

/// The same for one sample, of which codes and words must be the recorded ones too.
pub(crate) fn differences_in_words(recorded: &Value, ours: &Value) -> BTreeSet<String> {
    let mut found = Found {
        pins: true,
        lines: BTreeSet::new(),
    };
    found.compare(&[recorded], &[ours], ".");
    found.lines
}

struct Found {
    pins: bool,
    lines: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, place: &str, how: &str) {
        self.lines.insert(format!("{place}: {how}"));
    }

    fn compare(&mut self, recorded: &[&Value], ours: &[&Value], place: &str) {
        let was: BTreeSet<_> = recorded.iter().map(|it| kind(it)).collect();
        if was.len() == 1 && was.contains("null") {
            return;
        }
        for is in ours.iter().map(|it| kind(it)).collect::<BTreeSet<_>>() {
            if !was.contains(is) {
                let was: Vec<_> = was.iter().filter(|it| **it != "null").copied().collect();
                self.add(place, &format!("{is}, recorded {}", was.join(" or ")));
            }
        }
        let objects = |all: &[&Value]| all.iter().filter(|it| it.is_object()).count();
        if objects(recorded) > 0 && objects(ours) > 0 {
            self.members(recorded, ours, place);
        }
        let lists = |all: &[&Value]| -> Option<Vec<Value>> {
            let lists: Vec<_> = all.iter().filter_map(|it| it.as_array()).collect();
            let elements = lists.iter().flat_map(|it| it.iter().cloned());
            let elements = elements.filter(|it| !is_elided(it)).collect();
            (!lists.is_empty()).then_some(elements)
        };
        if let (Some(recorded), Some(ours)) = (lists(recorded), lists(ours)) {
            self.elements(&recorded, &ours, place);
        }
    }

    fn members(&mut self, recorded: &[&Value], ours: &[&Value], place: &str) {
        let recorded: Vec<_> = recorded.iter().filter_map(|it| it.as_object()).collect();
        let ours: Vec<_> = ours.iter().filter_map(|it| it.as_object()).collect();
        let keys: BTreeSet<_> = recorded.iter().flat_map(|it| it.keys()).collect();
        for key in keys.into_iter().filter(|key| !key.starts_with(ELIDED)) {
            let was: Vec<_> = recorded.iter().filter_map(|it| it.get(key)).collect();
            let is: Vec<_> = ours.iter().filter_map(|it| it.get(key)).collect();
            let place = match place {
                "." => key.clone(),
                _ => format!("{place}.{key}"),
            };
            let always = was.len() == recorded.len();
            if was.iter().all(|it| it.is_null()) {
                if is.is_empty() {
                    self.add(&place, "missing, recorded null");
                }
                continue;
            }
            match (is.len(), always) {
                (0, true) => self.add(&place, "missing"),
                (0, false) => self.add(&place, "missing, recorded now and then"),
                (some, true) if some < ours.len() => self.add(&place, "missing now and then"),
                _ => {}
            }
            if let (true, [was], [is]) = (self.pins && PINNED.contains(&&**key), &*was, &*is)
                && kind(was) == kind(is)
                && was != is
            {
                self.add(&place, &format!("{is}, recorded {was}"));
            }
            if !is.is_empty() {
                self.compare(&was, &is, &place);
            }
        }
    }

    fn elements(&mut self, recorded: &[Value], ours: &[Value], place: &str) {
        if ours.is_empty() && !recorded.is_empty() {
            return self.add(place, "empty, recorded with elements");
        }
        let mut sorts: BTreeMap<String, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for element in recorded {
            sorts.entry(sort(element)).or_default().0.push(element);
        }
        for element in ours {
            sorts.entry(sort(element)).or_default().1.push(element);
        }
        for (sort, (recorded, ours)) in sorts {
            let place = match place {
                "." => format!("[{sort}]"),
                _ => format!("{place}[{sort}]"),
            };
            match (recorded.is_empty(), ours.is_empty()) {
                (true, _) => {}
                (false, true) => self.add(&place, "no such element"),
                (false, false) => self.compare(&recorded, &ours, &place),
            }
        }
    }
}

fn is_elided(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(ELIDED))
}

/// What tells elements of different shapes in one list apart.
fn sort(element: &Value) -> String {
    let mark = |key: &str| element.get(key).and_then(Value::as_str);
    let marks = match mark("event") {
        Some(event) => vec![event],
        None => [mark("role"), mark("type")].into_iter().flatten().collect(),
    };
    marks.join(" ")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(text) if text.starts_with("{…") => "an object",
        Value::String(text) if text.starts_with("[…") || text == "(same list)" => "a list",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[test]
fn missing_keys_other_types_and_empty_lists_are_found() {
    use serde_json::json;
    let recorded = json!({
        "a": 1, "role": "node", "…": "9 more", "big": "{…}", "none": null, "skills": [1],
        "list": [{ "type": "x", "b": "", "c": 1 }, { "type": "x", "b": "" }, { "type": "z" }],
    });
    let ours = json!({
        "a": "1", "role": "operator", "big": {}, "more": 1, "skills": [],
        "list": [{ "type": "x" }, { "type": "x", "b": "" }, { "type": "y" }],
    });
    let found: Vec<_> = differences_in_words(&recorded, &ours).into_iter().collect();
    assert_eq!(
        found,
        [
            "a: a string, recorded a number",
            "list[x].b: missing now and then",
            "list[x].c: missing, recorded now and then",
            "list[z]: no such element",
            "none: missing, recorded null",
            "role: \"operator\", recorded \"node\"",
            "skills: empty, recorded with elements",
        ]
    );
    assert_eq!(differences(&[&recorded], &[&recorded]), BTreeSet::new());
}
