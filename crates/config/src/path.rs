//! Dotted paths to a key: `agents.list[0].id`, `models.providers."my.host".apiKey`.

use std::fmt;

use crate::Problem;

/// One step of a [`KeyPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object.
    Key(String),
    /// An element of an array, or a member whose name is this number, counted from 0.
    Index(usize),
}

/// Steps from the top of a document to one value. Empty means the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(pub Vec<Step>);

impl KeyPath {
    /// Reads `a.b`, `a[0]`, `a.0` and `a."with.dot"`; the empty text is the whole document.
    ///
    /// # Errors
    /// When a step is empty, a bracket or quote is not closed, or an index is not a number.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let bad =
            |why: &str| Problem::error("", format!("cannot read the key path \"{text}\": {why}"));
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (inside, after) = after
                    .split_once(']')
                    .ok_or_else(|| bad("\"[\" is not closed"))?;
                let number = inside
                    .parse()
                    .map_err(|_| bad("an index in brackets is a number"))?;
                steps.push(Step::Index(number));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('"') {
                let (key, after) = quoted(after).ok_or_else(|| bad("a quote is not closed"))?;
                steps.push(Step::Key(key));
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                let (step, after) = rest.split_at(end);
                if step.is_empty() {
                    return Err(bad("a step is empty"));
                }
                let plain_number = step == "0" || !step.starts_with(['0', '+']);
                steps.push(match step.parse() {
                    Ok(number) if plain_number => Step::Index(number),
                    _ => Step::Key(step.to_owned()),
                });
                rest = after;
            }
            match rest.strip_prefix('.') {
                Some("") => return Err(bad("a step is empty")),
                Some(after) => rest = after,
                None if rest.is_empty() || rest.starts_with('[') => {}
                None => return Err(bad("steps are separated by dots")),
            }
        }
        Ok(Self(steps))
    }

    /// This path and one more member.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.to_owned()))
    }

    /// This path and one more element.
    #[must_use]
    pub fn index(&self, position: usize) -> Self {
        self.with(Step::Index(position))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Whether this path is at or below `prefix`, e.g. `gateway.auth` or `agents.*.sandbox`.
    pub fn is_under(&self, prefix: &str) -> bool {
        self.after(prefix).is_some()
    }

    /// Whether this path is `pattern`, in which a step `*` stands for any one step.
    pub fn matches(&self, pattern: &str) -> bool {
        self.after(pattern).is_some_and(<[Step]>::is_empty)
    }

    /// The steps that follow `pattern`, or nothing when the path does not begin with it.
    fn after(&self, pattern: &str) -> Option<&[Step]> {
        let mut rest = self.0.as_slice();
        for wanted in pattern.split('.') {
            let (step, after) = rest.split_first()?;
            let fits = wanted == "*"
                || match step {
                    Step::Key(key) => key == wanted,
                    Step::Index(number) => number.to_string() == wanted,
                };
            if !fits {
                return None;
            }
            rest = after;
        }
        Some(rest)
    }
}

/// The content of a quoted step and what follows it; `\"` and `\\` stand for themselves.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((key, text.get(at + 1..)?)),
            '\\' => key.push(letters.next()?.1),
            other => key.push(other),
        }
    }
    None
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(number) => write!(f, "[{number}]")?,
                Step::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    let plain =
                        |c: char| !matches!(c, '.' | '[' | ']' | '"' | '\\') && !c.is_control();
                    let number = key.starts_with(|c: char| c.is_ascii_digit());
                    if !key.is_empty() && !number && key.chars().all(plain) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_they_are_read() {
        for text in [
            "",
            "a",
            "a.b",
            "agents.list[0].id",
            "m.\"a.b\".c",
            "a[1][2]",
            "x.\"q\\\"\"",
        ] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(KeyPath::parse("a.0.b").unwrap().to_string(), "a[0].b");
    }

    #[test]
    fn broken_paths_are_refused() {
        for text in [".", "a.", "a..b", "a[", "a[x]", "\"a", "a[0]b", "[-1]"] {
            assert!(KeyPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_and_prefixes() {
        let path = KeyPath::parse("agents.list[3].foo").unwrap();
        assert!(path.matches("agents.list.*.foo"));
        assert!(!path.matches("agents.list.*"));
        assert!(path.is_under("agents"));
        assert!(path.is_under("agents.list"));
        assert!(!path.is_under("agents.lis"));
    }
}
