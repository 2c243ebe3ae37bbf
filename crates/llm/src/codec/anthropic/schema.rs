//! Which JSON Schemas a model's answer can be held to.
//!
//! Source: Anthropic's page "Structured outputs", "JSON Schema limitations".

use serde_json::{Map, Value};

/// Most properties that may be left out, in one request.
const MOST_OPTIONAL: u32 = 24;
/// Most choices between types, in one request.
const MOST_UNIONS: u32 = 16;
/// Most schemas within one; a guard against references that unfold without end.
const MOST_SCHEMAS: u32 = 1_000;

/// Keywords that are understood, or mean nothing to a grammar.
const KNOWN: [&str; 17] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "definitions",
    "description",
    "enum",
    "format",
    "items",
    "minItems",
    "properties",
    "required",
    "title",
    "type",
    "allOf",
];

const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "uuid",
];

/// Whether the provider accepts `schema`. Where it does not, the schema can only be asked for in
/// words.
pub(super) fn is_accepted(schema: &Value) -> bool {
    let mut walk = Walk {
        root: schema,
        schemas: 0,
        optional: 0,
        unions: 0,
        references: Vec::new(),
    };
    walk.schema(schema)
}

struct Walk<'a> {
    root: &'a Value,
    schemas: u32,
    optional: u32,
    unions: u32,
    /// References being followed: one that comes again never ends.
    references: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn schema(&mut self, schema: &'a Value) -> bool {
        self.schemas += 1;
        let Value::Object(schema) = schema else {
            return false;
        };
        self.schemas <= MOST_SCHEMAS
            && schema.keys().all(|key| KNOWN.contains(&key.as_str()))
            && self.object(schema)
            && self.union(schema)
            && self.reference(schema)
            && schema.get("items").is_none_or(|items| self.schema(items))
            && schema
                .get("format")
                .is_none_or(|format| format.as_str().is_some_and(|f| FORMATS.contains(&f)))
            && schema
                .get("minItems")
                .is_none_or(|least| least.as_u64().is_some_and(|least| least <= 1))
            && schema.get("enum").is_none_or(is_plain)
    }

    /// Objects name all they may hold.
    fn object(&mut self, schema: &'a Map<String, Value>) -> bool {
        let properties = schema.get("properties").and_then(Value::as_object);
        let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
        if (is_object || properties.is_some())
            && schema.get("additionalProperties") != Some(&Value::Bool(false))
        {
            return false;
        }
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| {
            required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)))
        };
        for (name, property) in properties.into_iter().flatten() {
            self.optional += u32::from(!is_required(name));
            if !self.schema(property) {
                return false;
            }
        }
        self.optional <= MOST_OPTIONAL
    }

    fn union(&mut self, schema: &'a Map<String, Value>) -> bool {
        self.unions += u32::from(schema.get("type").is_some_and(Value::is_array));
        for key in ["anyOf", "allOf"] {
            let Some(choices) = schema.get(key) else {
                continue;
            };
            self.unions += u32::from(key == "anyOf");
            let Some(choices) = choices.as_array() else {
                return false;
            };
            if !choices.iter().all(|choice| self.schema(choice)) {
                return false;
            }
        }
        self.unions <= MOST_UNIONS
    }

    /// References stay within the schema and never lead back to themselves.
    fn reference(&mut self, schema: &'a Map<String, Value>) -> bool {
        let Some(reference) = schema.get("$ref") else {
            return true;
        };
        let Some(reference) = reference.as_str() else {
            return false;
        };
        let local = reference.strip_prefix('#').filter(|at| !at.is_empty());
        let Some(target) = local.and_then(|at| self.root.pointer(at)) else {
            return false;
        };
        if self.references.contains(&reference) {
            return false;
        }
        self.references.push(reference);
        let accepted = self.schema(target);
        self.references.pop();
        accepted
    }
}

fn is_plain(values: &Value) -> bool {
    values
        .as_array()
        .is_some_and(|all| all.iter().all(|one| !one.is_array() && !one.is_object()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_the_provider_accepts_is_sent() {
        let strict = |properties: Value| {
            json!({ "type": "object", "properties": properties, "required": ["a"],
                "additionalProperties": false,
                "$defs": { "word": { "type": "string" }, "loop": { "$ref": "#/$defs/loop" } } })
        };
        let optional: Map<String, Value> = (0..30)
            .map(|n| (format!("p{n}"), json!({ "type": "null" })))
            .collect();
        let table = [
            (
                strict(json!({ "a": { "type": "string", "format": "date" } })),
                true,
            ),
            (
                strict(json!({ "a": { "anyOf": [{ "type": "integer" }, { "type": "null" }] } })),
                true,
            ),
            (strict(json!({ "a": { "$ref": "#/$defs/word" } })), true),
            (strict(json!({ "a": { "$ref": "#/$defs/loop" } })), false),
            (
                strict(json!({ "a": { "$ref": "https://example.com/s" } })),
                false,
            ),
            (
                strict(json!({ "a": { "type": "integer", "minimum": 1 } })),
                false,
            ),
            (
                strict(json!({ "a": { "type": "array", "items": { "type": "object" } } })),
                false,
            ),
            (strict(Value::Object(optional)), false),
            (json!({ "type": "object", "properties": {} }), false),
            (json!("text"), false),
        ];
        for (schema, accepted) in table {
            assert_eq!(is_accepted(&schema), accepted, "{schema}");
        }
    }
}
