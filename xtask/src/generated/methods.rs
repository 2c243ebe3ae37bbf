//! `docs/reference/methods.md`, from the table of methods and the types of their parameters.

use super::MARK;
use super::markdown::{self, cell, sentences, table};
use super::schema::{Inside, Shape};
use protocol::{MethodInfo, MethodSchema};
use serde_json::Value;

const INTRODUCTION: &str = "\
Every method of the control plane, from the types that serve it.
They are called with `POST /api/rpc/<method>`; how is in [the HTTP API](../http-api.md#rpc), and `openclaw gateway call <method>` does it from a terminal.
Fields marked *yes* are required in parameters, and always there in replies.";

/// The reference page.
pub(super) fn page() -> String {
    let mut text = vec![
        format!("<!-- {MARK} -->"),
        "# Methods".to_owned(),
        INTRODUCTION.to_owned(),
    ];
    let schemas = protocol::methods::schemas();
    let rows: Vec<_> = schemas.iter().map(|method| line(method.info)).collect();
    text.extend(table(&["method", "scope", "what it does"], &rows));
    for method in &schemas {
        section(method, &mut text);
    }
    markdown::page(&text)
}

fn line(method: MethodInfo) -> Vec<String> {
    let anchor = method.name.replace('.', "");
    vec![
        format!("[`{}`](#{anchor})", method.name),
        scope(method),
        cell(method.about),
    ]
}

fn scope(method: MethodInfo) -> String {
    match method.scope.name() {
        Some(name) => format!("`{name}`"),
        None => "none".to_owned(),
    }
}

fn section(method: &MethodSchema, text: &mut Vec<String>) {
    let info = method.info;
    text.push(format!("## `{}`", info.name));
    text.push(format!(
        "{}\nScope: {}.",
        sentences(info.about),
        scope(info)
    ));
    fields("Parameters", "required", &method.params, text);
    fields("Reply", "always", &method.reply, text);
}

fn fields(title: &str, mark: &str, schema: &Value, text: &mut Vec<String>) {
    let mut rows = Vec::new();
    collect("", Shape::root(schema), &mut rows);
    match table(&["field", "type", mark, "description"], &rows) {
        Some(table) => text.extend([format!("{title}:"), table]),
        None => text.push(format!("{title}: none.")),
    }
}

/// The fields of an object and of what is in it, with their paths.
fn collect(path: &str, shape: Shape<'_>, rows: &mut Vec<Vec<String>>) {
    for (name, member) in shape.members() {
        let path = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        };
        let (path, kind, inner) = match member.inside() {
            Inside::Value => (path, cell(&member.words()), None),
            Inside::Members(inner) => (path, "object".to_owned(), Some(inner)),
            Inside::List(inner) => (
                format!("{path}[]"),
                "list of objects".to_owned(),
                Some(inner),
            ),
            Inside::Named(inner) => (
                format!("{path}.<name>"),
                "objects by name".to_owned(),
                Some(inner),
            ),
        };
        let there = if shape.requires(name) { "yes" } else { "" };
        rows.push(vec![
            format!("`{path}`"),
            kind,
            there.to_owned(),
            cell(member.about()),
        ]);
        if let Some(inner) = inner {
            collect(&path, inner, rows);
        }
    }
}
