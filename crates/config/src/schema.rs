//! Checks a document against the JSON Schema that `schemars` writes for settings types.
//!
//! Only the part of JSON Schema 2020-12 that `schemars` emits is known; in exchange every finding
//! has a key, a line and words for a person, and unknown keys are told apart from wrong values.

mod choice;
mod scalar;
mod view;

use serde_json::Value;

use crate::nearest::nearest;
use crate::node::{Kind, Node, Place};
use crate::path::KeyPath;
use crate::secret::SecretRef;

pub(crate) use view::{Additional, View};

/// Texts longer than this are not repeated in messages: they may be misplaced secrets.
pub(crate) const SHOWN_BYTES: usize = 24;

/// One thing that does not fit.
#[derive(Clone, Debug)]
pub(crate) enum Finding {
    /// A value of the wrong type or out of range, or a missing one.
    Wrong {
        path: KeyPath,
        place: Place,
        message: String,
        suggestion: Option<String>,
    },
    /// A key that the schema does not have.
    Unknown {
        path: KeyPath,
        place: Place,
        suggestion: Option<String>,
    },
    /// A key without a value where a value is optional.
    Empty { path: KeyPath, place: Place },
}

/// Everything in `top` that does not fit `schema`, in the order of keys.
pub(crate) fn check(top: &Node, schema: &Value) -> Vec<Finding> {
    let mut checker = Checker {
        root: schema,
        findings: Vec::new(),
    };
    checker.value(top, schema, &KeyPath::default());
    checker.findings
}

struct Checker<'a> {
    root: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Checker<'a> {
    fn value(&mut self, node: &Node, schema: &'a Value, path: &KeyPath) {
        self.view(node, &View::of(self.root, schema), path);
    }

    fn view(&mut self, node: &Node, view: &View<'a>, path: &KeyPath) {
        if view.never {
            self.wrong(node, path, "is not allowed here".to_owned(), None);
            return;
        }
        if view.format == Some("secret-input") {
            self.secret(node, path);
            return;
        }
        if !view.allows_kind(node) {
            let message = format!("expected {}, found {}", view.type_words(), node.type_name());
            self.wrong(node, path, message, None);
            return;
        }
        if let Some((group, base)) = view.split_choice() {
            self.choose(node, group, &base, path);
            return;
        }
        match &node.kind {
            Kind::Scalar(value) => {
                if let Some((message, suggestion)) = scalar::complaint(value, view) {
                    self.wrong(node, path, message, suggestion);
                }
            }
            Kind::List(items) => self.list(node, items, view, path),
            Kind::Map(members) => {
                for name in &view.required {
                    let there = view.spellings(name).any(|name| members.contains_key(name));
                    if !there {
                        self.wrong(node, &path.key(name), "is required".to_owned(), None);
                    }
                }
                for (name, member) in members {
                    self.member(name, member, view, &path.key(name));
                }
            }
        }
    }

    fn list(&mut self, node: &Node, items: &[Node], view: &View<'a>, path: &KeyPath) {
        if let Some(message) = scalar::length_complaint(items.len(), view.items_range, "element") {
            self.wrong(node, path, message, None);
        }
        for (position, item) in items.iter().enumerate() {
            let schema = view.prefix_items.get(position).copied().or(view.items);
            if let Some(schema) = schema {
                self.value(item, schema, &path.index(position));
            }
        }
    }

    fn member(&mut self, name: &str, member: &Node, view: &View<'a>, path: &KeyPath) {
        let unknown = |suggestion| Finding::Unknown {
            path: path.clone(),
            place: member.place.clone(),
            suggestion,
        };
        let known = view.property(name);
        let schema = match (known, &view.additional) {
            (Some(schema), _) => Some(schema),
            (None, Additional::Any) => None,
            (None, Additional::Schema(schema)) => {
                if !view.allows_name(name) {
                    self.findings.push(unknown(None));
                    return;
                }
                Some(*schema)
            }
            (None, Additional::None) => {
                self.findings.push(unknown(nearest(name, view.names())));
                return;
            }
        };
        let Some(schema) = schema else { return };
        let is_null = matches!(member.kind, Kind::Scalar(Value::Null));
        if is_null && !View::of(self.root, schema).accepts_kind_deep(self.root, member) {
            if view.required.contains(&name) {
                self.wrong(member, path, "needs a value".to_owned(), None);
            } else {
                let (path, place) = (path.clone(), member.place.clone());
                self.findings.push(Finding::Empty { path, place });
            }
            return;
        }
        self.value(member, schema, path);
    }

    fn secret(&mut self, node: &Node, path: &KeyPath) {
        let complaint = match &node.kind {
            Kind::Scalar(Value::String(_)) => None,
            Kind::Map(members) => {
                let text = |name: &str| match members.get(name).map(|member| &member.kind) {
                    Some(Kind::Scalar(Value::String(text))) => Some(text.as_str()),
                    _ => None,
                };
                for (name, member) in members {
                    let path = path.key(name);
                    if !["source", "provider", "id"].contains(&name.as_str()) {
                        let message = "is not part of a secret reference".to_owned();
                        self.wrong(member, &path, message, None);
                    } else if text(name).is_none() {
                        let message = format!("expected a string, found {}", member.type_name());
                        self.wrong(member, &path, message, None);
                    }
                }
                let parts = (text("source"), text("id"));
                match parts {
                    (Some(source), Some(id)) => {
                        SecretRef::parse(source, text("provider"), id).err()
                    }
                    _ => Some("a secret reference needs source and id".to_owned()),
                }
            }
            Kind::Scalar(_) | Kind::List(_) => Some(format!(
                "expected a string or {{source, provider, id}}, found {}",
                node.type_name()
            )),
        };
        if let Some(message) = complaint {
            self.wrong(node, path, message, None);
        }
    }

    fn wrong(&mut self, node: &Node, path: &KeyPath, message: String, suggestion: Option<String>) {
        let (path, place) = (path.clone(), node.place.clone());
        self.findings.push(Finding::Wrong {
            path,
            place,
            message,
            suggestion,
        });
    }
}
