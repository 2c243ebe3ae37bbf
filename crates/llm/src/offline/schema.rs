//! Makes a value that fits a JSON schema.

use serde_json::{Map, Value, json};

/// How deep a made value may nest; schemas may refer to themselves.
const DEEPEST: usize = 12;
/// Most items made for one list.
const MOST_ITEMS: u64 = 16;

/// A value that fits `schema`, as far as one can be made by rule: always the same, with `text` as
/// the value of strings that ask for a text.
pub(super) fn example(schema: &Value, text: &str) -> Value {
    Maker { root: schema, text }.value(schema, "", 0)
}

struct Maker<'a> {
    root: &'a Value,
    text: &'a str,
}

impl Maker<'_> {
    fn value(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        let Value::Object(rules) = schema else {
            return json!({});
        };
        if let Some(fixed) = ["const", "default"].iter().find_map(|key| rules.get(*key)) {
            return fixed.clone();
        }
        if let Some(first) = ["enum", "examples"]
            .iter()
            .find_map(|key| rules.get(*key)?.as_array()?.first())
        {
            return first.clone();
        }
        if let Some(to) = rules.get("$ref").and_then(Value::as_str) {
            let target = to
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |target| self.value(target, name, depth + 1));
        }
        if let Some(all) = rules.get("allOf").and_then(Value::as_array) {
            return self.merged(rules, all, name, depth);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(first) = rules
                .get(key)
                .and_then(Value::as_array)
                .and_then(|l| l.first())
            {
                return self.value(first, name, depth + 1);
            }
        }
        match kind(rules) {
            "object" => self.object(rules, depth),
            "array" => self.array(rules, name, depth),
            "integer" => integer(rules),
            "number" => number(rules),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(self.string(rules, name)),
        }
    }

    /// Joins the objects of an `allOf`; what is not an object decides alone.
    fn merged(&self, rules: &Map<String, Value>, all: &[Value], name: &str, depth: usize) -> Value {
        let mut own = rules.clone();
        own.remove("allOf");
        let mut whole = Map::new();
        for schema in all.iter().chain(std::iter::once(&Value::Object(own))) {
            match self.value(schema, name, depth + 1) {
                Value::Object(part) => whole.extend(part),
                Value::Null | Value::String(_) if !whole.is_empty() => {}
                other @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)) => return other,
            }
        }
        Value::Object(whole)
    }

    fn object(&self, rules: &Map<String, Value>, depth: usize) -> Value {
        let Some(properties) = rules.get("properties").and_then(Value::as_object) else {
            return json!({});
        };
        // Without a list of required ones all are given, but not without end.
        let required = rules.get("required").and_then(Value::as_array);
        let wanted = |key: &str| match required {
            Some(list) => list.iter().any(|name| name.as_str() == Some(key)),
            None => depth < DEEPEST / 2,
        };
        let made = properties
            .iter()
            .filter(|(key, _)| wanted(key))
            .map(|(key, schema)| (key.clone(), self.value(schema, key, depth + 1)));
        Value::Object(made.collect())
    }

    fn array(&self, rules: &Map<String, Value>, name: &str, depth: usize) -> Value {
        let most = rules
            .get("maxItems")
            .and_then(Value::as_u64)
            .unwrap_or(MOST_ITEMS);
        let usual = u64::from(depth < DEEPEST / 2);
        let least = rules
            .get("minItems")
            .and_then(Value::as_u64)
            .unwrap_or(usual);
        let items = rules.get("items").unwrap_or(&Value::Null);
        let count = least.min(most).min(MOST_ITEMS);
        (0..count)
            .map(|_| self.value(items, name, depth + 1))
            .collect()
    }

    fn string(&self, rules: &Map<String, Value>, name: &str) -> String {
        const TEXTS: [&str; 8] = [
            "text", "message", "query", "prompt", "input", "content", "answer", "reply",
        ];
        let format = rules
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut made = match format {
            "date-time" => "2026-01-01T00:00:00Z".to_owned(),
            "date" => "2026-01-01".to_owned(),
            "time" => "00:00:00Z".to_owned(),
            "email" => "demo@example.com".to_owned(),
            "uri" | "url" => "https://example.com/".to_owned(),
            "uuid" => "00000000-0000-4000-8000-000000000000".to_owned(),
            "ipv4" => "127.0.0.1".to_owned(),
            _ if TEXTS.contains(&name) && !self.text.is_empty() => self.text.to_owned(),
            _ => "example".to_owned(),
        };
        let length = |key: &str| {
            rules
                .get(key)
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok())
        };
        let least = length("minLength").unwrap_or(0).min(4096);
        let missing = least.saturating_sub(made.chars().count());
        made.extend(std::iter::repeat_n('x', missing));
        if let Some(most) = length("maxLength") {
            made = made.chars().take(most).collect();
        }
        made
    }
}

/// The type to make: the first that is not `null`, or a guess by the other rules.
fn kind(rules: &Map<String, Value>) -> &str {
    match rules.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if rules.contains_key("properties") || rules.is_empty() => "object",
        _ if rules.contains_key("items") => "array",
        _ => "string",
    }
}

fn integer(rules: &Map<String, Value>) -> Value {
    let bound = |key: &str| rules.get(key).and_then(Value::as_i64);
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|n| n.saturating_add(1)));
    let most = bound("maximum").or(bound("exclusiveMaximum").map(|n| n.saturating_sub(1)));
    let made = 1.max(least.unwrap_or(1)).min(most.unwrap_or(i64::MAX));
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let over = made.rem_euclid(step);
    json!(if over == 0 {
        made
    } else {
        made.saturating_add(step - over)
    })
}

fn number(rules: &Map<String, Value>) -> Value {
    let bound = |key: &str| rules.get(key).and_then(Value::as_f64);
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|n| n + 0.5));
    let most = bound("maximum").or(bound("exclusiveMaximum").map(|n| n - 0.5));
    if let Some(step) = bound("multipleOf") {
        return json!((least.unwrap_or(step) / step).ceil() * step);
    }
    json!(
        1.0_f64
            .max(least.unwrap_or(1.0))
            .min(most.unwrap_or(f64::MAX))
    )
}
