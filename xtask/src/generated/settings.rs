//! `schema/config.json` and `docs/reference/settings.md`, from the types of the settings.

use super::MARK;
use super::markdown::{self, cell, sentences, table};
use super::schema::{Inside, Shape};
use anyhow::{Context, Result};
use gateway::settings;

const INTRODUCTION: &str = "\
Every key of the settings file, from the types that read it.
How the file is found, written and reloaded is in [the guide](../configuration.md).
`secret` is a text, `\"${NAME}\"`, or a reference such as `{ source: \"env\", id: \"NAME\" }`.
A dash means that there is no fixed default; the description says what happens then.
What is *live* takes effect when the file is saved, what waits for a *restart* is named by `openclaw status`.";

/// The JSON Schema as a file.
pub(super) fn json() -> Result<String> {
    let mut schema = settings::schema().clone();
    let keys = schema.as_object_mut().context("the schema is no object")?;
    keys.insert("$comment".to_owned(), MARK.into());
    Ok(format!("{}\n", serde_json::to_string_pretty(&schema)?))
}

/// The reference page.
pub(super) fn page() -> String {
    let mut text = vec![
        format!("<!-- {MARK} -->"),
        "# Settings".to_owned(),
        INTRODUCTION.to_owned(),
    ];
    for (name, section) in Shape::root(settings::schema()).members() {
        part(name, name, section.about(), section, &mut text);
    }
    markdown::page(&text)
}

/// A part of the settings: its own values first, then the parts below it.
fn part(path: &str, title: &str, about: &str, shape: Shape<'_>, text: &mut Vec<String>) {
    let level = if path.contains('.') { "###" } else { "##" };
    let mut rows = Vec::new();
    let mut below = Vec::new();
    for (name, member) in shape.members() {
        let path = format!("{path}.{name}");
        match member.inside() {
            Inside::Value => rows.push(row(&path, member, member.about())),
            Inside::Members(_) => below.push((path, member.about(), member)),
            Inside::List(each) => below.push((format!("{path}[]"), member.about(), each)),
            Inside::Named(each) => below.push((format!("{path}.<name>"), member.about(), each)),
        }
    }
    if let Some(others) = shape.others() {
        rows.push(row(&format!("{path}.<NAME>"), others, about));
    }
    let table = table(&["key", "type", "default", "change", "description"], &rows);
    if table.is_some() || level == "##" {
        text.extend([format!("{level} {title}"), sentences(about)]);
        text.extend(table);
    }
    for (path, about, each) in below {
        for (tag, variant) in each.variants() {
            let (title, about) = match tag {
                Some(tag) => (
                    format!("`{path}` with `{}`", tag.replace('"', "")),
                    variant.about(),
                ),
                None => (format!("`{path}`"), about),
            };
            part(&path, &title, about, variant, text);
        }
    }
}

fn row(path: &str, member: Shape<'_>, about: &str) -> Vec<String> {
    let default = member
        .default()
        .map_or_else(|| "–".to_owned(), |v| format!("`{v}`"));
    let change = if settings::needs_restart(path) {
        "restart"
    } else {
        "live"
    };
    let about = format!("{about} {}", member.meanings());
    vec![
        format!("`{path}`"),
        cell(&member.words()),
        default,
        change.to_owned(),
        cell(&about),
    ]
}
