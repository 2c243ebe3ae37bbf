//! Edits inside collections in brackets.

use std::ops::Range;

use serde_json::Value;

use super::render::{inline, key};
use super::source::Source;
use crate::edit::target::wrapped;
use crate::node::{Kind, Node};
use crate::path::{KeyPath, Step};

impl Source<'_> {
    /// Changes one value, adds one, or takes one out, below a collection in brackets.
    pub(super) fn in_flow(
        &self,
        chain: &[&Node],
        path: &KeyPath,
        value: Option<&Value>,
    ) -> Result<String, String> {
        let unclear = || "its place in the file is not clear".to_owned();
        let (node, parents) = chain.split_last().ok_or_else(unclear)?;
        let Some(value) = value else {
            let parent = parents.last().ok_or_else(unclear)?;
            return self.without(parent, node);
        };
        let steps = path.0.get(parents.len()..).unwrap_or_default();
        match steps.split_first() {
            Some((step, rest)) if self.is_filled_flow(node) => {
                let value = inline(&wrapped(rest, value));
                let member = match step {
                    Step::Key(name) => format!("{}: {value}", key(name)),
                    Step::Index(_) => value,
                };
                let end = self.extent(node)?.end - 1;
                let inside = self.text.get(..end).unwrap_or_default();
                let end = inside.trim_end().len();
                let comma = if inside.trim_end().ends_with(',') {
                    " "
                } else {
                    ", "
                };
                self.splice(end..end, &format!("{comma}{member}"))
            }
            _ => self.splice(self.extent(node)?, &inline(&wrapped(steps, value))),
        }
    }

    /// The collection `parent` without `gone`, its other entries as they are written.
    fn without(&self, parent: &Node, gone: &Node) -> Result<String, String> {
        let mut kept: Vec<&Node> = match &parent.kind {
            Kind::Scalar(_) => Vec::new(),
            Kind::List(items) => items.iter().collect(),
            Kind::Map(members) => members.values().collect(),
        };
        kept.retain(|node| node.place != gone.place);
        kept.sort_by_key(|node| node.place.value.start);
        let entries = kept.into_iter().map(|node| {
            let Range { start, end } = self.extent(node)?;
            let start = if node.place.key.is_empty() {
                start
            } else {
                node.place.key.start
            };
            self.text
                .get(start..end)
                .ok_or_else(|| "its place in the file is not clear".to_owned())
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?.join(", ");
        let new = match &parent.kind {
            Kind::Map(_) => format!("{{{entries}}}"),
            Kind::List(_) | Kind::Scalar(_) => format!("[{entries}]"),
        };
        self.splice(self.extent(parent)?, &new)
    }

    /// The bytes of a value that is a scalar or in brackets.
    pub(super) fn extent(&self, node: &Node) -> Result<Range<usize>, String> {
        let start = node.place.value.start;
        match &node.kind {
            Kind::Scalar(_) if node.place.value.is_empty() => {
                Err("an empty value stands between brackets".to_owned())
            }
            Kind::Scalar(_) => Ok(node.place.value.clone()),
            Kind::List(_) | Kind::Map(_) => {
                let text = self.text.get(start..).unwrap_or_default();
                let length = flow_length(text)
                    .ok_or("a collection in brackets contains comments or is not closed")?;
                Ok(start..start + length)
            }
        }
    }
}

/// The length of a collection in brackets, unless it contains a comment or is not closed.
fn flow_length(text: &str) -> Option<usize> {
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
