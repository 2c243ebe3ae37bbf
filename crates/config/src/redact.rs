//! Settings that may be shown: secrets are replaced by a marker, and put back on the way in.
//!
//! Source: `config.md` section 1, Redaction.

use serde_json::{Map, Value};

use crate::path::KeyPath;
use crate::schema::{Additional, View};
use crate::{Problem, Rules, substitute};

/// Stands for a secret in settings that are shown.
pub const REDACTED: &str = "__OPENCLAW_REDACTED__";

/// A copy of `value` in which every secret text is [`REDACTED`].
///
/// Which fields are secret comes from `"x-secret": true` in the schema. Under keys that the schema
/// does not know, texts are hidden when the key's name sounds like a credential. References
/// (`{source, provider, id}` and a bare `${NAME}`) say where a secret is, not what it is, and stay.
pub fn redact(value: &Value, rules: &Rules) -> Value {
    let root = &rules.schema;
    Redactor { root }.value(value, Some(&View::of(root, root)))
}

struct Redactor<'a> {
    root: &'a Value,
}

impl<'a> Redactor<'a> {
    fn value(&self, value: &Value, view: Option<&View<'a>>) -> Value {
        if view.is_some_and(|view| self.is_secret(view)) {
            return hide(value);
        }
        match value {
            Value::Object(members) => {
                let members = members.iter().map(|(name, member)| {
                    let schema = view.map_or(Member::Unknown, |view| self.member(view, name));
                    (name.clone(), self.member_value(name, member, &schema))
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => {
                let views = view.map(|view| self.items(view)).unwrap_or_default();
                let items = items.iter().map(|item| {
                    if views.iter().any(|view| self.is_secret(view)) {
                        return hide(item);
                    }
                    self.value(item, views.first())
                });
                Value::Array(items.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    fn member_value(&self, name: &str, value: &Value, member: &Member<'a>) -> Value {
        match member {
            Member::Unknown if sounds_secret(name) && !value.is_number() => hide(value),
            Member::Unknown => self.value(value, None),
            Member::Known(views) if views.iter().any(|view| self.is_secret(view)) => hide(value),
            Member::Known(views) => {
                // Several branches may describe the key; hide what any of them would hide.
                views
                    .iter()
                    .fold(value.clone(), |value, view| self.value(&value, Some(view)))
            }
        }
    }

    fn member(&self, view: &View<'a>, name: &str) -> Member<'a> {
        let mut found: Vec<View<'a>> = Vec::new();
        let mut open = false;
        for view in self.all(view) {
            match (view.property(name), view.additional) {
                (Some(schema), _) | (None, Additional::Schema(schema)) => {
                    found.push(View::of(self.root, schema));
                }
                (None, Additional::Any) => open = true,
                (None, Additional::None) => {}
            }
        }
        let untyped = |view: &View<'a>| {
            view.types.is_none() && view.properties.is_empty() && view.branches().next().is_none()
        };
        if found.is_empty() || (open && found.iter().all(untyped)) {
            Member::Unknown
        } else {
            Member::Known(found)
        }
    }

    fn items(&self, view: &View<'a>) -> Vec<View<'a>> {
        let all = self.all(view);
        let items = all.iter().filter_map(|view| view.items);
        items.map(|schema| View::of(self.root, schema)).collect()
    }

    /// The view and the branches of its choices, one level of choices deep per step.
    fn all(&self, view: &View<'a>) -> Vec<View<'a>> {
        let mut all = vec![view.clone()];
        for branch in view.branches() {
            let branch = View::of(self.root, branch);
            all.extend(branch.branches().map(|inner| View::of(self.root, inner)));
            all.push(branch);
        }
        all
    }

    fn is_secret(&self, view: &View<'a>) -> bool {
        self.all(view).iter().any(|view| view.secret)
    }
}

enum Member<'a> {
    Unknown,
    Known(Vec<View<'a>>),
}

fn hide(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() || substitute::is_reference(text) => value.clone(),
        Value::Object(parts) if is_secret_ref(parts) => value.clone(),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), hide(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(hide).collect()),
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(_) | Value::Number(_) => Value::String(REDACTED.to_owned()),
    }
}

/// The texts of `old` that `shown` hides, the longest first. Short ones are left out: they would be
/// found in words that are no secrets.
pub(crate) fn hidden(old: &Value, shown: &Value) -> Vec<String> {
    fn walk(old: &Value, shown: &Value, found: &mut Vec<String>) {
        match (old, shown) {
            (Value::String(text), Value::String(mark))
                if mark == REDACTED && text != REDACTED && text.len() >= 8 =>
            {
                found.push(text.clone());
            }
            (Value::Object(old), Value::Object(shown)) => {
                for (name, member) in old {
                    if let Some(other) = shown.get(name) {
                        walk(member, other, found);
                    }
                }
            }
            (Value::Array(old), Value::Array(shown)) => {
                for (item, other) in old.iter().zip(shown) {
                    walk(item, other, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(old, shown, &mut found);
    found.sort_by_key(|text| std::cmp::Reverse(text.len()));
    found
}

fn is_secret_ref(parts: &Map<String, Value>) -> bool {
    let text = |name: &str| parts.get(name).and_then(Value::as_str);
    let known = parts
        .keys()
        .all(|name| ["source", "provider", "id"].contains(&name.as_str()));
    let reference = text("source").zip(text("id"));
    known
        && reference.is_some_and(|(source, id)| {
            crate::SecretRef::parse(source, text("provider"), id).is_ok()
        })
}

fn sounds_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let ends = [
        "token",
        "password",
        "passwd",
        "secret",
        "apikey",
        "privatekey",
        "credential",
    ];
    let plural = name.strip_suffix('s').unwrap_or(&name);
    ends.iter().any(|end| plural.ends_with(end))
        || ["authorization", "cookie", "key", "pass"].contains(&plural)
}

/// A copy of `new` in which every [`REDACTED`] is what `stored` has in its place.
///
/// Elements of an array are paired by `id` where both have one, else by position if the lengths
/// are equal; a secret is never moved to an element that may be another one.
///
/// # Errors
/// When there is nothing stored in a marker's place.
pub fn restore(new: &Value, stored: &Value) -> Result<Value, Problem> {
    restore_at(new, Some(stored), &KeyPath::default())
}

pub(crate) fn restore_at(
    new: &Value,
    stored: Option<&Value>,
    path: &KeyPath,
) -> Result<Value, Problem> {
    match new {
        Value::String(text) if text == REDACTED => match stored {
            Some(Value::String(_) | Value::Number(_)) => stored.cloned(),
            _ => None,
        }
        .ok_or_else(|| {
            Problem::error(
                path.to_string(),
                format!("{REDACTED} keeps a stored value, but none is stored here; give the value"),
            )
        }),
        Value::String(text) if text.contains(REDACTED) => Err(Problem::error(
            path.to_string(),
            format!("{REDACTED} must be the whole value to keep the stored one"),
        )),
        Value::Object(members) => {
            let restored = members.iter().map(|(name, value)| {
                let path = path.key(name);
                let stored = stored.and_then(|stored| stored.get(name));
                Ok((name.clone(), restore_at(value, stored, &path)?))
            });
            Ok(Value::Object(restored.collect::<Result<_, Problem>>()?))
        }
        Value::Array(items) => {
            let restored = items.iter().enumerate().map(|(position, item)| {
                let stored = stored.and_then(|stored| partner(items, position, item, stored));
                restore_at(item, stored, &path.index(position))
            });
            Ok(Value::Array(restored.collect::<Result<_, Problem>>()?))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(new.clone()),
    }
}

fn partner<'s>(
    items: &[Value],
    position: usize,
    item: &Value,
    stored: &'s Value,
) -> Option<&'s Value> {
    let stored = stored.as_array()?;
    if let Some(id) = item.get("id") {
        let mut same = stored.iter().filter(|other| other.get("id") == Some(id));
        return same.next().filter(|_| same.next().is_none());
    }
    if items.len() == stored.len() {
        stored.get(position)
    } else {
        None
    }
}
