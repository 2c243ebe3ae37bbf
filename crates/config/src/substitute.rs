//! `${NAME}` in string values.
//!
//! Source: `config.md` section 1, `${NAME}`.

use crate::Env;

/// A text with its variables filled in.
pub(crate) struct Substituted {
    /// The text; `${NAME}` stays where the variable is missing, `$${NAME}` became `${NAME}`.
    pub(crate) text: String,
    /// Names of variables that are missing.
    pub(crate) missing: Vec<String>,
}

/// Fills in `${NAME}`. What a variable contains is never looked at again.
pub(crate) fn substitute(text: &str, env: &Env) -> Substituted {
    let mut done = String::with_capacity(text.len());
    let mut missing = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        done.push_str(before);
        if let Some((reference, after)) = from.strip_prefix('$').and_then(reference) {
            done.push_str(reference);
            rest = after;
        } else if let Some((reference, after)) = reference(from) {
            let name = name_in(reference);
            if let Some(value) = env.get(name) {
                done.push_str(value);
            } else {
                missing.push(name.to_owned());
                done.push_str(reference);
            }
            rest = after;
        } else {
            done.push('$');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    done.push_str(rest);
    Substituted {
        text: done,
        missing,
    }
}

/// The name of the first variable that `text` still refers to.
pub(crate) fn first_reference(text: &str) -> Option<&str> {
    text.match_indices('$')
        .find_map(|(at, _)| text.get(at..).and_then(reference))
        .map(|(found, _)| name_in(found))
}

/// Whether `text` is one `${NAME}` and nothing else.
pub(crate) fn is_reference(text: &str) -> bool {
    matches!(reference(text), Some((_, "")))
}

/// Splits a leading `${NAME}` off.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("${")?;
    let end = inside.find('}')?;
    Env::is_name(inside.get(..end)?).then(|| text.split_at(end + 3))
}

fn name_in(reference: &str) -> &str {
    reference.trim_start_matches("${").trim_end_matches('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_once() {
        let env: Env = [("A", "1"), ("B_2", "${A}"), ("EMPTY", "")]
            .into_iter()
            .collect();
        let table = [
            ("plain", "plain", vec![]),
            ("${A}", "1", vec![]),
            ("x${A}y${A}", "x1y1", vec![]),
            ("${B_2}", "${A}", vec![]),
            ("$${A}", "${A}", vec![]),
            ("$$${A}", "$${A}", vec![]),
            ("${EMPTY}.", ".", vec![]),
            ("${NO}-${A}", "${NO}-1", vec!["NO"]),
            ("${lower} $A ${} ${A", "${lower} $A ${} ${A", vec![]),
            ("100$", "100$", vec![]),
            ("ü$ü", "ü$ü", vec![]),
        ];
        for (text, expected, missing) in table {
            let found = substitute(text, &env);
            assert_eq!(
                (found.text.as_str(), found.missing),
                (expected, owned(&missing)),
                "{text}"
            );
        }
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn references_are_seen() {
        assert!(is_reference("${A}"));
        assert!(!is_reference("${A}x"));
        assert_eq!(first_reference("a$b${KEY}"), Some("KEY"));
        assert_eq!(first_reference("a$b${key}"), None);
    }
}
