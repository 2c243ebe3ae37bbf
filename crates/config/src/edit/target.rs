//! Which value a path means, what a change makes of it, and the small steps to get there.

use serde_json::{Map, Value};

use crate::Problem;
use crate::path::{KeyPath, Step};

/// One step of an edit. Paths are resolved: a member is a [`Step::Key`], an element an index.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    Set(KeyPath, Value),
    Unset(KeyPath),
}

/// The value at `path`, if there is one.
pub(super) fn lookup<'v>(value: &'v Value, path: &KeyPath) -> Option<&'v Value> {
    path.0
        .iter()
        .try_fold(value, |value, step| match (value, step) {
            (Value::Object(members), Step::Key(name)) => members.get(name),
            (Value::Object(members), Step::Index(number)) => members.get(&number.to_string()),
            (Value::Array(items), Step::Index(number)) => items.get(*number),
            _ => None,
        })
}

/// Decides for every number in `path` whether it is an index or a name.
///
/// Below something that is not there yet, 0 begins an array and other numbers are names.
pub(super) fn resolve(value: &Value, path: &KeyPath) -> Result<KeyPath, Problem> {
    let mut resolved = KeyPath::default();
    let mut at = Some(value);
    for step in &path.0 {
        let refuse = |why: String| Err(Problem::error(resolved.to_string(), why));
        let step = match (at, step) {
            (None | Some(Value::Null), Step::Index(0)) => Step::Index(0),
            (Some(Value::Object(_) | Value::Null) | None, Step::Index(number)) => {
                Step::Key(number.to_string())
            }
            (Some(Value::Object(_) | Value::Null) | None, Step::Key(name)) => {
                Step::Key(name.clone())
            }
            (Some(Value::Array(items)), Step::Index(number)) if *number <= items.len() => {
                Step::Index(*number)
            }
            (Some(Value::Array(items)), _) => {
                let free = items.len();
                return refuse(format!(
                    "is an array of {free}; use an index from 0 to {free}"
                ));
            }
            (Some(Value::Bool(_) | Value::Number(_) | Value::String(_)), _) => {
                return refuse("is a single value and has no members".to_owned());
            }
        };
        at = at.and_then(|value| match &step {
            Step::Key(name) => value.get(name),
            Step::Index(number) => value.get(number),
        });
        resolved.0.push(step);
    }
    Ok(resolved)
}

/// A copy of `value` with `new` at the resolved `path`, or without it.
pub(super) fn applied(value: &Value, path: &KeyPath, new: Option<&Value>) -> Value {
    apply_at(Some(value), &path.0, new)
}

fn apply_at(value: Option<&Value>, steps: &[Step], new: Option<&Value>) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return new.cloned().unwrap_or_default();
    };
    let removes = rest.is_empty() && new.is_none();
    match step {
        Step::Key(name) => {
            let mut members = value
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            if removes {
                members.remove(name);
            } else {
                let member = apply_at(members.get(name), rest, new);
                members.insert(name.clone(), member);
            }
            Value::Object(members)
        }
        Step::Index(number) => {
            let mut items = value.and_then(Value::as_array).cloned().unwrap_or_default();
            if removes && *number < items.len() {
                items.remove(*number);
            } else if let Some(item) = items.get_mut(*number) {
                *item = apply_at(Some(item), rest, new);
            } else {
                items.push(apply_at(None, rest, new));
            }
            Value::Array(items)
        }
    }
}

/// `value` below the steps that do not exist yet.
pub(super) fn wrapped(steps: &[Step], value: &Value) -> Value {
    steps
        .iter()
        .rev()
        .fold(value.clone(), |value, step| match step {
            Step::Key(name) => Value::Object(Map::from_iter([(name.clone(), value)])),
            Step::Index(_) => Value::Array(vec![value]),
        })
}

/// The smallest steps known here that turn `old` into `new`, both at `path`.
pub(super) fn changes(old: &Value, new: &Value, path: &KeyPath) -> Vec<Change> {
    let mut found = Vec::new();
    compare(old, new, path, &mut found);
    found
}

fn compare(old: &Value, new: &Value, path: &KeyPath, found: &mut Vec<Change>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Value::Object(old), Value::Object(new))
            if path.0.is_empty() || !(old.is_empty() || new.is_empty()) =>
        {
            // Members are added before others go, so no object is empty on the way.
            for (name, member) in new {
                match old.get(name) {
                    Some(stored) => compare(stored, member, &path.key(name), found),
                    None => found.push(Change::Set(path.key(name), member.clone())),
                }
            }
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            found.extend(gone.map(|name| Change::Unset(path.key(name))));
        }
        (Value::Array(old), Value::Array(new)) if !old.is_empty() && !new.is_empty() => {
            elements(old, new, path, found);
        }
        (_, new) => found.push(Change::Set(path.clone(), new.clone())),
    }
}

fn elements(old: &[Value], new: &[Value], path: &KeyPath, found: &mut Vec<Change>) {
    if new.len() >= old.len() {
        for (position, (stored, item)) in old.iter().zip(new).enumerate() {
            compare(stored, item, &path.index(position), found);
        }
        let added = new.iter().enumerate().skip(old.len());
        found.extend(added.map(|(position, item)| Change::Set(path.index(position), item.clone())));
        return;
    }
    // Fewer: if the rest are the same elements in the same order, only take the others out.
    let mut kept = new.iter().peekable();
    let mut gone = Vec::new();
    for (position, stored) in old.iter().enumerate() {
        if kept.next_if(|item| *item == stored).is_none() {
            gone.push(Change::Unset(path.index(position)));
        }
    }
    if kept.peek().is_none() {
        found.extend(gone.into_iter().rev());
    } else {
        found.push(Change::Set(path.clone(), Value::Array(new.to_vec())));
    }
}
