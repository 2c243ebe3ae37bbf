//! The table of the differences that are accepted.
//!
//! A line is `what place: how — reason`. It may begin with `v3` or `v4` to hold for that version only.
//! `*` stands for any text, `{a,b}` for one of these words. The first line that fits a difference
//! accepts it. A line, or a word of its braces, that accepts nothing must go; only one whose reason
//! begins with `at times` may stay. `what: skipped — reason` leaves a sample of the recordings out.

use std::collections::BTreeSet;

/// What parts a line from its reason.
const BECAUSE: &str = " — ";

/// How the reason of a line begins that is not needed every time.
const AT_TIMES: &str = "at times";

/// One line.
struct Line {
    version: Option<String>,
    parts: Vec<Part>,
    whole: String,
    may_be_idle: bool,
    is_used: bool,
}

/// A part of a pattern.
enum Part {
    /// This text.
    Text(String),
    /// Any text.
    Any,
    /// One of these words, each with whether it was needed.
    Words(Vec<(String, bool)>),
}

/// The table, and how it was used.
pub(crate) struct Table {
    lines: Vec<Line>,
    /// Differences that no line accepts.
    refused: BTreeSet<String>,
}

impl Table {
    pub(crate) fn read(text: &str) -> Self {
        let written = text.lines().map(str::trim);
        let written = written.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self {
            lines: written.map(Line::read).collect(),
            refused: BTreeSet::new(),
        }
    }

    /// Whether a sample is left out.
    pub(crate) fn skips(&mut self, version: &str, what: &str) -> bool {
        self.accepts(version, &format!("{what}: skipped"))
    }

    /// Takes in a difference.
    pub(crate) fn found(&mut self, version: &str, difference: &str) {
        if !self.accepts(version, difference) {
            self.refused.insert(format!("{version} {difference}"));
        }
    }

    fn accepts(&mut self, version: &str, difference: &str) -> bool {
        self.lines
            .iter_mut()
            .any(|line| line.accepts(version, difference))
    }

    /// Fails where a difference is not accepted, or a line accepts nothing.
    pub(crate) fn judge(self) {
        let idle: Vec<_> = self.lines.iter().filter_map(Line::idle).collect();
        let refused: Vec<_> = self.refused.into_iter().collect();
        assert!(
            refused.is_empty() && idle.is_empty(),
            "{} differences that the table does not accept:\n{}\n\n{} lines of the table that accept nothing:\n{}\n",
            refused.len(),
            refused.join("\n"),
            idle.len(),
            idle.join("\n"),
        );
    }
}

impl Line {
    fn read(whole: &str) -> Self {
        let (pattern, reason) = whole.split_once(BECAUSE).unwrap_or((whole, ""));
        assert!(
            !reason.trim().is_empty(),
            "a line of the table has no reason: {whole}"
        );
        let (version, pattern) = match pattern.split_once(' ') {
            Some((version @ ("v3" | "v4"), rest)) => (Some(version.to_owned()), rest),
            _ => (None, pattern),
        };
        Self {
            version,
            parts: parts(pattern.trim()),
            whole: whole.to_owned(),
            may_be_idle: reason.starts_with(AT_TIMES),
            is_used: false,
        }
    }

    fn accepts(&mut self, version: &str, difference: &str) -> bool {
        let of_version = self.version.as_deref().is_none_or(|only| only == version);
        if !of_version || !fits(&mut self.parts, difference) {
            return false;
        }
        self.is_used = true;
        true
    }

    /// The line, or what of it was not needed.
    fn idle(&self) -> Option<String> {
        if self.may_be_idle {
            return None;
        }
        if !self.is_used {
            return Some(self.whole.clone());
        }
        let words = self.parts.iter().flat_map(|part| match part {
            Part::Words(words) => words.as_slice(),
            Part::Text(_) | Part::Any => &[],
        });
        let idle: Vec<_> = words.filter(|(_, used)| !used).collect();
        let idle: Vec<_> = idle.into_iter().map(|(word, _)| word.as_str()).collect();
        (!idle.is_empty()).then(|| format!("{} in: {}", idle.join(","), self.whole))
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['*', '{']) {
        let (before, from) = rest.split_at(at);
        parts.push(Part::Text(before.to_owned()));
        if let Some(after) = from.strip_prefix('*') {
            parts.push(Part::Any);
            rest = after;
        } else {
            let (words, after) = from[1..].split_once('}').unwrap();
            let words = words.split(',').map(|word| (word.trim().to_owned(), false));
            parts.push(Part::Words(words.collect()));
            rest = after;
        }
    }
    parts.push(Part::Text(rest.to_owned()));
    parts
}

/// Whether a text is what a pattern says; the words that made it so were needed.
fn fits(parts: &mut [Part], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first_mut() else {
        return text.is_empty();
    };
    match first {
        Part::Text(part) => text
            .strip_prefix(part.as_str())
            .is_some_and(|text| fits(rest, text)),
        Part::Any => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| fits(rest, &text[at..])),
        Part::Words(words) => words.iter_mut().any(|(word, used)| {
            let fits = text
                .strip_prefix(word.as_str())
                .is_some_and(|text| fits(rest, text));
            *used |= fits;
            fits
        }),
    }
}

#[test]
fn stars_and_braces_stand_for_texts() {
    for (pattern, text, expected) in [
        ("a b: c", "a b: c", true),
        ("a b: c", "a b: cd", false),
        ("a *: missing*", "a b.c: missing, recorded null", true),
        ("a *.x: missing", "a b.x: missing", true),
        ("a *.x: missing", "a b.y: missing", false),
        ("*x*", "axb", true),
        ("*ab", "aab", true),
        ("a.{b,bc}: d", "a.bc: d", true),
        ("a.{b,bc}: d", "a.c: d", false),
    ] {
        assert_eq!(
            fits(&mut parts(pattern), text),
            expected,
            "{pattern} {text}"
        );
    }
}

#[test]
#[should_panic(
    expected = "1 differences that the table does not accept:\nv4 b .: missing\n\n2 lines of the table that accept nothing:\nc in: a {b,c}: missing — it is so\nv3 c: missing — why"
)]
fn a_table_must_be_complete_and_needed() {
    let lines = "a {b,c}: missing — it is so\nv3 c: missing — why\nd: missing — at times";
    let mut table = Table::read(lines);
    table.found("v4", "a b: missing");
    table.found("v4", "b .: missing");
    table.judge();
}
