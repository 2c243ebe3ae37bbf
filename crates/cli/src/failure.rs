//! Why a command failed, what to do about it, and the exit code.

mod call;

use config::{Problem, Problems};
use serde_json::{Value, json};
use std::fmt::Display;
use std::process::ExitCode;

/// What the process says at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok,
    /// It did not work.
    Failed,
    /// The command line is wrong.
    Usage,
    /// The settings are refused because they would leave the gateway open.
    Refused,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 78,
        })
    }
}

/// The class of a failure, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line, beyond what the parser can see.
    Usage,
    /// The settings.
    Config,
    /// Files, the database, the lock.
    State,
    /// No gateway answers, or not in time.
    Transport,
    /// The gateway said no.
    Request,
    /// Anything else.
    Other,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage_error",
            Self::Config => "config_error",
            Self::State => "state_error",
            Self::Transport => "gateway_transport_error",
            Self::Request => "gateway_request_error",
            Self::Other => "error",
        }
    }
}

/// A failed command. The message holds no secret; the fix is a command to type.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    kind: Kind,
    code: Option<String>,
    message: String,
    fix: Option<String>,
    details: Option<Box<Value>>,
    problems: Vec<String>,
    quiet: bool,
}

/// What to do when the settings are wrong.
const FIX_CONFIG: &str = "openclaw config validate";
/// What to do when no gateway runs.
const FIX_START: &str = "openclaw gateway run";

impl Failure {
    /// A failure with exit code 1, or 2 for [`Kind::Usage`].
    pub(crate) fn new(kind: Kind, message: impl Display) -> Self {
        Self {
            exit: if kind == Kind::Usage {
                Exit::Usage
            } else {
                Exit::Failed
            },
            kind,
            code: None,
            message: message.to_string(),
            fix: None,
            details: None,
            problems: Vec::new(),
            quiet: false,
        }
    }

    /// Files, the database, the lock: what failed, on what, and what the system said.
    pub(crate) fn file(verb: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            Kind::State,
            format!("cannot {verb} {}: {error}", path.display()),
        )
    }

    /// Adds the command to type next.
    #[must_use]
    pub(crate) fn fix(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    /// Adds the names that would have worked, where the gateway told them.
    #[must_use]
    pub(crate) fn fix_from(self, details: Option<&Value>) -> Self {
        let names = |key: &str| -> Option<Vec<&str>> {
            details?
                .get(key)?
                .as_array()?
                .iter()
                .map(Value::as_str)
                .collect()
        };
        match names("agents").or_else(|| names("available_models")) {
            Some(names) if !names.is_empty() => self.fix(format!("use {}", names.join(" or "))),
            Some(_) | None => self,
        }
    }

    /// Adds the code a program can branch on.
    #[must_use]
    pub(crate) fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// Adds facts for programs.
    #[must_use]
    pub(crate) fn details(mut self, details: Option<Value>) -> Self {
        self.details = details.map(Box::new);
        self
    }

    /// Whether a program would branch on `code`.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Ends the process with another code.
    #[must_use]
    pub(crate) fn exiting(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Settings that cannot be used, with all findings.
    pub(crate) fn settings(path: &std::path::Path, problems: &Problems) -> Self {
        let count = problems
            .0
            .iter()
            .filter(|problem| problem.is_error())
            .count();
        let noun = if count == 1 { "problem" } else { "problems" };
        let message = format!("{} has {count} {noun}", path.display());
        let mut failure = Self::new(Kind::Config, message).fix(FIX_CONFIG);
        failure.problems = problems.0.iter().map(ToString::to_string).collect();
        failure
    }

    /// Puts words in front of the message.
    #[must_use]
    pub(crate) fn because(mut self, words: &str) -> Self {
        self.message = format!("{words} {}", self.message);
        self
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether there is nothing to say, because nobody reads any more or all was said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// What went wrong, in one line.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The findings, one line each.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The command to type next.
    pub(crate) fn next(&self) -> Option<&str> {
        self.fix.as_deref()
    }

    /// `{"ok":false,"error":{…}}`. Source: configuration specification, section 7.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "type": self.kind.name(), "message": self.message });
        if let Some(members) = error.as_object_mut() {
            if let Some(code) = &self.code {
                members.insert("code".to_owned(), json!(code));
            }
            if let Some(fix) = &self.fix {
                members.insert("fix".to_owned(), json!(fix));
            }
            if let Some(details) = &self.details {
                members.insert("details".to_owned(), (**details).clone());
            }
            if !self.problems.is_empty() {
                members.insert("details".to_owned(), json!({ "problems": self.problems }));
            }
        }
        json!({ "ok": false, "error": error })
    }
}

impl From<std::io::Error> for Failure {
    /// For the terminal: when the reader has gone, as in `| head`, the command simply ends.
    fn from(error: std::io::Error) -> Self {
        let quiet = error.kind() == std::io::ErrorKind::BrokenPipe;
        let failure = Self::new(Kind::Other, format!("cannot write the result: {error}"));
        let exit = if quiet { Exit::Ok } else { Exit::Failed };
        Self { quiet, ..failure }.exiting(exit)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(Kind::Config, problem).fix(FIX_CONFIG)
    }
}

impl From<state::Error> for Failure {
    fn from(error: state::Error) -> Self {
        let failure = Self::new(Kind::State, &error);
        if let state::Error::Locked { .. } = error {
            failure.code("LOCKED").fix("openclaw gateway stop")
        } else {
            failure.fix("openclaw doctor")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_the_end_and_no_failure() {
        let failure = Failure::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert!(failure.is_quiet());
        assert_eq!(failure.exit(), Exit::Ok);
        let failure = Failure::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
        assert!(!failure.is_quiet());
        assert_eq!(failure.exit(), Exit::Failed);
    }

    #[test]
    fn json_has_the_documented_shape() {
        let failure = Failure::new(Kind::Transport, "no")
            .code("TIMEOUT")
            .fix("wait");
        let expected = json!({
            "ok": false,
            "error": {
                "type": "gateway_transport_error", "message": "no", "code": "TIMEOUT", "fix": "wait"
            }
        });
        assert_eq!(failure.to_json(), expected);
    }
}
