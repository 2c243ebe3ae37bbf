//! What is wrong with a settings file, where, and what was probably meant.

use std::fmt;
use std::path::{Path, PathBuf};

/// Whether a [`Problem`] stops the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The settings cannot be used.
    Error,
    /// The settings can be used; a person should look.
    Warning,
}

/// One finding. Prints as `gateway.prot: unknown key (openclaw.json:3); did you mean "port"?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stops the load.
    pub severity: Severity,
    /// Dotted key, e.g. `agents.list[0].id`; empty when the finding is about the whole file.
    pub path: String,
    /// What is wrong: lowercase, no full stop, never a secret.
    pub message: String,
    /// The file that contains the key.
    pub file: Option<PathBuf>,
    /// Line in `file`, counted from 1.
    pub line: Option<u32>,
    /// The known name that is nearest to what was written.
    pub suggestion: Option<String>,
}

impl Problem {
    /// A finding that stops the load.
    pub fn error(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            path: path.into(),
            message: message.into(),
            file: None,
            line: None,
            suggestion: None,
        }
    }

    /// A finding that a person should look at.
    pub fn warning(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(path, message)
        }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, file: &Path, line: Option<u32>) -> Self {
        self.file = Some(file.to_owned());
        self.line = line;
        self
    }

    /// Adds the nearest known name.
    #[must_use]
    pub fn suggesting(mut self, name: Option<String>) -> Self {
        self.suggestion = name;
        self
    }

    /// Whether it stops the load.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(file) = &self.file {
            let name = file.file_name().unwrap_or(file.as_os_str());
            write!(f, " ({}", name.display())?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            f.write_str(")")?;
        }
        if let Some(name) = &self.suggestion {
            write!(f, "; did you mean \"{name}\"?")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// Everything that is wrong, at once. Prints one finding per line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Whether one of them stops the load.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Problem::is_error)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
