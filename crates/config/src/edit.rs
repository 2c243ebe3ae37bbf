//! Changes one key in the text of a settings file and nothing else.
//!
//! Comments, order, quotes and `${NAME}` texts stay as they are. After every edit the new text is
//! parsed again and compared with what was intended; an edit that would touch anything else is
//! refused, never written.

mod json5;
mod target;
mod write;
mod yaml;

use serde_json::Value;

use crate::locate::Format;
use crate::path::KeyPath;
use crate::{Problem, Rules, parse, redact};
use target::Change;

pub(crate) use write::replace;
pub use write::{WriteError, hash, write};

/// The value at `path` (`a.b`, `a[0]`, `a.0`, `a."with.dot"`), if there is one.
///
/// # Errors
/// When the path cannot be read.
pub fn get<'v>(value: &'v Value, path: &str) -> Result<Option<&'v Value>, Problem> {
    Ok(target::lookup(value, &KeyPath::parse(path)?))
}

/// The text with `value` at `path`.
///
/// Missing parents are made; the index after the last one appends. An object set in the place of
/// an object changes only the members that differ. A value that is, or contains, the redaction
/// marker keeps what is stored in the marker's place. The empty text is an empty file.
///
/// # Errors
/// When the text or the path cannot be read, the path leads through something that has no
/// members, or the text is written in a form that cannot be changed without rewriting more.
pub fn set(text: &str, format: Format, path: &str, value: &Value) -> Result<String, Problem> {
    let old = read(text, format)?;
    let path = target::resolve(&old, &KeyPath::parse(path)?)?;
    if path.0.is_empty() && !value.is_object() {
        return Err(Problem::error(
            "",
            "settings are an object; give one, or the path of a key",
        ));
    }
    let value = redact::restore_at(value, target::lookup(&old, &path), &path)?;
    let expected = target::applied(&old, &path, Some(&value));
    let change = match target::lookup(&old, &path) {
        Some(stored) => target::changes(stored, &value, &path),
        None => vec![Change::Set(path.clone(), value)],
    };
    perform(text, format, &change, &expected, &path)
}

/// The text without the key or element at `path`.
///
/// # Errors
/// When there is nothing at `path` in this text, or as [`set`].
pub fn unset(text: &str, format: Format, path: &str) -> Result<String, Problem> {
    let old = read(text, format)?;
    let path = target::resolve(&old, &KeyPath::parse(path)?)?;
    if path.0.is_empty() || target::lookup(&old, &path).is_none() {
        return Err(Problem::error(path.to_string(), "is not set in this file"));
    }
    let expected = target::applied(&old, &path, None);
    perform(
        text,
        format,
        &[Change::Unset(path.clone())],
        &expected,
        &path,
    )
}

/// The text changed, key by key, until it says `wanted`. For writing back a whole configuration.
///
/// Redaction markers in `wanted` keep what is stored in their place.
///
/// # Errors
/// As [`set`].
pub fn apply(text: &str, format: Format, wanted: &Value) -> Result<String, Problem> {
    set(text, format, "", wanted)
}

/// What a text says, without its includes and with `${NAME}` as written.
///
/// # Errors
/// When the text cannot be read.
pub fn value(text: &str, format: Format) -> Result<Value, Problem> {
    read(text, format)
}

/// The text with [`crate::REDACTED`] in the place of every secret, comments and order kept.
///
/// A secret that is also written elsewhere, say in a comment, is hidden there too.
///
/// # Errors
/// As [`set`].
pub fn redacted(text: &str, format: Format, rules: &Rules) -> Result<String, Problem> {
    let old = read(text, format)?;
    let shown = redact::redact(&old, rules);
    let root = KeyPath::default();
    let changes = target::changes(&old, &shown, &root);
    let mut hidden = perform(text, format, &changes, &shown, &root)?;
    for secret in redact::hidden(&old, &shown) {
        hidden = hidden.replace(&secret, redact::REDACTED);
    }
    Ok(hidden)
}

/// The text with what `stored` says in the place of every [`crate::REDACTED`].
///
/// # Errors
/// As [`set`], or when nothing is stored in a marker's place.
pub fn restored(text: &str, stored: &str, format: Format) -> Result<String, Problem> {
    let new = read(text, format)?;
    let wanted = redact::restore(&new, &read(stored, format)?)?;
    let root = KeyPath::default();
    let changes = target::changes(&new, &wanted, &root);
    perform(text, format, &changes, &wanted, &root)
}

fn read(text: &str, format: Format) -> Result<Value, Problem> {
    parse::parse(text, format, 0).map(|parsed| parsed.top.to_value())
}

fn perform(
    text: &str,
    format: Format,
    changes: &[Change],
    expected: &Value,
    path: &KeyPath,
) -> Result<String, Problem> {
    let refuse = |why: &str| {
        let message =
            format!("cannot be changed here without touching more: {why}; edit the file by hand");
        Problem::error(path.to_string(), message)
    };
    let text = match format {
        Format::Json5 => json5::edit(text, changes),
        Format::Yaml => changes
            .iter()
            .try_fold(text.to_owned(), |text, change| yaml::edit(&text, change)),
    };
    let text = text.map_err(|why| refuse(&why))?;
    match read(&text, format) {
        Ok(found) if found == *expected => Ok(text),
        Ok(_) => Err(refuse(
            "the file uses a form that makes other keys change too",
        )),
        Err(_) => Err(refuse("the file uses a form that cannot be kept")),
    }
}
