//! For any document with comments: one key changes, everything else stays.

use config::{Format, REDACTED, edit};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::editing::parse;

/// A document with a comment on every line, and the value it has.
#[derive(Clone, Debug)]
struct Commented {
    text: String,
    value: Value,
    format: Format,
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[a-z]{1,6}".prop_map(Value::from),
        "[ -~]{0,12}".prop_map(|text| Value::from(text.replace(REDACTED, ""))),
        Just(json!("${NAME} # not a comment")),
        Just(json!("ünï 'q' \"d\" \\ : - {x}")),
        Just(json!([])),
        Just(json!({})),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-e]",
        "[a-z][a-zA-Z]{1,5}",
        Just("with.dot".into()),
        Just("sp ace".into()),
        Just("true".into()),
        Just("x#y: z".into())
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let node = scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::btree_map(name(), inner.clone(), 1..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            prop::collection::vec(inner, 1..4).prop_map(Value::Array),
        ]
    });
    prop::collection::btree_map(name(), node, 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

fn document() -> impl Strategy<Value = Commented> {
    (tree(), prop_oneof![Just(Format::Json5), Just(Format::Yaml)]).prop_map(|(value, format)| {
        let mut lines = Vec::new();
        match format {
            Format::Json5 => json5_lines(&value, 0, "", "", &mut lines),
            Format::Yaml => yaml_lines(&value, 0, "", &mut lines),
        }
        let mark = if format == Format::Json5 { "//" } else { "#" };
        let text = lines
            .iter()
            .enumerate()
            .fold(String::new(), |text, (number, line)| {
                let above = if number % 3 == 0 {
                    format!("{mark} above {number};\n")
                } else {
                    String::new()
                };
                format!("{text}{above}{line} {mark} beside {number};\n")
            });
        Commented {
            text,
            value,
            format,
        }
    })
}

fn json5_lines(value: &Value, depth: usize, before: &str, after: &str, lines: &mut Vec<String>) {
    let pad = "  ".repeat(depth);
    let (open, close, members): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(members) if !members.is_empty() => (
            "{",
            "}",
            members
                .iter()
                .map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value))
                .collect(),
        ),
        Value::Array(items) if !items.is_empty() => (
            "[",
            "]",
            items.iter().map(|item| (String::new(), item)).collect(),
        ),
        other => {
            lines.push(format!("{pad}{before}{other}{after}"));
            return;
        }
    };
    lines.push(format!("{pad}{before}{open}"));
    for (before, member) in members {
        json5_lines(member, depth + 1, &before, ",", lines);
    }
    lines.push(format!("{pad}{close}{after}"));
}

fn yaml_lines(value: &Value, depth: usize, first: &str, lines: &mut Vec<String>) {
    let pad = "  ".repeat(depth);
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (format!("{}:", Value::from(name.as_str())), value))
            .collect(),
        Value::Array(items) => items.iter().map(|item| ("-".to_owned(), item)).collect(),
        _ => Vec::new(),
    };
    for (number, (head, member)) in members.into_iter().enumerate() {
        let start = if number == 0 && !first.is_empty() {
            first.to_owned()
        } else {
            pad.clone()
        };
        match member {
            Value::Object(inner) if !inner.is_empty() && head == "-" => {
                yaml_lines(member, depth + 1, &format!("{start}- "), lines);
            }
            Value::Object(inner) if !inner.is_empty() => {
                lines.push(format!("{start}{head}"));
                yaml_lines(member, depth + 1, "", lines);
            }
            Value::Array(inner) if !inner.is_empty() => {
                lines.push(format!("{start}{head}"));
                yaml_lines(member, depth + 1, "", lines);
            }
            scalar => lines.push(format!("{start}{head} {scalar}")),
        }
    }
}

/// The paths of all scalars and empty collections, and of one new key in every object.
fn targets(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() || path.is_empty() => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, member) in members {
                targets(
                    member,
                    &format!("{path}{dot}{}", Value::from(name.as_str())),
                    found,
                );
            }
            found.push(format!("{path}{dot}brandNew"));
        }
        Value::Array(items) if !items.is_empty() => {
            for (number, item) in items.iter().enumerate() {
                targets(item, &format!("{path}[{number}]"), found);
            }
            found.push(format!("{path}[{}]", items.len()));
        }
        _ => found.push(path.to_owned()),
    }
}

fn comments(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split('\n')
        .filter_map(|line| {
            line.rfind("above ")
                .or_else(|| line.rfind("beside "))
                .and_then(|at| line.get(at..))
        })
        .collect();
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 2, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_key_changes_and_every_comment_stays(document in document(), pick in any::<prop::sample::Index>(), value in prop_oneof![scalar(), tree()]) {
        let Commented { text, value: old, format } = document;
        prop_assert_eq!(&parse(&text, format), &old, "{}", text);
        let mut paths = Vec::new();
        targets(&old, "", &mut paths);
        let path = pick.get(&paths);
        let edited = edit::set(&text, format, path, &value);
        let edited = edited.map_err(|problem| TestCaseError::fail(format!("{problem}\n{text}")))?;
        let new = parse(&edited, format);
        prop_assert_eq!(edit::get(&new, path).unwrap(), Some(&value), "{}\n{}", text, edited);
        prop_assert_eq!(comments(&edited), comments(&text), "{} at {}\n{}", text, path, edited);
        // Everything else is what it was: putting the old value back gives the old settings.
        let back = match edit::get(&old, path).unwrap() {
            Some(stored) => edit::set(&edited, format, path, stored),
            None => edit::unset(&edited, format, path),
        };
        let back = back.map_err(|problem| TestCaseError::fail(format!("{problem}\n{edited}")))?;
        prop_assert_eq!(parse(&back, format), old, "{}\n{}\n{}", text, edited, back);
    }

    #[test]
    fn any_configuration_can_be_written_over_any_other(document in document(), wanted in tree()) {
        let Commented { text, format, .. } = document;
        let edited = edit::apply(&text, format, &wanted);
        let edited = edited.map_err(|problem| TestCaseError::fail(format!("{problem}\n{text}")))?;
        prop_assert_eq!(parse(&edited, format), wanted, "{}\n{}", text, edited);
    }
}
