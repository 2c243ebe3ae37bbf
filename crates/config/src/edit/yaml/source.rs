//! A YAML text and where things are in it.

use std::ops::Range;

use serde_json::Value;

use crate::node::{Kind, Node};

/// The text of a file with the habits it is written in.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    /// Line break of the file.
    pub(super) newline: &'static str,
    /// Spaces per level.
    pub(super) step: usize,
    pub(super) is_empty: bool,
}

impl<'t> Source<'t> {
    pub(super) fn of(text: &'t str, top: &Node) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut source = Self {
            text,
            newline,
            step: 2,
            is_empty: false,
        };
        let Kind::Map(members) = &top.kind else {
            return source;
        };
        source.is_empty = members.is_empty();
        let indents = members.values().filter_map(|member| match &member.kind {
            Kind::Map(inner) => inner.values().next(),
            Kind::List(_) | Kind::Scalar(_) => None,
        });
        let indents = indents.filter(|inner| !inner.place.key.is_empty());
        let found = indents.map(|inner| source.column(inner.place.key.start));
        source.step = found
            .filter(|column| (1..=8).contains(column))
            .min()
            .unwrap_or(2);
        source
    }

    pub(super) fn line_start(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        before.rfind('\n').map_or(0, |at| at + 1)
    }

    /// The offset after the line break of the line with `offset` in it.
    pub(super) fn line_end(&self, offset: usize) -> usize {
        let after = self.text.get(offset..).unwrap_or_default();
        after
            .find('\n')
            .map_or(self.text.len(), |at| offset + at + 1)
    }

    pub(super) fn column(&self, offset: usize) -> usize {
        offset.saturating_sub(self.line_start(offset))
    }

    pub(super) fn starts_with(&self, offset: usize, letters: &[char]) -> bool {
        self.text
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(letters))
    }

    /// Whether a node is a collection in brackets that has something in it.
    pub(super) fn is_filled_flow(&self, node: &Node) -> bool {
        let filled = match &node.kind {
            Kind::Scalar(_) => false,
            Kind::List(items) => !items.is_empty(),
            Kind::Map(members) => !members.is_empty(),
        };
        filled && self.starts_with(node.place.value.start, &['{', '['])
    }

    pub(super) fn splice(&self, range: Range<usize>, new: &str) -> Result<String, String> {
        let parts = self.text.get(..range.start).zip(self.text.get(range.end..));
        let (before, after) = parts.ok_or("its place in the file is not clear")?;
        Ok(format!("{before}{new}{after}"))
    }

    pub(super) fn joined(&self, lines: &[String]) -> String {
        lines
            .iter()
            .flat_map(|line| [line.as_str(), self.newline])
            .collect()
    }

    /// Puts whole lines at `offset`, which is the start of a line or the end of the text.
    pub(super) fn put_lines(&self, offset: usize, lines: &[String]) -> Result<String, String> {
        let open = offset > 0 && !self.text.get(..offset).unwrap_or_default().ends_with('\n');
        let begin = if open { self.newline } else { "" };
        self.splice(offset..offset, &format!("{begin}{}", self.joined(lines)))
    }

    /// Where the lines of an entry end: `start` is on its first line, `column` is that of its key
    /// or dash. Blank lines and comments after its last line do not belong to it.
    pub(super) fn entry_end(&self, start: usize, column: usize, node: &Node) -> usize {
        let has_key = !node.place.key.is_empty();
        let is_text = self.is_block_text(node);
        let dashes = has_key && matches!(node.kind, Kind::List(_));
        let mut end = self.line_end(start);
        let mut at = end;
        while at < self.text.len() {
            let next = self.line_end(at);
            let line = self.text.get(at..next).unwrap_or_default();
            let content = line.trim_start_matches(' ');
            let indent = line.len() - content.len();
            let is_blank = content.trim().is_empty();
            let own_dash = dashes && indent == column && content.starts_with('-');
            if !is_blank && indent <= column && !own_dash && !content.starts_with('#') {
                break;
            }
            let in_text = is_text && indent > column;
            if !is_blank && (in_text || !content.starts_with('#')) {
                end = next;
            }
            at = next;
        }
        end
    }

    /// Whether the value is written below a `|` or `>`.
    pub(super) fn is_block_text(&self, node: &Node) -> bool {
        let is_text = matches!(&node.kind, Kind::Scalar(Value::String(_)));
        let head = match self.after_colon(node) {
            Some(after) if is_text => after,
            _ => return false,
        };
        self.text
            .get(head..)
            .is_some_and(|rest| rest.trim_start().starts_with(['|', '>']))
    }

    /// The offset after the colon of a node that has a key.
    pub(super) fn after_colon(&self, node: &Node) -> Option<usize> {
        let end = node.place.key.end;
        let rest = self
            .text
            .get(end..)
            .filter(|_| !node.place.key.is_empty())?;
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        rest.trim_start_matches(' ')
            .starts_with(':')
            .then_some(end + spaces + 1)
    }

    /// The offset of the dash in front of an element.
    pub(super) fn dash(&self, node: &Node) -> Result<usize, String> {
        let before = self.text.get(..node.place.value.start).unwrap_or_default();
        let before = before.trim_end_matches([' ', '\n', '\r']);
        let dash = before.strip_suffix('-').map(str::len);
        let alone = |at: &usize| {
            let line = self.text.get(self.line_start(*at)..*at).unwrap_or_default();
            line.chars().all(|c| c == ' ')
        };
        dash.filter(alone)
            .ok_or_else(|| "an element is not on lines of its own".to_owned())
    }
}

/// The length of a collection in brackets, unless it contains a comment or is not closed.
pub(super) fn flow_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('"'), '\\') => {
                letters.next();
            }
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') if before.is_whitespace() || "[{,:".contains(before) => {
                quote = Some(letter);
            }
            (None, '#') if before.is_whitespace() => return None,
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (Some(_) | None, _) => {}
        }
        before = letter;
    }
    None
}
