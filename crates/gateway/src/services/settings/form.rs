//! `config.schema`: the schema of the settings as forms read it, draft 7, without references.

use crate::error::ApiError;
use crate::services::Services;
use crate::settings;
use protocol::methods::settings::{
    ConfigSchemaChild, ConfigSchemaLookupParams, ConfigSchemaLookupReply, ConfigSchemaReply, UiHint,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How deep references are followed.
const MAX_DEPTH: usize = 48;

/// Longest path of a lookup.
const MAX_PATH: usize = 1_024;

impl Services {
    /// The schema with hints for forms.
    pub(crate) fn config_schema(&self) -> ConfigSchemaReply {
        ConfigSchemaReply {
            schema: form().clone(),
            ui_hints: hints().clone(),
            version: self.runtime.snapshot().version.to_owned(),
            generated_at: crate::services::rfc3339(self.clock.now()),
        }
    }

    /// One setting of the schema.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such setting.
    pub(crate) fn config_schema_lookup(
        params: &ConfigSchemaLookupParams,
    ) -> Result<ConfigSchemaLookupReply, ApiError> {
        let path = params.path.trim();
        let missing = || ApiError::invalid("config schema path not found");
        if path.is_empty() || path.len() > MAX_PATH {
            return Err(missing());
        }
        let (schema, hint_path) = found(path).ok_or_else(missing)?;
        let mut bare = schema.clone();
        for below in ["properties", "additionalProperties", "items", "required"] {
            bare.remove(below);
        }
        let hint = hints().get(&hint_path).cloned();
        Ok(ConfigSchemaLookupReply {
            path: path.to_owned(),
            schema: Value::Object(bare),
            reload_kind: reload_kind(path),
            hint_path: hint.is_some().then(|| hint_path.clone()),
            hint,
            children: children(schema, path, &hint_path),
        })
    }
}

/// The schema; made once.
fn form() -> &'static Value {
    static FORM: OnceLock<Value> = OnceLock::new();
    FORM.get_or_init(|| {
        let root = settings::schema();
        let mut form = inlined(root, root, 0);
        if let Some(members) = form.as_object_mut() {
            let draft = json!("http://json-schema.org/draft-07/schema#");
            members.insert("$schema".to_owned(), draft);
            members.remove("$defs");
        }
        form
    })
}

/// The hints; made once.
fn hints() -> &'static BTreeMap<String, UiHint> {
    static HINTS: OnceLock<BTreeMap<String, UiHint>> = OnceLock::new();
    HINTS.get_or_init(|| {
        let mut hints = BTreeMap::new();
        let sections = form().get("properties").and_then(Value::as_object);
        for (order, (name, section)) in sections.into_iter().flatten().enumerate() {
            let group = label(name);
            collect(section, name, name, &group, &mut hints);
            if let Some(hint) = hints.get_mut(name) {
                hint.order = u32::try_from((order + 1) * 10).ok();
            }
        }
        hints
    })
}

fn collect(
    schema: &Value,
    path: &str,
    name: &str,
    group: &str,
    hints: &mut BTreeMap<String, UiHint>,
) {
    let help = schema.get("description").and_then(Value::as_str);
    let secret = is_secret(schema);
    hints.insert(
        path.to_owned(),
        UiHint {
            label: label(name),
            help: help.map(ToOwned::to_owned),
            group: Some(group.to_owned()),
            order: None,
            sensitive: secret.then_some(true),
        },
    );
    for (step, key, below) in members(schema) {
        collect(below, &format!("{path}{step}"), key, group, hints);
    }
}

/// What lies below a schema: the step of the path, its name, its schema.
fn members(schema: &Value) -> Vec<(String, &str, &Value)> {
    let mut found = Vec::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, below) in properties.into_iter().flatten() {
        found.push((format!(".{name}"), name.as_str(), below));
    }
    if let Some(below) = schema
        .get("additionalProperties")
        .filter(|it| it.is_object())
    {
        found.push((".*".to_owned(), "entry", below));
    }
    if let Some(below) = schema.get("items").filter(|it| it.is_object()) {
        found.push(("[]".to_owned(), "item", below));
    }
    found
}

fn is_secret(schema: &Value) -> bool {
    let marked = |value: &Value| value.get("x-secret") == Some(&Value::Bool(true));
    let branches = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array());
    marked(schema) || branches.flatten().any(marked)
}

/// The schema of a setting and the path of its hint.
fn found(path: &str) -> Option<(&'static Map<String, Value>, String)> {
    let mut schema = form();
    let mut hint = String::new();
    let text = path.replace('[', ".[");
    for step in text.split('.').filter(|step| !step.is_empty()) {
        let indexed = step.starts_with('[')
            || (step.parse::<usize>().is_ok() && schema.get("items").is_some());
        if indexed {
            schema = schema.get("items").filter(|it| it.is_object())?;
            hint.push_str("[]");
            continue;
        }
        let named = schema.get("properties").and_then(|all| all.get(step));
        let (next, name) = if let Some(next) = named {
            (next, step)
        } else {
            let open = schema.get("additionalProperties");
            (open.filter(|it| it.is_object())?, "*")
        };
        if !hint.is_empty() {
            hint.push('.');
        }
        hint.push_str(name);
        schema = next;
    }
    Some((schema.as_object()?, hint))
}

