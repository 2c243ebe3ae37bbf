//! Function declarations.

use crate::wire::place::{Checked, Place};

/// What a schema of `parameters` may hold: a part of `OpenAPI` 3.0, no more.
const SCHEMA: &[&str] = &[
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];
const TYPES: [&str; 7] = [
    "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL",
];

pub(super) fn check(body: &Place<'_>) -> Checked {
    let mut names = Vec::new();
    for tool in body.list_of("tools")? {
        tool.only(&["functionDeclarations"])?;
        for function in tool.need("functionDeclarations")?.some_list()? {
            function.only(&[
                "name",
                "description",
                "parameters",
                "parametersJsonSchema",
                "response",
                "responseJsonSchema",
                "behavior",
            ])?;
            let name = function.need("name")?;
            let text = name.name(64, &['.', ':'])?;
            name.must(
                text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'),
                "must begin with a letter or _",
            )?;
            name.must(!names.contains(&text), "two functions have this name")?;
            names.push(text);
            function.object("parametersJsonSchema")?;
            if let Some(parameters) = function.get("parameters") {
                function.must(
                    function.get("parametersJsonSchema").is_none(),
                    "parameters and parametersJsonSchema exclude each other",
                )?;
                schema(&parameters)?;
            }
        }
    }
    let Some(config) = body.get("toolConfig") else {
        return Ok(());
    };
    config.only(&["functionCallingConfig", "retrievalConfig"])?;
    let Some(calling) = config.get("functionCallingConfig") else {
        return Ok(());
    };
    calling.only(&["mode", "allowedFunctionNames"])?;
    let mode = match calling.get("mode") {
        Some(mode) => mode.one_of(&["AUTO", "ANY", "NONE", "VALIDATED"])?,
        None => "AUTO",
    };
    calling.must(
        mode != "ANY" || !names.is_empty(),
        "mode ANY needs function declarations",
    )?;
    for allowed in calling.list_of("allowedFunctionNames")? {
        allowed.must(
            matches!(mode, "ANY" | "VALIDATED"),
            "only mode ANY or VALIDATED takes allowedFunctionNames",
        )?;
        allowed.must(
            names.contains(&allowed.text()?),
            "no function declared has this name",
        )?;
    }
    Ok(())
}

fn schema(place: &Place<'_>) -> Checked {
    place.only(SCHEMA)?;
    let kind = place.get("type");
    if let Some(kind) = &kind {
        let upper = kind.text()?.to_ascii_uppercase();
        kind.must(TYPES.contains(&upper.as_str()), "is no type")?;
    } else {
        place.must(place.get("anyOf").is_some(), "a schema needs a type")?;
    }
    if let Some(properties) = place.get("properties") {
        let named = properties.value().as_object();
        for name in named.into_iter().flat_map(serde_json::Map::keys) {
            schema(&properties.need(name)?)?;
        }
    }
    if let Some(items) = place.get("items") {
        schema(&items)?;
    }
    place.list_of("anyOf")?.iter().try_for_each(schema)
}
