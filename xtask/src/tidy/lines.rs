//! Rules about any line of any text file.

use super::Problem;
use super::tree::File;

/// First folders of paths that exist on one machine only.
const MACHINE_ROOTS: &[&str] = &["work", "root", "home"];

/// Names of people who do not exist, for examples that need a home.
const NOBODY: &[&str] = &["u", "me", "you", "user"];

/// Marks of unfinished work, in two halves so that this file does not hold them.
const UNFINISHED: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME")];

pub(super) fn check(file: &File, found: &mut Vec<Problem>) {
    for (number, line) in file.lines() {
        if let Some(path) = machine_path(line) {
            let rule = format!("{path} is a path of one machine; use a relative or made-up one");
            found.push(Problem::new(&file.path, number, rule));
        }
        if let Some(word) = unfinished(line) {
            let rule = format!("{word} needs an issue number, as in {word}(#12), or to be done");
            found.push(Problem::new(&file.path, number, rule));
        }
    }
}

/// A path such as those below a home folder, when it begins a path rather than continuing one.
fn machine_path(line: &str) -> Option<String> {
    MACHINE_ROOTS.iter().find_map(|root| {
        let start = format!("/{root}/");
        line.match_indices(&start).find_map(|(at, _)| {
            let before = line.get(..at)?.chars().next_back();
            let continues = before.is_some_and(|c| c.is_alphanumeric() || "._-}*~$".contains(c));
            let rest = line.get(at + start.len()..)?;
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c));
            let name = rest.get(..end.unwrap_or(rest.len()))?;
            // Only a home folder needs a name to be one; the others are telling as they are.
            let telling = *root != "home" || !(name.is_empty() || NOBODY.contains(&name));
            (!continues && telling).then(|| format!("{start}{name}"))
        })
    })
}

fn unfinished(line: &str) -> Option<String> {
    UNFINISHED.iter().find_map(|(head, tail)| {
        let word = format!("{head}{tail}");
        line.match_indices(&word).find_map(|(at, _)| {
            let before = line.get(..at)?.chars().next_back();
            let rest = line.get(at + word.len()..)?;
            // In backticks or inside a longer word it is spoken of, not left behind.
            let part = |c: char| c.is_alphanumeric() || c == '_' || c == '`';
            let whole = !before.is_some_and(part) && !rest.chars().next().is_some_and(part);
            (whole && !has_issue(rest)).then(|| word.clone())
        })
    })
}

/// Whether the text begins with an issue number: `(#12)` or ` #12`.
fn has_issue(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['(', ' ']);
    rest.strip_prefix('#')
        .is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}
