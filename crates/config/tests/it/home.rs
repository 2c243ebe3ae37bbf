//! A state directory of its own for a test, with an environment of its own.

use std::path::{Path, PathBuf};

use config::{ConfigFile, Document, Env, LoadOptions, Problems, locate};

/// A temporary state directory. Gone when dropped.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// A home with `openclaw.json` in it.
    pub(crate) fn with(text: &str) -> Self {
        let home = Self::new();
        home.write("openclaw.json", text);
        home
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn env(&self) -> Env {
        let state = self.path().display().to_string();
        let own = [("OPENCLAW_STATE_DIR".to_owned(), state)];
        self.variables.iter().cloned().chain(own).collect()
    }

    pub(crate) fn file(&self) -> ConfigFile {
        let env = self.env();
        let dir = locate::state_dir(&env, None).unwrap();
        locate::config_file(&env, &dir).unwrap()
    }

    pub(crate) fn load(&self) -> Result<Document, Problems> {
        let options = LoadOptions {
            state_dir: Some(self.path()),
            tighten: false,
        };
        Document::load(&self.file(), &self.env(), &options)
    }
}

/// Findings as text, with the temporary folder taken out.
pub(crate) fn lines(problems: &[config::Problem], home: &Path) -> Vec<String> {
    let folder = format!("{}/", home.display());
    problems
        .iter()
        .map(|problem| problem.to_string().replace(&folder, ""))
        .collect()
}
