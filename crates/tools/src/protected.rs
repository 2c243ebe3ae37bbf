//! What no tool may touch, whatever the settings say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files and folders no tool reads or writes: the state directory, the settings file.
///
/// A workspace inside a protected folder stays usable: the default workspace lies in the state
/// directory. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Protected {
    paths: Arc<[PathBuf]>,
}

impl Protected {
    /// Protects absolute paths; each covers everything below it. They need not be there yet.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            paths: paths.into_iter().collect(),
        }
    }

    /// The protected paths as given.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Whether `path` is covered, by text alone. Links and other spellings of the same file are
    /// recognised where it is opened.
    pub fn covers(&self, path: &Path, workspace: &Path) -> bool {
        self.paths.iter().any(|protected| {
            let contains_workspace = workspace.starts_with(protected) && workspace != protected;
            path.starts_with(protected) && !contains_workspace
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_inside_the_state_directory_stays_usable() {
        let state = Protected::new([PathBuf::from("/h/.openclaw")]);
        let covers = |path: &str, ws: &str| state.covers(Path::new(path), Path::new(ws));
        assert!(!covers(
            "/h/.openclaw/workspace/a",
            "/h/.openclaw/workspace"
        ));
        assert!(covers("/h/.openclaw/state.db", "/h"));
        assert!(covers("/h/.openclaw", "/h"));
        assert!(covers("/h/.openclaw/x", "/h/.openclaw"));
        assert!(!covers("/h/.openclaw-notes", "/h"));
    }
}
