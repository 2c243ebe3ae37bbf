//! What the house rules are is in `CONTRIBUTING.md`; here they are proved.

mod floors;
mod lines;
mod manifests;
mod names;
mod source;
mod tree;

use anyhow::Result;
use std::fmt;
use std::path::{Path, PathBuf};

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the workspace.
    pub file: PathBuf,
    /// The line, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// The rule and what to do.
    pub rule: String,
}

impl Problem {
    fn new(file: impl Into<PathBuf>, line: usize, rule: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.rule),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.rule),
        }
    }
}

/// All breaches in the workspace at `root`, sorted by place.
///
/// # Errors
/// When the tree or its manifests cannot be read.
pub fn problems(root: &Path) -> Result<Vec<Problem>> {
    let mut found = Vec::new();
    for file in tree::files(root)? {
        names::check_path(&file.path, &mut found);
        lines::check(&file, &mut found);
        if file.is("rs") {
            source::check(&file, &mut found);
        }
        if file.path.ends_with("Cargo.toml") {
            manifests::check(&file, &mut found);
        }
    }
    floors::check(root, &mut found)?;
    found.sort();
    Ok(found)
}
