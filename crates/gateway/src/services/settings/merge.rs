//! Merge patches (RFC 7396), and lists that would lose elements.

use serde_json::{Map, Value};

/// `stored` after `patch`.
pub(super) fn merged(stored: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch.clone();
    };
    let mut members = stored.as_object().cloned().unwrap_or_else(Map::new);
    for (name, change) in patch {
        if change.is_null() {
            members.remove(name);
        } else {
            let old = members.get(name).cloned().unwrap_or_default();
            members.insert(name.clone(), merged(&old, change));
        }
    }
    Value::Object(members)
}

/// The lists of `stored` that `patch` makes shorter, as dotted paths.
pub(super) fn shortened(stored: &Value, patch: &Value) -> Vec<String> {
    fn walk(stored: &Value, patch: &Value, path: &str, found: &mut Vec<String>) {
        match (stored, patch) {
            (Value::Array(old), Value::Array(new)) if new.len() < old.len() => {
                found.push(path.to_owned());
            }
            (Value::Object(old), Value::Object(new)) => {
                for (name, change) in new {
                    let below = match path {
                        "" => name.clone(),
                        _ => format!("{path}.{name}"),
                    };
                    if let Some(member) = old.get(name) {
                        walk(member, change, &below, found);
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(stored, patch, "", &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_what_it_names_and_null_removes() {
        let stored = json!({ "a": { "b": 1, "c": 2 }, "list": [1, 2], "gone": true });
        let patch =
            json!({ "a": { "b": null, "d": { "e": null, "f": 3 } }, "list": [3], "gone": null });
        assert_eq!(
            merged(&stored, &patch),
            json!({ "a": { "c": 2, "d": { "f": 3 } }, "list": [3] })
        );
        assert_eq!(shortened(&stored, &patch), ["list"]);
        assert_eq!(
            shortened(&stored, &json!({ "list": [3, 4] })),
            Vec::<String>::new()
        );
        assert_eq!(merged(&stored, &json!([1])), json!([1]));
    }
}
