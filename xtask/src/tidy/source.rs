//! Rules about Rust files.

use super::Problem;
use super::names;
use super::tree::File;

/// From here on a file says why it is long.
const LONG: usize = 400;
/// From here on only tables and generated files.
const TOO_LONG: usize = 800;
/// What a crate must say about itself, in lines.
const HEADER: usize = 5;

/// What a first line may declare.
#[derive(PartialEq, Eq)]
enum Marker {
    None,
    Long,
    TableOrGenerated,
}

pub(super) fn check(file: &File, found: &mut Vec<Problem>) {
    length(file, found);
    if file.path.ends_with("src/lib.rs") {
        header(file, found);
    }
    for (number, line) in file.lines() {
        let rule = declared_type(line)
            .and_then(names::type_rule)
            .or_else(|| declared_module(line).and_then(names::room_rule));
        if let Some(rule) = rule {
            found.push(Problem::new(&file.path, number, rule));
        }
    }
}

fn length(file: &File, found: &mut Vec<Problem>) {
    let count = file.text.lines().count();
    let marker = marker(file.text.lines().next().unwrap_or_default());
    if count > TOO_LONG && marker != Marker::TableOrGenerated {
        let rule = format!(
            "{count} lines, more than {TOO_LONG}; split it, or begin it with // tidy: table or \
             // tidy: generated if it is one"
        );
        found.push(Problem::new(&file.path, 0, rule));
    } else if count > LONG && marker == Marker::None {
        let rule = format!(
            "{count} lines, more than {LONG}; split it, or begin it with // tidy: long, <reason>"
        );
        found.push(Problem::new(&file.path, 0, rule));
    }
}

fn marker(first: &str) -> Marker {
    let Some(said) = first.strip_prefix("// tidy: ") else {
        return Marker::None;
    };
    match said.trim() {
        "table" | "generated" => Marker::TableOrGenerated,
        said if said
            .strip_prefix("long, ")
            .is_some_and(|reason| reason.trim().len() > 3) =>
        {
            Marker::Long
        }
        _ => Marker::None,
    }
}

fn header(file: &File, found: &mut Vec<Problem>) {
    let count = file
        .text
        .lines()
        .skip_while(|line| line.starts_with("// tidy: "))
        .take_while(|line| line.starts_with("//!"))
        .filter(|line| line.trim().len() > "//!".len())
        .count();
    if count < HEADER {
        let rule = format!(
            "the crate header has {count} lines, fewer than {HEADER}; say what it is, who calls \
             it, what it never does, which invariants hold, where to start reading"
        );
        found.push(Problem::new(&file.path, 1, rule));
    }
}

/// The name of a type declared on this line.
fn declared_type(line: &str) -> Option<&str> {
    let bare = without_visibility(line.trim_start());
    // An indented `type` belongs to a trait, which chose its name.
    let keywords: &[&str] = if line.starts_with(' ') {
        &["struct ", "enum ", "trait ", "union "]
    } else {
        &["struct ", "enum ", "trait ", "union ", "type "]
    };
    keywords
        .iter()
        .find_map(|keyword| bare.strip_prefix(keyword))
        .map(identifier)
}

fn declared_module(line: &str) -> Option<&str> {
    without_visibility(line.trim_start())
        .strip_prefix("mod ")
        .map(identifier)
}

fn without_visibility(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("pub") else {
        return line;
    };
    match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest.trim_start(),
    }
}

fn identifier(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default()
}
