//! `oneOf` and `anyOf`: which branch was meant, and what is wrong with it.

use serde_json::Value;

use super::view::{View, words};
use super::{Checker, Finding, scalar};
use crate::node::{Kind, Node};
use crate::path::KeyPath;

impl<'a> Checker<'a> {
    /// Checks `node` against the branch that fits best.
    pub(super) fn choose(
        &mut self,
        node: &Node,
        group: &'a [Value],
        base: &View<'a>,
        path: &KeyPath,
    ) {
        let branches: Vec<View<'a>> = group
            .iter()
            .map(|branch| base.with(self.root, branch))
            .collect();
        let fitting: Vec<&View<'a>> = branches
            .iter()
            .filter(|view| view.accepts_kind_deep(self.root, node))
            .collect();
        if fitting.is_empty() {
            let types = branches.iter().flat_map(|view| self.types(view));
            let message = format!("expected {}, found {}", words(types), node.type_name());
            self.wrong(node, path, message, None);
            return;
        }
        match &node.kind {
            Kind::Scalar(value) => {
                let constants: Option<Vec<&Value>> = fitting
                    .iter()
                    .map(|view| view.allowed.clone())
                    .collect::<Option<Vec<_>>>()
                    .map(|lists| lists.into_iter().flatten().collect());
                if let Some(constants) = constants {
                    if let Some((message, near)) = scalar::not_allowed(value, &constants) {
                        self.wrong(node, path, message, near);
                    }
                    return;
                }
            }
            Kind::Map(members) => {
                if let Some(tag) = tag(&fitting) {
                    self.tagged(node, tag, members.get(tag), &fitting, path);
                    return;
                }
            }
            Kind::List(_) => {}
        }
        let tried = fitting.iter().map(|view| {
            let mut trial = Checker {
                root: self.root,
                findings: Vec::new(),
            };
            trial.view(node, view, path);
            trial.findings
        });
        if let Some(best) = tried.min_by_key(|findings| cost(findings)) {
            self.findings.extend(best);
        }
    }

    /// Checks an object against the branch that its tag names.
    fn tagged(
        &mut self,
        node: &Node,
        tag: &str,
        member: Option<&Node>,
        branches: &[&View<'a>],
        path: &KeyPath,
    ) {
        let constants: Vec<&Value> = branches
            .iter()
            .filter_map(|view| constant(view, tag))
            .collect();
        let Some(member) = member else {
            let list = scalar::quoted_list(&constants);
            let message = format!("is required: one of {list}");
            self.wrong(node, &path.key(tag), message, None);
            return;
        };
        let value = member.to_value();
        let chosen = branches
            .iter()
            .find(|view| constant(view, tag) == Some(&value));
        match chosen {
            Some(view) => self.view(node, view, path),
            None => match scalar::not_allowed(&value, &constants) {
                Some((message, near)) => self.wrong(member, &path.key(tag), message, near),
                None => self.wrong(member, &path.key(tag), "is not known".to_owned(), None),
            },
        }
    }

    /// The type names of a view, those of its choices included.
    fn types(&self, view: &View<'a>) -> Vec<&'a str> {
        let own = view.types.iter().flatten().copied();
        let deeper = view.branches().flat_map(|branch| {
            let view = View::of(self.root, branch);
            view.types.unwrap_or_default()
        });
        own.chain(deeper).collect()
    }
}

/// The member that has a different constant in every branch, if there is one.
fn tag<'a>(branches: &[&View<'a>]) -> Option<&'a str> {
    let (first, rest) = branches.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let mut names = first.names();
    names.find(|name| branches.iter().all(|view| constant(view, name).is_some()))
}

fn constant<'a>(view: &View<'a>, name: &str) -> Option<&'a Value> {
    let schema = view.property(name)?;
    schema
        .get("const")
        .or_else(|| match schema.get("enum")?.as_array()?.as_slice() {
            [only] => Some(only),
            _ => None,
        })
}

fn cost(findings: &[Finding]) -> usize {
    let cost = |finding: &Finding| match finding {
        Finding::Wrong { .. } => 100,
        Finding::Unknown { .. } | Finding::Empty { .. } => 1,
    };
    findings.iter().map(cost).sum()
}
