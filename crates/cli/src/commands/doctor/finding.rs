//! One thing the doctor found.

use serde_json::{Value, json};
use std::fmt::Display;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// As it should be.
    Fine,
    /// It works, but look at it.
    Warning,
    /// It does not work.
    Error,
}

/// One thing the doctor found, with the command that repairs it.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn fine(check: &'static str, message: impl Display) -> Self {
        Self {
            check,
            level: Level::Fine,
            message: message.to_string(),
            fix: None,
        }
    }

    pub(super) fn warning(check: &'static str, message: impl Display) -> Self {
        Self {
            level: Level::Warning,
            ..Self::fine(check, message)
        }
    }

    pub(super) fn error(check: &'static str, message: impl Display) -> Self {
        Self {
            level: Level::Error,
            ..Self::fine(check, message)
        }
    }

    /// Adds the command to type.
    pub(super) fn fix(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    pub(super) fn to_text(&self) -> String {
        let level = match self.level {
            Level::Fine => "ok     ",
            Level::Warning => "warning",
            Level::Error => "error  ",
        };
        let fix = self
            .fix
            .as_ref()
            .map(|fix| format!("\n         fix: {fix}"))
            .unwrap_or_default();
        format!("{level}  {}: {}{fix}", self.check, self.message)
    }

    pub(super) fn to_json(&self) -> Value {
        let level = match self.level {
            Level::Fine => "ok",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        json!({ "check": self.check, "level": level, "message": self.message, "fix": self.fix })
    }
}
