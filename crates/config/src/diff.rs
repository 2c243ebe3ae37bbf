//! Which keys differ between two settings.

use serde_json::Value;

use crate::path::KeyPath;

/// The dotted paths at which `old` and `new` differ, deepest first common object, in order of key.
///
/// Objects are compared member by member; an array that differs is one path.
pub fn diff(old: &Value, new: &Value) -> Vec<String> {
    paths(old, new).iter().map(ToString::to_string).collect()
}

pub(crate) fn paths(old: &Value, new: &Value) -> Vec<KeyPath> {
    let mut found = Vec::new();
    compare(old, new, &KeyPath::default(), &mut found);
    found
}

fn compare(old: &Value, new: &Value, path: &KeyPath, found: &mut Vec<KeyPath>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            let mut names: Vec<&String> = old.keys().chain(added).collect();
            names.sort();
            for name in names {
                let path = path.key(name);
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => compare(old, new, &path, found),
                    _ => found.push(path),
                }
            }
        }
        (old, new) if old == new => {}
        _ => found.push(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_what_changed_and_nothing_else() {
        let old = json!({"a": {"b": 1, "c": [1, 2], "gone": 0}, "same": {"x": []}});
        let new = json!({"a": {"b": 2, "c": [1], "x.y": 0}, "same": {"x": []}, "z": null});
        assert_eq!(diff(&old, &new), ["a.b", "a.c", "a.gone", "a.\"x.y\"", "z"]);
        assert_eq!(diff(&old, &old), Vec::<String>::new());
    }
}
