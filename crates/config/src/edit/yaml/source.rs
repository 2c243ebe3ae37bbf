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

    /// What follows on the line of `offset`, without spaces around it.
    pub(super) fn rest_of_line(&self, offset: usize) -> &'t str {
        let end = self.line_end(offset);
        self.text.get(offset..end).unwrap_or_default().trim()
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

    /// The offset of the dash in front of an element, which may be some lines above it.
    pub(super) fn dash(&self, node: &Node) -> Result<usize, String> {
        let unclear = || "an element is not on lines of its own".to_owned();
        let mut end = node.place.value.start;
        loop {
            let start = self.line_start(end);
            let line = self.text.get(start..end).unwrap_or_default();
            let content = match line.trim_start() {
                comment if comment.starts_with('#') => "",
                _ => line
                    .split_once(" #")
                    .map_or(line, |(content, _)| content)
                    .trim_end(),
            };
            match content.strip_suffix('-') {
                Some(indent) if indent.chars().all(|c| c == ' ') => return Ok(start + indent.len()),
                None if content.trim().is_empty() && start > 0 => end = start - 1,
                Some(_) | None => return Err(unclear()),
            }
        }
    }
}