fn children(schema: &Map<String, Value>, path: &str, hint_path: &str) -> Vec<ConfigSchemaChild> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |key: &str| required.is_some_and(|all| all.iter().any(|it| it == key));
    let schema = Value::Object(schema.clone());
    let child = |(step, key, below): (String, &str, &Value)| {
        let hint_path = format!("{hint_path}{step}");
        let hint = hints().get(&hint_path).cloned();
        ConfigSchemaChild {
            required: is_required(key),
            key: step.trim_start_matches('.').to_owned(),
            path: format!("{path}{step}"),
            kind: below.get("type").cloned(),
            has_children: !members(below).is_empty(),
            reload_kind: reload_kind(&format!("{path}{step}")),
            hint_path: hint.is_some().then_some(hint_path),
            hint,
        }
    };
    members(&schema).into_iter().map(child).collect()
}

fn reload_kind(path: &str) -> String {
    if settings::needs_restart(path) {
        "restart".to_owned()
    } else {
        "hot".to_owned()
    }
}

/// `controlUi` as `Control Ui`.
fn label(name: &str) -> String {
    let mut label = String::new();
    for (at, c) in name.chars().enumerate() {
        if at == 0 {
            label.extend(c.to_uppercase());
        } else {
            if c.is_uppercase() {
                label.push(' ');
            }
            label.push(c);
        }
    }
    label
}

/// A schema with its references written out, and what no form needs left away.
fn inlined(root: &Value, schema: &Value, depth: usize) -> Value {
    let Value::Object(members) = schema else {
        return match schema {
            Value::Array(items) => items
                .iter()
                .map(|it| inlined(root, it, depth + 1))
                .collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => schema.clone(),
        };
    };
    if depth > MAX_DEPTH {
        return json!({});
    }
    let mut made = Map::new();
    if let Some(target) = members.get("$ref").and_then(Value::as_str) {
        let target = target.trim_start_matches('#');
        if let Some(Value::Object(behind)) =
            root.pointer(target).map(|it| inlined(root, it, depth + 1))
        {
            made = behind;
        }
    }
    for (name, member) in members {
        if name != "$ref" && name != "$defs" {
            made.insert(name.clone(), inlined(root, member, depth + 1));
        }
    }
    simplified(made)
}

/// Without the null that an absent setting could also be written as, and closed sets as `enum`.
fn simplified(mut schema: Map<String, Value>) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = schema.get(key) else {
            continue;
        };
        let is_null = |it: &&Value| it.get("type") == Some(&json!("null"));
        let kept: Vec<Value> = branches.iter().filter(|it| !is_null(it)).cloned().collect();
        let constants: Option<Vec<Value>> =
            kept.iter().map(|it| it.get("const").cloned()).collect();
        match (kept.as_slice(), constants) {
            (_, Some(values)) if !values.is_empty() => {
                schema.remove(key);
                schema.insert("type".to_owned(), json!("string"));
                schema.insert("enum".to_owned(), Value::Array(values));
            }
            ([Value::Object(only)], _) => {
                let only = only.clone();
                schema.remove(key);
                for (name, member) in only {
                    schema.entry(name).or_insert(member);
                }
            }
            (_, _) => {
                schema.insert(key.to_owned(), Value::Array(kept));
            }
        }
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_has_no_references_and_knows_secrets() {
        let text = form().to_string();
        assert!(!text.contains("$ref") && !text.contains("$defs"), "{text}");
        let hints = hints();
        assert_eq!(hints["gateway.port"].label, "Port");
        assert_eq!(hints["gateway.auth.token"].sensitive, Some(true));
        assert_eq!(hints["gateway.port"].sensitive, None);
        assert_eq!(hints["models.providers.*.apiKey"].sensitive, Some(true));
        assert!(hints["gateway"].order < hints["tools"].order || hints["tools"].order.is_some());
        assert_eq!(
            form()["properties"]["gateway"]["properties"]["port"]["type"],
            "integer"
        );
    }

    #[test]
    fn a_setting_is_looked_up_by_its_path() {
        let look = |path: &str| {
            let params = ConfigSchemaLookupParams {
                path: path.to_owned(),
            };
            Services::config_schema_lookup(&params)
        };
        let port = look("gateway.port").unwrap();
        assert_eq!(port.schema["maximum"], 65_535);
        assert_eq!(
            (port.reload_kind.as_str(), port.children.len()),
            ("restart", 0)
        );
        let auth = look("gateway.auth").unwrap();
        assert_eq!(auth.reload_kind, "hot");
        assert!(
            auth.children
                .iter()
                .any(|child| child.path == "gateway.auth.token")
        );
        assert_eq!(
            look("agents.list[0].id").unwrap().hint_path.as_deref(),
            Some("agents.list[].id")
        );
        for path in ["nope.x", "", "gateway.port.x", "gateway.nope"] {
            assert_eq!(
                look(path).unwrap_err().message,
                "config schema path not found"
            );
        }
    }
}
