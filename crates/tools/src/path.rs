//! Paths as models write them, read once into a form that cannot leave the workspace.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// Longest accepted path in bytes.
const MAX_PATH_BYTES: usize = 4096;
/// Longest accepted name of one file or folder in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Why a text is not a path in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing was given.
    #[error("the path is empty; give a path relative to the workspace, such as notes/today.md")]
    Empty,
    /// A byte no file system accepts.
    #[error("the path contains a NUL character; leave it out")]
    Nul,
    /// More bytes than the limits.
    #[error("the path or one of its names is too long; use a shorter one")]
    TooLong,
    /// A step up.
    #[error("the path {path:?} contains \"..\"; write it from the workspace down, without \"..\"")]
    StepsUp {
        /// The path as given.
        path: PathBuf,
    },
    /// An absolute path elsewhere.
    #[error("the path {path:?} is outside the workspace; use a path relative to the workspace")]
    Outside {
        /// The path as given.
        path: PathBuf,
    },
}

/// A path below the workspace: plain names only, no `..`, no root. No names means the workspace.
///
/// Nothing in it is expanded or decoded: `~`, `@` and `%2e` are ordinary characters of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspacePath {
    names: Vec<OsString>,
}

impl WorkspacePath {
    /// The workspace itself.
    pub fn root() -> Self {
        Self { names: Vec::new() }
    }

    /// Reads a path. Absolute ones are accepted when they begin with `workspace`.
    ///
    /// # Errors
    /// [`PathError`] says which rule was broken and what to write instead.
    pub fn parse(path: &Path, workspace: &Path) -> Result<Self, PathError> {
        let bytes = path.as_os_str().as_encoded_bytes();
        if bytes.is_empty() {
            return Err(PathError::Empty);
        }
        if bytes.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if bytes.contains(&0) {
            return Err(PathError::Nul);
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(PathError::StepsUp {
                path: path.to_owned(),
            });
        }
        let below = if path.has_root() {
            path.strip_prefix(workspace)
                .map_err(|_| PathError::Outside {
                    path: path.to_owned(),
                })?
        } else {
            path
        };
        let mut names = Vec::new();
        for part in below.components() {
            match part {
                Component::Normal(name) if name.len() > MAX_NAME_BYTES => {
                    return Err(PathError::TooLong);
                }
                Component::Normal(name) => names.push(name.to_owned()),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(PathError::Outside {
                        path: path.to_owned(),
                    });
                }
            }
        }
        Ok(Self { names })
    }

    /// The folder's names and the last name, `None` for the workspace itself.
    pub fn split(&self) -> Option<(&[OsString], &OsStr)> {
        self.names
            .split_last()
            .map(|(last, folder)| (folder, last.as_os_str()))
    }

    /// All names, from the workspace down.
    pub fn names(&self) -> &[OsString] {
        &self.names
    }

    /// The absolute path this means, by text alone.
    pub fn below(&self, workspace: &Path) -> PathBuf {
        let mut full = workspace.to_owned();
        full.extend(&self.names);
        full
    }
}

impl std::fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.names.is_empty() {
            return f.write_str(".");
        }
        let path: PathBuf = self.names.iter().collect();
        write!(f, "{}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, PathError> {
        WorkspacePath::parse(Path::new(text), Path::new("/ws")).map(|path| path.to_string())
    }

    #[test]
    fn stays_below_the_workspace() {
        assert_eq!(parse("a/./b//c/"), Ok("a/b/c".to_owned()));
        assert_eq!(parse("."), Ok(".".to_owned()));
        assert_eq!(parse("/ws/a"), Ok("a".to_owned()));
        assert_eq!(parse("/ws"), Ok(".".to_owned()));
        assert_eq!(parse(""), Err(PathError::Empty));
        assert_eq!(parse("a\0b"), Err(PathError::Nul));
        assert_eq!(parse(&"x".repeat(256)), Err(PathError::TooLong));
        assert_eq!(parse(&"x/".repeat(2049)), Err(PathError::TooLong));
        for outside in ["/etc/passwd", "/ws-evil/x", "/"] {
            assert_eq!(
                parse(outside),
                Err(PathError::Outside {
                    path: outside.into()
                })
            );
        }
        for up in ["..", "../ws-evil/x", "a/../b", "/ws/../etc"] {
            assert_eq!(parse(up), Err(PathError::StepsUp { path: up.into() }));
        }
    }

    #[test]
    fn nothing_is_expanded_or_decoded() {
        for literal in ["~/x", "@/etc/passwd", "%252e%252e%252f", "${HOME}"] {
            assert_eq!(parse(literal).unwrap().trim_end_matches('/'), literal);
        }
    }
}
