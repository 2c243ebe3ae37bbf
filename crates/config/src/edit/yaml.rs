//! Edits of YAML text, by the places of keys and values in it.
//!
//! Only the lines of the changed key are written anew. Everything unusual (tags, anchors, several
//! values on a line) is left to the check of the result, which refuses what did not come out right.

mod flow;
mod render;
mod source;

use std::ops::Range;

use serde_json::Value;

use super::target::{Change, applied, wrapped};
use crate::node::{Kind, Node};
use crate::parse;
use crate::path::{KeyPath, Step};
use render::{block, entry, inline, is_block, item};
use source::Source;

/// The text after one change, or why it cannot be made.
pub(super) fn edit(text: &str, change: &Change) -> Result<String, String> {
    match text.strip_prefix('\u{feff}') {
        // The mark would count as indentation of the first key.
        Some(bare) => edit_bare(bare, change).map(|edited| format!("\u{feff}{edited}")),
        None => edit_bare(text, change),
    }
}

fn edit_bare(text: &str, change: &Change) -> Result<String, String> {
    let parsed = parse::yaml::parse(text).map_err(|problem| problem.message)?;
    let source = Source::of(text, &parsed.top);
    let (path, value) = match change {
        Change::Set(path, value) => (path, Some(value)),
        Change::Unset(path) => (path, None),
    };
    let chain = chain(&parsed.top, path);
    let flow = chain.iter().position(|node| source.is_filled_flow(node));
    if flow.is_some_and(|depth| depth < path.0.len()) {
        return source.in_flow(&chain, path, value);
    }
    match value {
        Some(value) if chain.len() > path.0.len() => source.replace(&chain, value),
        Some(value) => source.insert(&chain, path, value),
        None => source.remove(&chain, path),
    }
}

/// The nodes from the top down to the deepest one that is on the path.
fn chain<'n>(top: &'n Node, path: &KeyPath) -> Vec<&'n Node> {
    let mut chain = vec![top];
    for length in 1..=path.0.len() {
        let steps = path.0.iter().take(length).cloned().collect();
        match top.find(&KeyPath(steps)) {
            Some(node) => chain.push(node),
            None => break,
        }
    }
    chain
}

