//! `$include`: one settings file made of several.
//!
//! Source: `config.md` section 1, `$include`; the folder rule is F1 of the threat list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::locate::Format;
use crate::node::{Kind, Node};
use crate::parse::{self, MAX_FILE_BYTES};
use crate::path::KeyPath;
use crate::{Env, Problem, edit};

/// The deepest chain of files that include each other.
pub const MAX_INCLUDE_DEPTH: usize = 10;
/// The most files one document is made of, counting repeats.
const MAX_FILES: usize = 256;
/// The most bytes of all files of one document together.
const MAX_TOTAL_BYTES: u64 = 8 * MAX_FILE_BYTES;

/// Reads a file and everything it includes.
pub(crate) struct Loader {
    roots: Vec<PathBuf>,
    /// Files in the order they were first read; a node's place counts into it.
    pub(crate) sources: Vec<PathBuf>,
    /// Hash of each of them.
    pub(crate) hashes: BTreeMap<PathBuf, Option<String>>,
    pub(crate) problems: Vec<Problem>,
    stack: Vec<PathBuf>,
    files: usize,
    bytes: u64,
}

impl Loader {
    /// Included files must be below the folder of `top`, or below `$OPENCLAW_INCLUDE_ROOTS`.
    pub(crate) fn new(top: &Path, env: &Env) -> Self {
        let extra = env.filled("OPENCLAW_INCLUDE_ROOTS").unwrap_or_default();
        let extra = std::env::split_paths(extra).filter(|path| path.is_absolute());
        let roots = top.parent().map(Path::to_owned).into_iter().chain(extra);
        Self {
            roots: roots.filter_map(|root| root.canonicalize().ok()).collect(),
            sources: Vec::new(),
            hashes: BTreeMap::new(),
            problems: Vec::new(),
            stack: Vec::new(),
            files: 0,
            bytes: 0,
        }
    }

    /// Parses `text` of `path` and expands its includes. Findings go to `problems`.
    pub(crate) fn expand_text(&mut self, path: &Path, text: &str, format: Format) -> Node {
        self.files += 1;
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.hashes.insert(path.to_owned(), Some(edit::hash(text)));
        let file = self
            .sources
            .iter()
            .position(|source| source == path)
            .unwrap_or_else(|| {
                self.sources.push(path.to_owned());
                self.sources.len() - 1
            });
        let parsed = match parse::parse(text, format, file) {
            Ok(parsed) => parsed,
            Err(problem) => {
                let line = problem.line;
                self.problems.push(problem.at(path, line));
                return Node::empty();
            }
        };
        for warning in parsed.warnings {
            let line = warning.line;
            self.problems.push(warning.at(path, line));
        }
        self.stack.push(path.to_owned());
        let top = self.expand(parsed.top, &KeyPath::default());
        self.stack.pop();
        top
    }

    fn expand(&mut self, node: Node, path: &KeyPath) -> Node {
        let Node { kind, place } = node;
        let mut members = match kind {
            Kind::Scalar(_) => return Node { kind, place },
            Kind::List(items) => {
                let items = (0..).zip(items);
                let items = items.map(|(position, item)| self.expand(item, &path.index(position)));
                return Node {
                    kind: Kind::List(items.collect()),
                    place,
                };
            }
            Kind::Map(members) => members,
        };
        let include = members.remove("$include");
        let members: BTreeMap<_, _> = members
            .into_iter()
            .map(|(name, member)| {
                let path = path.key(&name);
                (name, self.expand(member, &path))
            })
            .collect();
        let has_siblings = !members.is_empty();
        let own = Node {
            kind: Kind::Map(members),
            place: place.clone(),
        };
        let Some(include) = include else { return own };
        let Some(names) = file_names(&include) else {
            let message = "takes the name of a file or a list of names";
            self.complain(&include, path, message.to_owned());
            return own;
        };
        let mut merged: Option<Node> = None;
        for name in names {
            let Some(node) = self.include(&include, &name, path) else {
                continue;
            };
            merged = Some(match merged {
                Some(below) => below.overlaid(node),
                None => node,
            });
        }
        let Some(mut merged) = merged else { return own };
        if !has_siblings {
            // The key stays where it was written; only its content comes from elsewhere.
            if path.0.is_empty() {
                merged.place = place;
            }
            return merged;
        }
        if !matches!(merged.kind, Kind::Map(_)) {
            let message = "the file must contain an object, because there are keys beside it";
            self.complain(&include, path, message.to_owned());
            return own;
        }
        merged.overlaid(own)
    }

    fn include(&mut self, at: &Node, name: &str, path: &KeyPath) -> Option<Node> {
        let target = match self.target(name) {
            Ok(target) => target,
            Err(message) => {
                self.complain(at, path, message);
                return None;
            }
        };
        match parse::read(&target) {
            Ok(text) => Some(self.expand_text(&target, &text, Format::of(&target))),
            Err(problem) => {
                self.complain(at, path, problem.message);
                None
            }
        }
    }

    /// The real path of an included file, once every limit was checked.
    fn target(&self, name: &str) -> Result<PathBuf, String> {
        let including = self
            .stack
            .last()
            .and_then(|file| file.parent())
            .unwrap_or(Path::new("/"));
        let written = including.join(name);
        let target = written
            .canonicalize()
            .map_err(|error| format!("cannot read {}: {error}", written.display()))?;
        if !self.roots.iter().any(|root| target.starts_with(root)) {
            return Err(format!(
                "{} is outside the folder of the settings file; allow its folder in OPENCLAW_INCLUDE_ROOTS",
                target.display()
            ));
        }
        let same = |file: &&PathBuf| file.canonicalize().is_ok_and(|file| file == target);
        if self.stack.iter().any(|file| same(&file)) {
            return Err(format!("{} includes itself", target.display()));
        }
        if self.stack.len() > MAX_INCLUDE_DEPTH {
            return Err(format!(
                "more than {MAX_INCLUDE_DEPTH} files include each other"
            ));
        }
        if self.files >= MAX_FILES || self.bytes > MAX_TOTAL_BYTES {
            return Err(format!(
                "too much is included: at most {MAX_FILES} files and {MAX_TOTAL_BYTES} bytes together"
            ));
        }
        Ok(target)
    }

    fn complain(&mut self, at: &Node, path: &KeyPath, message: String) {
        let problem = Problem::error(path.key("$include").to_string(), message);
        self.problems.push(match self.sources.get(at.place.file) {
            Some(file) => problem.at(file, Some(at.place.line)),
            None => problem,
        });
    }
}

fn file_names(include: &Node) -> Option<Vec<String>> {
    match &include.kind {
        Kind::Scalar(Value::String(name)) => Some(vec![name.clone()]),
        Kind::List(items) => items
            .iter()
            .map(|item| item.to_value().as_str().map(str::to_owned))
            .collect(),
        Kind::Scalar(_) | Kind::Map(_) => None,
    }
}
