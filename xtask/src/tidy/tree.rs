//! The files the rules are about.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing written by us.
const FOREIGN: &[&str] = &[
    "target",
    "node_modules",
    "dist",
    ".git",
    ".venv",
    "__pycache__",
];

/// Endings of files people write and read.
const TEXT: &[&str] = &[
    "rs", "toml", "md", "json", "json5", "yaml", "yml", "js", "mjs", "ts", "css", "html", "py",
    "sh", "sql", "txt",
];

/// Names of such files that have no ending.
const TEXT_NAMES: &[&str] = &["Makefile", "run", "Dockerfile"];

/// A text file of the tree.
pub(super) struct File {
    /// Its path from the workspace.
    pub(super) path: PathBuf,
    /// Its content.
    pub(super) text: String,
}

impl File {
    /// Whether the name ends in this.
    pub(super) fn is(&self, ending: &str) -> bool {
        self.path.extension().is_some_and(|found| found == ending)
    }

    /// The lines with their numbers, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }
}

/// All text files below `root`, in a fixed order.
pub(super) fn files(root: &Path) -> Result<Vec<File>> {
    let mut found = Vec::new();
    collect(root, root, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<File>) -> Result<()> {
    let told = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(told)? {
        let entry = entry.with_context(told)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type().with_context(told)?;
        if kind.is_dir() {
            if !FOREIGN.contains(&name.as_ref()) {
                collect(root, &entry.path(), into)?;
            }
        } else if kind.is_file() && is_text(&name) {
            let path = entry.path();
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            // Test inputs may hold any bytes on purpose; the rules are about text.
            if let Ok(text) = String::from_utf8(bytes) {
                let path = path.strip_prefix(root).unwrap_or(&path).to_owned();
                into.push(File { path, text });
            }
        }
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    // The lock file is written by cargo.
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    TEXT_NAMES.contains(&name) || ending.is_some_and(|ending| TEXT.contains(&ending))
}
