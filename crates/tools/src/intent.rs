//! What a call would do, told before it is done.

use domain::ToolName;
use std::path::PathBuf;

/// What a call would do. Policy judges this, never the raw arguments.
///
/// Empty lists mean "nothing of the kind": a tool that leaves out what it will do has a bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The tool that would run.
    pub tool: ToolName,
    /// Paths it would read, as the model wrote them; relative ones are below the workspace.
    pub reads: Vec<PathBuf>,
    /// Paths it would create or change, written the same way.
    pub writes: Vec<PathBuf>,
    /// The program it would start with its arguments, program first; empty for none.
    pub argv: Vec<String>,
    /// Hosts it would connect to.
    pub hosts: Vec<String>,
}

impl Intent {
    /// A call of `tool` that touches nothing outside the gateway.
    pub fn nothing(tool: &str) -> Self {
        Self {
            tool: ToolName::new(tool),
            reads: Vec::new(),
            writes: Vec::new(),
            argv: Vec::new(),
            hosts: Vec::new(),
        }
    }

    /// The same, and it reads `path`.
    #[must_use]
    pub fn reading(mut self, path: impl Into<PathBuf>) -> Self {
        self.reads.push(path.into());
        self
    }

    /// The same, and it creates or changes `path`.
    #[must_use]
    pub fn writing(mut self, path: impl Into<PathBuf>) -> Self {
        self.writes.push(path.into());
        self
    }
}
