//! A settings file after reading: includes merged, environment filled in, a place for every key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::include::Loader;
use crate::locate::{ConfigFile, Format};
use crate::node::{Kind, Node};
use crate::path::KeyPath;
use crate::substitute::substitute;
use crate::{Env, Problem, Problems, dotenv, parse, permissions};

/// How [`Document::load`] reads.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The state directory, whose `.env` adds variables. `None` reads no `.env`.
    pub state_dir: Option<PathBuf>,
    /// Take the rights of other users off the settings file, `.env` and the state directory,
    /// and report it as a warning.
    pub tighten: bool,
}

impl LoadOptions {
    /// What a gateway wants at start: `.env` of the state directory, rights tightened.
    pub fn for_gateway(state_dir: &Path) -> Self {
        Self {
            state_dir: Some(state_dir.to_owned()),
            tighten: true,
        }
    }
}

/// The content of a settings file of any shape.
#[derive(Clone)]
pub struct Document {
    top: Node,
    value: Value,
    raw: Value,
    sources: Vec<PathBuf>,
    warnings: Vec<Problem>,
    env: Env,
    hashes: BTreeMap<PathBuf, Option<String>>,
}

impl Document {
    /// Reads `file`, merges what it includes, and fills `${NAME}` in.
    ///
    /// A missing file is an empty document whose source is the path where it would be.
    /// Variables come from `env`, then `.env` of the state directory, then the document's own
    /// `env` section; earlier ones win. A missing variable is a warning and its text stays.
    ///
    /// # Errors
    /// Every file that cannot be read or parsed and every include that is not allowed, at once.
    pub fn load(file: &ConfigFile, env: &Env, opts: &LoadOptions) -> Result<Self, Problems> {
        let mut warnings = Vec::new();
        if opts.tighten {
            let dotenv = opts.state_dir.as_ref().map(|dir| dir.join(".env"));
            let paths = [
                opts.state_dir.as_deref(),
                dotenv.as_deref(),
                Some(&file.path),
            ];
            warnings.extend(paths.into_iter().flatten().filter_map(permissions::tighten));
        }
        let exists = file.path.try_exists().unwrap_or(true);
        let text = if exists {
            Some(parse::read(&file.path)?)
        } else {
            None
        };
        Self::build(file, text.as_deref(), env, opts, warnings)
    }

    /// Reads `text` as if it were the content of a file at `path`; includes are relative to it.
    ///
    /// For checking an edit before it is written.
    ///
    /// # Errors
    /// As [`Document::load`].
    pub fn from_text(
        path: &Path,
        text: &str,
        format: Format,
        env: &Env,
        opts: &LoadOptions,
    ) -> Result<Self, Problems> {
        let file = ConfigFile {
            path: path.to_owned(),
            format,
            exists: true,
        };
        Self::build(&file, Some(text), env, opts, Vec::new())
    }

    /// A document without keys, files or variables.
    pub fn empty() -> Self {
        Self {
            top: Node::empty(),
            value: Node::empty().to_value(),
            raw: Node::empty().to_value(),
            sources: Vec::new(),
            warnings: Vec::new(),
            env: Env::default(),
            hashes: BTreeMap::new(),
        }
    }

    fn build(
        file: &ConfigFile,
        text: Option<&str>,
        env: &Env,
        opts: &LoadOptions,
        mut warnings: Vec<Problem>,
    ) -> Result<Self, Problems> {
        let mut env = env.clone();
        let mut loader = Loader::new(&file.path, &env);
        let mut top = if let Some(text) = text {
            loader.expand_text(&file.path, text, file.format)
        } else {
            loader.sources.push(file.path.clone());
            loader.hashes.insert(file.path.clone(), None);
            Node::empty()
        };
        if !matches!(top.kind, Kind::Map(_)) {
            let message = format!("settings are an object, not {}", top.type_name());
            loader
                .problems
                .push(Problem::error("", message).at(&file.path, Some(top.place.line)));
        }
        let problems = Problems(loader.problems);
        if problems.has_errors() {
            return Err(problems);
        }
        warnings.extend(problems.0);
        let mut variables = None;
        if let Some(dir) = &opts.state_dir {
            let added = dotenv::add(dir, &mut env);
            warnings.extend(added.warnings);
            variables = added.read;
        }
        let raw = top.to_value();
        add_own_variables(&raw, &mut env);
        let (mut sources, mut hashes) = (loader.sources, loader.hashes);
        if let Some(text) = variables {
            sources.push(text.path.clone());
            hashes.insert(text.path, Some(text.hash));
        }
        top.for_each_string(&mut |path, place, text| {
            let filled = substitute(text, &env);
            for name in filled.missing {
                let message = format!("environment variable {name} is not set");
                let problem = Problem::warning(path.to_string(), message);
                warnings.push(match sources.get(place.file) {
                    Some(file) => problem.at(file, Some(place.line)),
                    None => problem,
                });
            }
            *text = filled.text;
        });
        Ok(Self {
            value: top.to_value(),
            top,
            raw,
            sources,
            warnings,
            env,
            hashes,
        })
    }

    /// The settings with variables filled in. May contain secrets that were written inline.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The settings with includes merged and `${NAME}` as written.
    pub fn raw(&self) -> &Value {
        &self.raw
    }

    /// Every file that was read, the top one first; watch these.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    /// What should be looked at although the document can be used.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The variables the document was filled in from: process, `.env`, its own `env` section.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Hash of the top file's text as it was read, for [`crate::edit::write`]; nothing if it was missing.
    pub fn hash(&self) -> Option<&str> {
        self.hashes.get(self.sources.first()?)?.as_deref()
    }

    /// Hash of every file as it was read.
    pub(crate) fn source_hashes(&self) -> &BTreeMap<PathBuf, Option<String>> {
        &self.hashes
    }

    /// An error about the key at `path`, with its file and line.
    pub fn error(&self, path: &str, message: impl Into<String>) -> Problem {
        self.place(Problem::error(path, message))
    }

    /// A warning about the key at `path`, with its file and line.
    pub fn warning(&self, path: &str, message: impl Into<String>) -> Problem {
        self.place(Problem::warning(path, message))
    }

    fn place(&self, problem: Problem) -> Problem {
        let path = KeyPath::parse(&problem.path).unwrap_or_default();
        self.place_at(problem, self.top.nearest(&path))
    }

    pub(crate) fn place_at(&self, problem: Problem, node: &Node) -> Problem {
        match self.sources.get(node.place.file) {
            Some(file) => problem.at(file, Some(node.place.line)),
            None => problem,
        }
    }

    pub(crate) fn top(&self) -> &Node {
        &self.top
    }
}

impl std::fmt::Debug for Document {
    /// Names the files only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// Adds `env.vars.<NAME>` and `env.<NAME>`; never replaces a variable.
fn add_own_variables(raw: &Value, env: &mut Env) {
    let section = raw.get("env");
    let groups = [section.and_then(|section| section.get("vars")), section];
    for (name, value) in groups
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flatten()
    {
        if let (true, Value::String(text)) = (Env::is_name(name), value) {
            let filled = substitute(text, env);
            // A variable made of one that is missing would look as if it had a value.
            if filled.missing.is_empty() {
                env.add_missing(name, &filled.text);
            }
        }
    }
}