impl Source<'_> {
    fn replace(&self, chain: &[&Node], value: &Value) -> Result<String, String> {
        let Some((node, parents)) = chain.split_last() else {
            return Err("its place in the file is not clear".to_owned());
        };
        if parents.is_empty() {
            return self.replace_top(value);
        }
        let place = &node.place;
        let is_flow = self.starts_with(place.value.start, &['{', '[']);
        let is_scalar = matches!(node.kind, Kind::Scalar(_)) && !self.is_block_text(node);
        let span = match (is_scalar, is_flow) {
            (true, _) => Some(place.value.clone()),
            (false, true) => Some(self.extent(node)?),
            (false, false) => None,
        };
        if place.key.is_empty() {
            return match span {
                Some(span) if !is_block(value) && !span.is_empty() => {
                    self.splice(span, &inline(value))
                }
                span => self.rewrite_item(node, span, value),
            };
        }
        let column = self.column(place.key.start);
        let colon = self
            .after_colon(node)
            .ok_or("a key is written in an unusual form")?;
        match span {
            Some(span) if !span.is_empty() && !is_block(value) => self.splice(span, &inline(value)),
            Some(span) if span.is_empty() && !is_block(value) => {
                self.splice(colon..colon, &format!(" {}", inline(value)))
            }
            span => self.rewrite(node, column, colon, span, value),
        }
    }

    /// Writes an element anew, keeping the comment behind a value of one line.
    fn rewrite_item(
        &self,
        node: &Node,
        span: Option<Range<usize>>,
        value: &Value,
    ) -> Result<String, String> {
        let dash = self.dash(node)?;
        let (column, start) = (self.column(dash), self.line_start(dash));
        let mut lines = item(value, column, self.step);
        let comment = span.map_or("", |span| self.rest_of_line(span.end));
        if let (Some(first), true) = (lines.first_mut(), comment.starts_with('#')) {
            first.push(' ');
            first.push_str(comment);
        }
        let end = self.entry_end(dash, column, node);
        self.splice(start..end, &self.joined(&lines))
    }

    /// Writes an entry with a key anew, keeping the comment behind the key.
    fn rewrite(
        &self,
        node: &Node,
        column: usize,
        colon: usize,
        span: Option<Range<usize>>,
        value: &Value,
    ) -> Result<String, String> {
        let key_end = self.line_end(colon);
        let behind = self.text.get(colon..key_end).unwrap_or_default().trim();
        let comment = match span {
            Some(span) if !span.is_empty() => self.rest_of_line(span.end),
            _ => behind
                .trim_start_matches(|c: char| !c.is_whitespace() && c != '#')
                .trim(),
        };
        if !comment.is_empty() && !comment.starts_with('#') {
            return Err("something unusual stands behind the key".to_owned());
        }
        let head = self.text.get(..colon).unwrap_or_default();
        let tail = self
            .text
            .get(self.entry_end(colon, column, node)..)
            .unwrap_or_default();
        let comment = if comment.is_empty() {
            String::new()
        } else {
            format!(" {comment}")
        };
        let newline = self.newline;
        if is_block(value) {
            let lines = self.joined(&block(value, column + self.step, self.step));
            return Ok(format!("{head}{comment}{newline}{lines}{tail}"));
        }
        Ok(format!("{head} {}{comment}{newline}{tail}", inline(value)))
    }

    fn replace_top(&self, value: &Value) -> Result<String, String> {
        if self.is_empty && is_block(value) && !self.text.contains('{') {
            return self.put_lines(self.text.len(), &block(value, 0, self.step));
        }
        Err("the whole document would be replaced".to_owned())
    }

    fn insert(&self, chain: &[&Node], path: &KeyPath, value: &Value) -> Result<String, String> {
        let Some(node) = chain.last() else {
            return Err("its place in the file is not clear".to_owned());
        };
        let steps = path.0.get(chain.len() - 1..).unwrap_or_default();
        let Some((step, rest)) = steps.split_first() else {
            return Err("its place in the file is not clear".to_owned());
        };
        match (&node.kind, step) {
            (Kind::Map(members), Step::Key(name)) if !members.is_empty() => {
                let last = members.values().max_by_key(|member| member.place.key.start);
                let last = last.ok_or("its place in the file is not clear")?;
                let column = self.column(last.place.key.start);
                let end = self.entry_end(last.place.key.start, column, last);
                let lines = entry(name, &wrapped(rest, value), column, self.step);
                self.put_lines(end, &lines)
            }
            (Kind::List(items), Step::Index(_)) if !items.is_empty() => {
                let last = items.last().ok_or("its place in the file is not clear")?;
                let dash = self.dash(last)?;
                let column = self.column(dash);
                let lines = item(&wrapped(rest, value), column, self.step);
                self.put_lines(self.entry_end(dash, column, last), &lines)
            }
            _ => self.replace(chain, &wrapped(steps, value)),
        }
    }

    fn remove(&self, chain: &[&Node], path: &KeyPath) -> Result<String, String> {
        let [parents @ .., parent, node] = chain else {
            return Err("its place in the file is not clear".to_owned());
        };
        let (count, empty) = match &parent.kind {
            Kind::Map(members) => (members.len(), Value::Object(serde_json::Map::new())),
            Kind::List(items) => (items.len(), Value::Array(Vec::new())),
            Kind::Scalar(_) => (0, Value::Null),
        };
        let up = [parents, &[*parent]].concat();
        if count == 1 && !parents.is_empty() {
            return self.replace(&up, &empty);
        }
        if node.place.key.is_empty() {
            let dash = self.dash(node)?;
            let end = self.entry_end(dash, self.column(dash), node);
            return self.splice(self.line_start(dash)..end, "");
        }
        let start = node.place.key.start;
        let column = self.column(start);
        let indent = self
            .text
            .get(self.line_start(start)..start)
            .unwrap_or_default();
        if indent.chars().any(|c| c != ' ') {
            // The key stands beside a dash; the element is written anew without it.
            let last = KeyPath(path.0.last().cloned().into_iter().collect());
            return self.replace(&up, &applied(&parent.to_value(), &last, None));
        }
        self.splice(
            self.line_start(start)..self.entry_end(start, column, node),
            "",
        )
    }
}
