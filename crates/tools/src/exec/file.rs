//! The rules as a file: `exec-approvals.json` in the state directory, mode 0600.

use super::rules::{Allowed, ExecRules, Invalid};
use config::edit::{self, WriteError};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The file with the rules.
#[derive(Debug)]
pub struct ApprovalsFile {
    path: PathBuf,
    turn: Mutex<()>,
}

/// What the file holds at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The rules.
    pub rules: ExecRules,
    /// Whether there is a file; without one the defaults hold.
    pub exists: bool,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
}

/// Why the file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It holds no rules; nothing may run until it does.
    #[error("{}: {why}; repair it or remove it", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The new rules are none.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The edit did not start from what is there.
    #[error("exec approvals changed since last load; re-run exec.approvals.get and retry")]
    Stale,
    /// The edit does not say what it started from.
    #[error("exec approvals base hash required; re-run exec.approvals.get and retry")]
    NoBase,
    /// The file system refused.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl ApprovalsFile {
    /// The file of a state directory.
    pub fn of(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join("exec-approvals.json"),
            turn: Mutex::default(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds now. A file that cannot be understood is an error, never a default.
    ///
    /// # Errors
    /// [`FileError::Broken`], [`FileError::Io`].
    pub fn read(&self) -> Result<Held, FileError> {
        let text = match self.text() {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Held {
                    rules: ExecRules::default(),
                    exists: false,
                    hash: edit::hash(""),
                });
            }
            Err(source) => return Err(self.io(source)),
        };
        let broken = |why: String| FileError::Broken {
            path: self.path.clone(),
            why,
        };
        let value: Value =
            serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let rules = ExecRules::read(value).map_err(|error| broken(error.to_string()))?;
        Ok(Held {
            rules,
            exists: true,
            hash: edit::hash(&text),
        })
    }

    /// Puts other rules in their place; `base` is the hash of those they were made from.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn replace(&self, file: Value, base: Option<&str>) -> Result<Held, FileError> {
        let mut rules = ExecRules::read(file)?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // A broken file can be replaced by somebody who says that they know it.
        let (exists, hash, old) = match self.read() {
            Ok(held) => (held.exists, held.hash, Some(held.rules)),
            Err(FileError::Broken { .. }) => (
                true,
                edit::hash(&self.text().map_err(|it| self.io(it))?),
                None,
            ),
            Err(error) => return Err(error),
        };
        match base {
            None if exists => return Err(FileError::NoBase),
            Some(base) if base != hash => return Err(FileError::Stale),
            None | Some(_) => {}
        }
        keep_socket(&mut rules, old.as_ref());
        self.write(rules, exists.then_some(hash.as_str()))
    }

    /// Adds a line to an agent's list.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn allow(&self, agent: &str, line: &Allowed) -> Result<Held, FileError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = self.read()?;
        held.rules.allow(agent, line.clone());
        self.write(held.rules, held.exists.then_some(held.hash.as_str()))
    }

    fn write(&self, mut rules: ExecRules, base: Option<&str>) -> Result<Held, FileError> {
        rules.name_lines();
        let text =
            serde_json::to_string_pretty(&rules).map_err(|error| Invalid(error.to_string()))?;
        edit::write(&self.path, &text, base).map_err(|error| match error {
            WriteError::Changed { .. } => FileError::Stale,
            WriteError::Io { path, source } => FileError::Io { path, source },
            other => self.io(io::Error::other(other)),
        })?;
        Ok(Held {
            rules,
            exists: true,
            hash: edit::hash(&text),
        })
    }

    fn text(&self) -> io::Result<String> {
        let size = std::fs::metadata(&self.path)?.len();
        if size > MAX_FILE {
            let why = format!("it is larger than {MAX_FILE} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        std::fs::read_to_string(&self.path)
    }

    fn io(&self, source: io::Error) -> FileError {
        FileError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

impl Held {
    /// The rules as they are shown: without the secret of a helper's socket.
    pub fn shown(&self) -> Value {
        let mut file =
            serde_json::to_value(&self.rules).unwrap_or_else(|_| json!({ "version": 1 }));
        if let Some(socket) = file.get_mut("socket").and_then(Value::as_object_mut) {
            socket.remove("token");
        }
        file
    }
}

/// What was not shown is kept.
fn keep_socket(rules: &mut ExecRules, old: Option<&ExecRules>) {
    let token = old
        .and_then(|it| it.rest.get("socket"))
        .and_then(|it| it.get("token"));
    if let (Some(token), Some(socket)) = (
        token,
        rules.rest.get_mut("socket").and_then(Value::as_object_mut),
    ) {
        socket.entry("token").or_insert_with(|| token.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::{ApprovalsFile, FileError};
    use crate::exec::Allowed;
    use serde_json::json;

    #[test]
    fn two_editors_do_not_overwrite_each_other() {
        let home = tempfile::tempdir().unwrap();
        let file = ApprovalsFile::of(home.path());
        let fresh = file.read().unwrap();
        assert!(!fresh.exists);
        let rules = json!({ "version": 1, "agents": { "main": { "allowlist": [{ "pattern": "/usr/bin/true" }] } } });
        let first = file.replace(rules.clone(), Some(&fresh.hash)).unwrap();
        assert!(first.shown()["agents"]["main"]["allowlist"][0]["id"].is_string());
        assert!(matches!(
            file.replace(rules.clone(), Some(&fresh.hash)),
            Err(FileError::Stale)
        ));
        assert!(matches!(
            file.replace(rules.clone(), None),
            Err(FileError::NoBase)
        ));
        let line = Allowed {
            pattern: "true".to_owned(),
            ..Allowed::default()
        };
        let second = file.allow("main", &line).unwrap();
        assert_eq!(file.allow("main", &line).unwrap(), second);
        assert_eq!(file.read().unwrap(), second);
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(file.path()).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_file_allows_nothing_and_a_hidden_token_stays() {
        let home = tempfile::tempdir().unwrap();
        let file = ApprovalsFile::of(home.path());
        std::fs::write(file.path(), "{ not json").unwrap();
        assert!(matches!(file.read(), Err(FileError::Broken { .. })));
        std::fs::write(
            file.path(),
            r#"{"version":1,"socket":{"path":"/s","token":"t"}}"#,
        )
        .unwrap();
        let held = file.read().unwrap();
        assert_eq!(held.shown()["socket"], json!({ "path": "/s" }));
        let held = file.replace(held.shown(), Some(&held.hash)).unwrap();
        assert_eq!(held.rules.rest["socket"]["token"], "t");
    }
}
