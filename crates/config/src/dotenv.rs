//! The `.env` file of the state directory. The one of the working folder is data and is never read.

use std::path::{Path, PathBuf};

use crate::{Env, Problem, Severity, edit, parse};

/// What came of reading `.env`.
#[derive(Default)]
pub(crate) struct Added {
    /// Lines that cannot be read, without repeating them.
    pub(crate) warnings: Vec<Problem>,
    /// The file, if there is one.
    pub(crate) read: Option<ReadFile>,
}

/// A file and the hash of what was read from it.
pub(crate) struct ReadFile {
    pub(crate) path: PathBuf,
    pub(crate) hash: String,
}

/// Adds what `<state dir>/.env` sets and the process does not. A missing file is fine.
pub(crate) fn add(state_dir: &Path, env: &mut Env) -> Added {
    let path = state_dir.join(".env");
    let mut added = Added::default();
    match path.try_exists() {
        Ok(false) => return added,
        Ok(true) => {}
        Err(error) => {
            let message = format!("cannot look at {}: {error}", path.display());
            added
                .warnings
                .push(Problem::warning("", message).at(&path, None));
            return added;
        }
    }
    let text = match parse::read(&path) {
        Ok(text) => text,
        Err(problem) => {
            let severity = Severity::Warning;
            added.warnings.push(Problem {
                severity,
                ..problem
            });
            return added;
        }
    };
    for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(content) {
            env.add_missing(name, &value);
        } else {
            let problem = Problem::warning("", "line ignored: it is not NAME=value");
            added.warnings.push(problem.at(&path, Some(line)));
        }
    }
    let hash = edit::hash(&text);
    added.read = Some(ReadFile { path, hash });
    added
}

fn assignment(line: &str) -> Option<(&str, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(legal)
    {
        return None;
    }
    Some((name, unquoted(value.trim())?))
}

/// Single quotes keep everything, double quotes know `\n \t \" \\`, a bare value ends at ` #`.
fn unquoted(value: &str) -> Option<String> {
    if let Some(inside) = value.strip_prefix('\'') {
        return inside.split_once('\'').map(|(text, _)| text.to_owned());
    }
    let Some(inside) = value.strip_prefix('"') else {
        let bare = value.split_once(" #").map_or(value, |(text, _)| text);
        return Some(bare.trim_end().to_owned());
    };
    let mut text = String::new();
    let mut letters = inside.chars();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => match letters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                other @ ('"' | '\\' | '$') => text.push(other),
                other => text.extend(['\\', other]),
            },
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_a_shell_would() {
        let table = [
            ("A=1", Some(("A", "1"))),
            ("export A = 1 # why", Some(("A", "1"))),
            ("A='x # y'", Some(("A", "x # y"))),
            ("A=\"x\\ny\"", Some(("A", "x\ny"))),
            ("A=a#b", Some(("A", "a#b"))),
            ("A=", Some(("A", ""))),
            ("1A=1", None),
            ("nothing", None),
            ("A=\"open", None),
        ];
        for (line, expected) in table {
            let found = assignment(line);
            let found = found.as_ref().map(|(name, value)| (*name, value.as_str()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
