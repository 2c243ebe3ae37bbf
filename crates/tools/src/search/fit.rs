//! Whether arguments fit a schema, as far as it matters before a call: kinds, required fields,
//! closed lists of values.

use serde_json::Value;

/// How deep into the arguments is looked.
const DEPTH: usize = 16;

/// Says what does not fit first, with its place; `None` when nothing was found. What this does not
/// know of a schema it lets pass.
pub(crate) fn misfit(value: &Value, schema: &Value) -> Option<String> {
    look(value, schema, "arguments", DEPTH)
}

fn look(value: &Value, schema: &Value, place: &str, depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    let object = schema.as_object()?;
    kind(value, object.get("type"), place)
        .or_else(|| listed(value, object.get("enum"), place))
        .or_else(|| fields(value, schema, place, depth))
        .or_else(|| {
            let (items, inner) = (value.as_array()?, object.get("items")?);
            let mut places = items.iter().enumerate();
            places.find_map(|(at, item)| look(item, inner, &format!("{place}[{at}]"), depth - 1))
        })
}

fn kind(value: &Value, wanted: Option<&Value>, place: &str) -> Option<String> {
    let wanted: Vec<&str> = match wanted? {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    let fits = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    };
    let wrong = !wanted.is_empty() && !wanted.iter().any(|kind| fits(kind));
    wrong.then(|| format!("{place} must be of type {}", wanted.join(" or ")))
}

fn listed(value: &Value, allowed: Option<&Value>, place: &str) -> Option<String> {
    let allowed = allowed?.as_array()?;
    let wrong = !allowed.contains(value);
    wrong.then(|| format!("{place} must be one of {}", Value::from(allowed.clone())))
}

fn fields(value: &Value, schema: &Value, place: &str, depth: usize) -> Option<String> {
    let given = value.as_object()?;
    let required = schema.get("required").and_then(Value::as_array);
    let mut required = required.into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.find(|name| !given.contains_key(*name)) {
        return Some(format!("{place}.{missing} is missing"));
    }
    let known = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    given.iter().find_map(
        |(name, inner)| match known.and_then(|known| known.get(name)) {
            Some(schema) => look(inner, schema, &format!("{place}.{name}"), depth - 1),
            None => closed.then(|| format!("{place}.{name} is not known")),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::misfit;
    use serde_json::json;

    #[test]
    fn the_first_misfit_is_named() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "unit": {"enum": ["c", "f"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "maybe": {"type": ["string", "null"]},
                "odd": {"type": "colour"},
            },
            "required": ["city"],
            "additionalProperties": false,
        });
        for (arguments, expected) in [
            (
                json!({"city": "Oslo", "days": 2.0, "unit": "c", "maybe": null, "odd": 1}),
                None,
            ),
            (json!({}), Some("arguments.city is missing")),
            (json!([]), Some("arguments must be of type object")),
            (
                json!({"city": 1}),
                Some("arguments.city must be of type string"),
            ),
            (
                json!({"city": "", "days": 1.5}),
                Some("arguments.days must be of type integer"),
            ),
            (
                json!({"city": "", "unit": "k"}),
                Some("arguments.unit must be one of [\"c\",\"f\"]"),
            ),
            (
                json!({"city": "", "tags": ["a", 1]}),
                Some("arguments.tags[1] must be of type string"),
            ),
            (
                json!({"city": "", "town": 1}),
                Some("arguments.town is not known"),
            ),
        ] {
            assert_eq!(
                misfit(&arguments, &schema).as_deref(),
                expected,
                "{arguments}"
            );
        }
        assert_eq!(misfit(&json!({"any": 1}), &json!(true)), None);
    }
}
