//! Text of a settings file to a value with places.
//!
//! Both grammars are bounded here: size, encoding and nesting are checked before anything recurses.

pub(crate) mod json5;
pub(crate) mod yaml;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::Problem;
use crate::locate::Format;
use crate::node::{Kind, Node};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// The deepest nesting of objects and arrays.
pub const MAX_DEPTH: usize = 64;

/// A parsed file: the top node, and findings that do not stop the load.
pub(crate) struct Parsed {
    pub(crate) top: Node,
    pub(crate) warnings: Vec<Problem>,
}

/// Reads a file of at most [`MAX_FILE_BYTES`] as UTF-8 and takes a byte order mark off.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    let problem = |why: String| {
        Problem::error("", format!("cannot read {}: {why}", path.display())).at(path, None)
    };
    let kind = std::fs::metadata(path).map_err(|error| problem(error.to_string()))?;
    // Opening a pipe would block for ever, so this is looked at first.
    if !kind.is_file() {
        return Err(problem("not a regular file".to_owned()));
    }
    let file = File::open(path).map_err(|error| problem(error.to_string()))?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| problem(error.to_string()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(problem(format!("larger than {MAX_FILE_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = line_of_bytes(error.as_bytes(), good);
        let mut problem = problem(format!("not UTF-8 at byte {good}; save it as UTF-8"));
        problem.line = Some(line);
        problem
    })?;
    Ok(text)
}

/// Parses one file. `file` is its number in the list of sources.
///
/// A file with nothing in it is an empty object.
pub(crate) fn parse(text: &str, format: Format, file: usize) -> Result<Parsed, Problem> {
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(Problem::error(
            "",
            format!("larger than {MAX_FILE_BYTES} bytes"),
        ));
    }
    let mut parsed = match format {
        Format::Json5 => json5::parse(text)?,
        Format::Yaml => yaml::parse(text)?,
    };
    number(&mut parsed.top, file);
    Ok(parsed)
}

/// The line of a byte offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> u32 {
    line_of_bytes(text.as_bytes(), offset)
}

fn line_of_bytes(bytes: &[u8], offset: usize) -> u32 {
    let newlines = bytes
        .iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count();
    u32::try_from(newlines).map_or(u32::MAX, |lines| lines.saturating_add(1))
}

fn number(node: &mut Node, file: usize) {
    node.place.file = file;
    match &mut node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter_mut().for_each(|item| number(item, file)),
        Kind::Map(members) => members.values_mut().for_each(|member| number(member, file)),
    }
}
