//! From the first word of a command to the file that would run.

use std::path::{Path, PathBuf};

/// Folders in which programs are looked for, whatever the environment says.
pub const SEARCH_PATH: &[&str] = &[
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/homebrew/bin",
];

/// A program that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it was found, links in its folder resolved; the file itself keeps its name, because
    /// some programs are several by their name.
    pub path: PathBuf,
    /// The file behind every link.
    pub real: PathBuf,
}

/// Why there is no program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProgram {
    /// The word names no file that may be run.
    #[error("there is no program {name:?} in {searched}", searched = SEARCH_PATH.join(":"))]
    Unknown {
        /// The word.
        name: String,
    },
    /// The word is a path, but not from the root.
    #[error("{name:?} is not an absolute path; give the program's name or its whole path")]
    Relative {
        /// The word.
        name: String,
    },
    /// The word is not the name of a program.
    #[error("{name:?} is not the name of a program")]
    Odd {
        /// The word.
        name: String,
    },
}

impl Program {
    /// Finds the program a word names: in [`SEARCH_PATH`], or at an absolute path.
    ///
    /// # Errors
    /// [`NoProgram`].
    pub fn find(word: &str) -> Result<Self, NoProgram> {
        let name = || word.chars().take(128).collect();
        let odd = word.is_empty()
            || word.starts_with('-')
            || word.contains('=')
            || word.trim() != word
            || word.chars().any(char::is_control);
        if odd {
            return Err(NoProgram::Odd { name: name() });
        }
        let unknown = || NoProgram::Unknown { name: name() };
        if !word.contains('/') {
            let mut folders = SEARCH_PATH.iter();
            return folders
                .find_map(|folder| Self::at(&Path::new(folder).join(word)))
                .ok_or_else(unknown);
        }
        if !word.starts_with('/') {
            return Err(NoProgram::Relative { name: name() });
        }
        Self::at(Path::new(word)).ok_or_else(unknown)
    }

    fn at(path: &Path) -> Option<Self> {
        let real = path.canonicalize().ok()?;
        let meta = std::fs::metadata(&real).ok()?;
        if !meta.is_file() || !may_run(&meta) {
            return None;
        }
        let folder = path.parent()?.canonicalize().ok()?;
        Some(Self {
            path: folder.join(path.file_name()?),
            real,
        })
    }
}

#[cfg(unix)]
fn may_run(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn may_run(_meta: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::{NoProgram, Program};
    use std::path::Path;

    #[test]
    fn programs_are_found_by_name_and_by_whole_path_only() {
        let sh = Program::find("sh").unwrap();
        assert_eq!(sh.path.file_name(), Some("sh".as_ref()));
        assert!(Program::find(sh.path.to_str().unwrap()).is_ok());
        let odd = |it: &str| matches!(Program::find(it), Err(NoProgram::Odd { .. }));
        assert!(odd("") && odd("-c") && odd("A=b") && odd("sh ") && odd("s\nh"));
        let relative = Program::find("./sh");
        assert!(matches!(relative, Err(NoProgram::Relative { .. })));
        let nowhere = Program::find("/etc/passwd");
        assert!(matches!(nowhere, Err(NoProgram::Unknown { .. })));
        assert!(Path::new("/").is_dir() && Program::find("/").is_err());
    }
}
