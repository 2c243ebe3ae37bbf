//! Edits of JSON5 text through its concrete syntax tree.

use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::target::{Change, wrapped};
use crate::parse::json5::options;
use crate::path::Step;

/// The text after the changes, in their order, or why one cannot be made. It is read once, however
/// many there are.
pub(super) fn edit(text: &str, changes: &[Change]) -> Result<String, String> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.strip_suffix(bare).unwrap_or_default();
    let root = CstRootNode::parse(bare, &options()).map_err(|error| error.kind().to_string())?;
    for change in changes {
        match change {
            Change::Set(path, value) => set(&root, &path.0, value)?,
            Change::Unset(path) => unset(&root, &path.0)?,
        }
    }
    let mut edited = format!("{mark}{root}");
    if bare.trim().is_empty() && !edited.ends_with('\n') {
        edited.push('\n');
    }
    Ok(edited)
}

fn set(root: &CstRootNode, steps: &[Step], value: &Value) -> Result<(), String> {
    let Some(mut node) = root.value() else {
        root.set_value(input(&wrapped(steps, value)));
        return Ok(());
    };
    let mut rest = steps;
    while let Some((step, after)) = rest.split_first() {
        match step {
            Step::Key(name) => {
                let Some(object) = node.as_object() else {
                    break;
                };
                let Some(next) = property(&object, name)?.and_then(|found| found.value()) else {
                    object.append(name, input(&wrapped(after, value)));
                    return Ok(());
                };
                node = next;
            }
            Step::Index(number) => {
                let Some(array) = node.as_array() else {
                    break;
                };
                let Some(next) = array.elements().into_iter().nth(*number) else {
                    array.append(input(&wrapped(after, value)));
                    return Ok(());
                };
                node = next;
            }
        }
        rest = after;
    }
    // Either the value is there, or something without members (null) is in its way.
    replace(root, node, input(&wrapped(rest, value)))
}

fn replace(root: &CstRootNode, node: CstNode, value: CstInputValue) -> Result<(), String> {
    let parent = node.parent().and_then(|parent| parent.as_object_prop());
    if let Some(property) = parent {
        property.set_value(value);
        return Ok(());
    }
    if root
        .value()
        .is_some_and(|top| top.child_index() == node.child_index())
        && is_top(&node)
    {
        root.set_value(value);
        return Ok(());
    }
    let replaced = match node {
        CstNode::Container(container) => match (container.as_object(), container.as_array()) {
            (Some(object), _) => object.replace_with(value),
            (None, Some(array)) => array.replace_with(value),
            (None, None) => None,
        },
        CstNode::Leaf(_) => {
            let text = node
                .as_string_lit()
                .map(|leaf| leaf.replace_with(value.clone()));
            let number = || {
                node.as_number_lit()
                    .map(|leaf| leaf.replace_with(value.clone()))
            };
            let flag = || {
                node.as_boolean_lit()
                    .map(|leaf| leaf.replace_with(value.clone()))
            };
            let null = || {
                node.as_null_keyword()
                    .map(|leaf| leaf.replace_with(value.clone()))
            };
            text.or_else(number).or_else(flag).or_else(null).flatten()
        }
    };
    replaced
        .map(|_| ())
        .ok_or_else(|| "the element cannot be replaced".to_owned())
}

fn is_top(node: &CstNode) -> bool {
    node.parent().is_some_and(|parent| parent.is_root())
}

fn unset(root: &CstRootNode, steps: &[Step]) -> Result<(), String> {
    let missing = || "it is not in this file".to_owned();
    let (last, parents) = steps.split_last().ok_or_else(missing)?;
    let mut node = root.value().ok_or_else(missing)?;
    for step in parents {
        let next = match step {
            Step::Key(name) => {
                let object = node.as_object().ok_or_else(missing)?;
                property(&object, name)?.and_then(|found| found.value())
            }
            Step::Index(number) => {
                let array = node.as_array().ok_or_else(missing)?;
                array.elements().into_iter().nth(*number)
            }
        };
        node = next.ok_or_else(missing)?;
    }
    match last {
        Step::Key(name) => {
            let object = node.as_object().ok_or_else(missing)?;
            property(&object, name)?.ok_or_else(missing)?.remove();
        }
        Step::Index(number) => {
            let array = node.as_array().ok_or_else(missing)?;
            array
                .elements()
                .into_iter()
                .nth(*number)
                .ok_or_else(missing)?
                .remove();
        }
    }
    Ok(())
}

/// The one property called `name`; two of them have no clear meaning for an edit.
fn property(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>, String> {
    let mut found = object
        .properties()
        .into_iter()
        .filter(|property| property.decoded_name().as_deref() == Some(name));
    let first = found.next();
    match found.next() {
        Some(_) => Err(format!(
            "\"{name}\" is written twice; remove one of them first"
        )),
        None => Ok(first),
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => CstInputValue::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), input(value)))
                .collect(),
        ),
    }
}
