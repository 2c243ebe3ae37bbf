//! JSON5 to nodes, with the same parser that edits the text.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jsonc_parser::ast::{ObjectProp, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Number, Value};

use super::{MAX_DEPTH, Parsed};
use crate::Problem;
use crate::node::{Kind, Node, Place};
use crate::path::KeyPath;

/// What the JSON5 grammar allows: everything the parser can, except a missing comma.
pub(crate) fn options() -> ParseOptions {
    ParseOptions {
        allow_missing_commas: false,
        ..ParseOptions::default()
    }
}

/// Parses the text; nothing but comments is an empty object.
pub(crate) fn parse(text: &str) -> Result<Parsed, Problem> {
    check_depth(text)?;
    // The parser takes a mark at the very start as a word; a space keeps every offset.
    let blanked = text
        .strip_prefix('\u{feff}')
        .map(|rest| format!("   {rest}"));
    let text = blanked.as_deref().unwrap_or(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options()).map_err(|error| {
        let mut problem = Problem::error("", format!("not valid JSON5: {}", lower(error.kind())));
        problem.line = u32::try_from(error.line_display()).ok();
        problem
    })?;
    let lines = Lines::of(text);
    let mut reader = Reader {
        lines: &lines,
        warnings: Vec::new(),
    };
    let top = match &parsed.value {
        None => Node::empty(),
        Some(value) => reader.node(value, &KeyPath::default())?,
    };
    Ok(Parsed {
        top,
        warnings: reader.warnings,
    })
}

struct Reader<'a> {
    lines: &'a Lines,
    warnings: Vec<Problem>,
}

impl Reader<'_> {
    fn node(&mut self, value: &Ast<'_>, path: &KeyPath) -> Result<Node, Problem> {
        let range = value.range();
        let line = self.lines.line(range.start);
        let kind = match value {
            Ast::StringLit(text) => Kind::Scalar(Value::String(text.value.clone().into_owned())),
            Ast::BooleanLit(flag) => Kind::Scalar(Value::Bool(flag.value)),
            Ast::NullKeyword(_) => Kind::Scalar(Value::Null),
            Ast::NumberLit(number) => {
                Kind::Scalar(number_value(number.value).ok_or_else(|| {
                    let mut problem = Problem::error(
                        path.to_string(),
                        format!("\"{}\" is not a number that can be used", number.value),
                    );
                    problem.line = Some(line);
                    problem
                })?)
            }
            Ast::Array(array) => {
                let items = array.elements.iter().enumerate();
                let items = items.map(|(position, item)| self.node(item, &path.index(position)));
                Kind::List(items.collect::<Result<_, _>>()?)
            }
            Ast::Object(object) => {
                let mut members = BTreeMap::new();
                for property in &object.properties {
                    self.member(property, path, &mut members)?;
                }
                Kind::Map(members)
            }
        };
        let place = Place {
            file: 0,
            line,
            key: 0..0,
            value: range.start..range.end,
        };
        Ok(Node { kind, place })
    }

    fn member(
        &mut self,
        property: &ObjectProp<'_>,
        path: &KeyPath,
        members: &mut BTreeMap<String, Node>,
    ) -> Result<(), Problem> {
        let name = property.name.as_str().to_owned();
        let path = path.key(&name);
        let mut node = self.node(&property.value, &path)?;
        let key = property.name.range();
        node.place.line = self.lines.line(key.start);
        node.place.key = key.start..key.end;
        match members.entry(name) {
            Entry::Vacant(free) => {
                free.insert(node);
            }
            Entry::Occupied(mut taken) => {
                let message = format!(
                    "set twice; this one wins over line {}",
                    taken.get().place.line
                );
                let mut problem = Problem::warning(path.to_string(), message);
                problem.line = Some(node.place.line);
                self.warnings.push(problem);
                taken.insert(node);
            }
        }
        Ok(())
    }
}

/// Decimal, hexadecimal, with a sign or a bare decimal point. Infinity and `NaN` have no JSON value.
fn number_value(text: &str) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        let number = u64::from_str_radix(hex, 16).ok()?;
        return if negative {
            Some(Value::from(i64::try_from(number).ok()?.checked_neg()?))
        } else {
            Some(Value::from(number))
        };
    }
    if !digits.contains(['.', 'e', 'E']) {
        let signed = if negative {
            format!("-{digits}")
        } else {
            digits.to_owned()
        };
        if let Ok(number) = signed.parse::<u64>() {
            return Some(Value::from(number));
        }
        if let Ok(number) = signed.parse::<i64>() {
            return Some(Value::from(number));
        }
    }
    let number: f64 = digits.parse().ok()?;
    Number::from_f64(if negative { -number } else { number }).map(Value::Number)
}

/// Refuses nesting beyond [`MAX_DEPTH`] before a recursive parser sees the text.
///
/// Brackets in strings and comments count too, which only matters for texts full of them.
fn check_depth(text: &str) -> Result<(), Problem> {
    let mut depth = Depth::default();
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((offset, byte)) = bytes.next() {
        let next = bytes.peek().map(|(_, byte)| *byte);
        if depth.deeper_than(MAX_DEPTH, byte, next) {
            let mut problem = Problem::error(
                "",
                format!("nested deeper than {MAX_DEPTH} objects and arrays"),
            );
            problem.line = Some(super::line_of(text, offset));
            return Err(problem);
        }
    }
    Ok(())
}

/// Counts open brackets outside strings and comments.
#[derive(Default)]
struct Depth {
    open: usize,
    inside: Inside,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Inside {
    #[default]
    Plain,
    /// In a string closed by this quote.
    Text(u8),
    /// In a string, after a backslash.
    Escape(u8),
    Line,
    Block,
    /// The star of `*/` was seen.
    BlockEnd,
}

impl Depth {
    fn deeper_than(&mut self, limit: usize, byte: u8, next: Option<u8>) -> bool {
        self.inside = match (self.inside, byte) {
            (Inside::Plain, b'"' | b'\'') => Inside::Text(byte),
            (Inside::Plain, b'/') if next == Some(b'/') => Inside::Line,
            (Inside::Plain, b'/') if next == Some(b'*') => Inside::Block,
            (Inside::Plain, b'{' | b'[') => {
                self.open += 1;
                Inside::Plain
            }
            (Inside::Plain, b'}' | b']') => {
                self.open = self.open.saturating_sub(1);
                Inside::Plain
            }
            (Inside::Text(quote), b'\\') => Inside::Escape(quote),
            (Inside::Text(quote), byte) if byte == quote => Inside::Plain,
            (Inside::Escape(quote), _) => Inside::Text(quote),
            (Inside::Line, b'\n') | (Inside::BlockEnd, _) => Inside::Plain,
            (Inside::Block, b'*') if next == Some(b'/') => Inside::BlockEnd,
            (inside, _) => inside,
        };
        self.open > limit
    }
}

/// Offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    fn line(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|start| *start <= offset);
        u32::try_from(before).map_or(u32::MAX, |lines| lines.saturating_add(1))
    }
}

fn lower(text: &impl std::fmt::Display) -> String {
    let text = text.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text,
    }
}
