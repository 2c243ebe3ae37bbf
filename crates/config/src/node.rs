//! A parsed value that remembers where it was written.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::path::{KeyPath, Step};

/// Where a node was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Position of the file in the list of files that were read.
    pub file: usize,
    /// Line of the key (or of the element, in an array), from 1.
    pub line: u32,
    /// Bytes of the key; empty for elements and the top.
    pub key: Range<usize>,
    /// Bytes of the value where the parser tells; for YAML only the start is exact.
    pub value: Range<usize>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Null, boolean, number or string.
    Scalar(Value),
    /// An array.
    List(Vec<Node>),
    /// An object.
    Map(BTreeMap<String, Node>),
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it was written.
    pub place: Place,
}

impl Node {
    /// An object without members, as if an empty file had been read.
    pub(crate) fn empty() -> Self {
        Self {
            kind: Kind::Map(BTreeMap::new()),
            place: Place {
                line: 1,
                ..Place::default()
            },
        }
    }

    /// Drops the places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, node)| (name.clone(), node.to_value()))
                    .collect(),
            ),
        }
    }

    /// The node at `path`, if there is one.
    pub(crate) fn find(&self, path: &KeyPath) -> Option<&Self> {
        path.0.iter().try_fold(self, Self::step)
    }

    /// The deepest node on the way to `path`; the best place to point at for a missing key.
    pub(crate) fn nearest(&self, path: &KeyPath) -> &Self {
        let mut node = self;
        for step in &path.0 {
            match node.step(step) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    fn step(&self, step: &Step) -> Option<&Self> {
        match (&self.kind, step) {
            (Kind::Map(members), Step::Key(name)) => members.get(name),
            (Kind::Map(members), Step::Index(number)) => members.get(&number.to_string()),
            (Kind::List(items), Step::Index(number)) => items.get(*number),
            (Kind::List(_), Step::Key(_)) | (Kind::Scalar(_), _) => None,
        }
    }

    /// Lays `over` on top of `self`: objects merge member by member, anything else replaces.
    ///
    /// Arrays replace too, so an empty list can take back what an included file allowed.
    #[must_use]
    pub(crate) fn overlaid(self, over: Self) -> Self {
        match (self.kind, over.kind) {
            (Kind::Map(mut members), Kind::Map(upper)) => {
                for (name, node) in upper {
                    let merged = match members.remove(&name) {
                        Some(lower) => lower.overlaid(node),
                        None => node,
                    };
                    members.insert(name, merged);
                }
                Self {
                    kind: Kind::Map(members),
                    place: over.place,
                }
            }
            (_, kind) => Self {
                kind,
                place: over.place,
            },
        }
    }

    /// Changes every string in place; the closure sees the path and the place.
    pub(crate) fn for_each_string(&mut self, f: &mut impl FnMut(&KeyPath, &Place, &mut String)) {
        self.visit_strings(&KeyPath::default(), f);
    }

    fn visit_strings(&mut self, path: &KeyPath, f: &mut impl FnMut(&KeyPath, &Place, &mut String)) {
        match &mut self.kind {
            Kind::Scalar(Value::String(text)) => f(path, &self.place, text),
            Kind::Scalar(_) => {}
            Kind::List(items) => {
                for (position, item) in items.iter_mut().enumerate() {
                    item.visit_strings(&path.index(position), f);
                }
            }
            Kind::Map(members) => {
                for (name, node) in members.iter_mut() {
                    node.visit_strings(&path.key(name), f);
                }
            }
        }
    }

    /// The word a person would use for the type.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(Value::String(_)) => "a string",
            Kind::Scalar(Value::Number(number)) if number.is_f64() => "a number",
            Kind::Scalar(Value::Number(_)) => "an integer",
            Kind::Scalar(Value::Bool(_)) => "a boolean",
            Kind::Scalar(_) => "null",
            Kind::List(_) => "an array",
            Kind::Map(_) => "an object",
        }
    }
}
