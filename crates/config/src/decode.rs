//! A document to typed settings, with everything that is wrong said at once.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::Document;
use crate::path::{KeyPath, Step};
use crate::schema::{self, Finding};
use crate::{Problem, Problems};

/// What the settings of a program look like.
#[derive(Clone, Debug)]
pub struct Rules {
    /// JSON Schema 2020-12 of the settings, as `schemars` writes it.
    pub schema: Value,
    /// Dotted prefixes (`*` for any one step) in which an unknown key is an error even at start.
    pub strict_prefixes: Vec<&'static str>,
    /// Keys people bring that we deliberately lack: pattern (`*` for any one step) and why.
    pub absent: &'static [(&'static str, &'static str)],
}

/// How unknown keys are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A warning, except under [`Rules::strict_prefixes`]: a file for another version still runs.
    Start,
    /// An error everywhere: somebody is writing settings now.
    Strict,
}

/// Settings and what should be looked at.
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    /// The settings.
    pub settings: T,
    /// Findings that did not stop the load, those of the document included.
    pub warnings: Vec<Problem>,
}

/// Checks `doc` against the schema and decodes it.
///
/// Unknown keys that are only warnings are left out before decoding.
///
/// # Errors
/// All findings, warnings included, if at least one is an error.
pub fn decode<T: DeserializeOwned>(
    doc: &Document,
    rules: &Rules,
    mode: Mode,
) -> Result<Decoded<T>, Problems> {
    let Checked { problems, dropped } = inspect(doc, rules, mode);
    if problems.has_errors() {
        return Err(problems);
    }
    let mut value = doc.value().clone();
    for path in &dropped {
        remove(&mut value, path);
    }
    match serde_path_to_error::deserialize(&value) {
        Ok(settings) => Ok(Decoded {
            settings,
            warnings: problems.0,
        }),
        Err(error) => {
            let path = key_path(error.path());
            let found = doc.top().find(&path).map(crate::node::Node::to_value);
            let message = without_value(error.inner().to_string(), found.as_ref());
            let mut problems = problems;
            problems.0.push(doc.error(&path.to_string(), message));
            Err(problems)
        }
    }
}

/// Everything that [`decode`] would say about keys, types and ranges, errors first.
///
/// For `doctor` and `config validate`, which want warnings and errors of any document.
pub fn check(doc: &Document, rules: &Rules, mode: Mode) -> Problems {
    inspect(doc, rules, mode).problems
}

struct Checked {
    problems: Problems,
    dropped: Vec<KeyPath>,
}

fn inspect(doc: &Document, rules: &Rules, mode: Mode) -> Checked {
    let mut problems = doc.warnings().to_vec();
    let mut dropped = Vec::new();
    for finding in schema::check(doc.top(), &rules.schema) {
        let is_strict = |path: &KeyPath| {
            mode == Mode::Strict
                || rules
                    .strict_prefixes
                    .iter()
                    .any(|prefix| path.is_under(prefix))
        };
        let (path, place, message, suggestion, is_error) = match finding {
            Finding::Wrong {
                path,
                place,
                message,
                suggestion,
            } => (path, place, message, suggestion, true),
            Finding::Unknown {
                path,
                place,
                suggestion,
            } => {
                let absent = rules
                    .absent
                    .iter()
                    .find(|(pattern, _)| path.is_under(pattern));
                let (message, suggestion) = match absent {
                    Some((_, why)) => (format!("not supported here: {why}"), None),
                    None => ("unknown key".to_owned(), suggestion),
                };
                dropped.push(path.clone());
                let is_error = is_strict(&path);
                (path, place, message, suggestion, is_error)
            }
            Finding::Empty { path, place } => {
                dropped.push(path.clone());
                let is_error = is_strict(&path);
                let message = "has no value, so the default applies; remove it or give it a value";
                (path, place, message.to_owned(), None, is_error)
            }
        };
        let problem = if is_error {
            Problem::error(path.to_string(), message)
        } else {
            Problem::warning(path.to_string(), message)
        };
        let problem = problem.suggesting(suggestion);
        problems.push(match doc.sources().get(place.file) {
            Some(file) => problem.at(file, Some(place.line)),
            None => problem,
        });
    }
    problems.sort_by(|a, b| (a.severity, &a.file, a.line).cmp(&(b.severity, &b.file, b.line)));
    Checked {
        problems: Problems(problems),
        dropped,
    }
}

fn remove(value: &mut Value, path: &KeyPath) {
    let Some((last, parents)) = path.0.split_last() else {
        return;
    };
    let mut place = value;
    for step in parents {
        let next = match step {
            Step::Key(name) => place.get_mut(name),
            Step::Index(number) => place.get_mut(number),
        };
        match next {
            Some(next) => place = next,
            None => return,
        }
    }
    if let (Value::Object(members), Step::Key(name)) = (place, last) {
        members.remove(name);
    }
}

fn key_path(path: &serde_path_to_error::Path) -> KeyPath {
    use serde_path_to_error::Segment;
    let steps = path.iter().map_while(|segment| match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    KeyPath(steps.collect())
}

/// Takes a long text value out of a message: it may be a secret that was put in the wrong place.
fn without_value(message: String, value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) if text.len() > schema::SHOWN_BYTES => {
            message.replace(text.as_str(), "…")
        }
        _ => message,
    }
}
