//! Argument types as the JSON Schema models are shown.

use domain::{ToolName, ToolSpec};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The spec of a tool with arguments `A`.
pub(crate) fn spec<A: JsonSchema>(name: &str, description: &str) -> ToolSpec {
    ToolSpec {
        name: ToolName::new(name),
        description: description.to_owned(),
        parameters: parameters::<A>(),
        strict: None,
    }
}

/// A rough size of a tool's definition in tokens; never for billing.
pub(crate) fn tokens(tool: &ToolSpec) -> usize {
    /// Bytes of one token, on average.
    const BYTES: usize = 4;
    let mut counted = Counted(0);
    // A value writes itself without fail, and counting cannot.
    let written = serde_json::to_writer(&mut counted, &tool.parameters);
    drop(written);
    (tool.name.as_str().len() + tool.description.len() + counted.0) / BYTES
}

/// Counts what is written.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The fields of `A` in one line: `path (string), limit (integer, optional)`.
pub(crate) fn fields<A: JsonSchema>() -> String {
    let schema = parameters::<A>();
    let none = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    if properties.is_empty() {
        return "no fields".to_owned();
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let told: Vec<String> = properties
        .iter()
        .map(|(name, property)| {
            let kind = property
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("value");
            let optional = if required.contains(&name.as_str()) {
                ""
            } else {
                ", optional"
            };
            format!("{name} ({kind}{optional})")
        })
        .collect();
    told.join(", ")
}

fn parameters<A: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<A>()
        .to_value();
    simplify(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        // The name and description of the Rust type mean nothing to a model.
        object.remove("title");
        object.remove("description");
        // Every provider wants an object with properties, even an empty one.
        object
            .entry("properties")
            .or_insert_with(|| Value::Object(Map::new()));
    }
    schema
}

/// Removes what only Rust cares about and several providers refuse: integer formats, and `null` as
/// an alternative to leaving a field out.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(is_rust_number)
            {
                object.remove("format");
            }
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            if let Some(Value::Array(kinds)) = object.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            object.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_rust_number(format: &str) -> bool {
    format.starts_with("uint") || format.starts_with("int") || matches!(format, "float" | "double")
}
