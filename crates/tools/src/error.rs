//! Why a call did not do what was asked, in words for the model.

use crate::PathError;
use std::io;

/// Why a call failed. The text is read by the model: what went wrong and what to try.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The arguments are not what the tool takes.
    #[error("cannot read the arguments: {detail}; expected a JSON object with {expected}")]
    Arguments {
        /// Where and why reading stopped.
        detail: String,
        /// The fields the tool takes.
        expected: String,
    },
    /// The path cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Policy said no.
    #[error("not allowed: {reason}")]
    Denied {
        /// Why, and what would change it.
        reason: String,
    },
    /// Nothing is there.
    #[error("{path} is not there; list its folder with ls to see what is")]
    NotFound {
        /// The path below the workspace.
        path: String,
    },
    /// Something else is there.
    #[error("{path} is {found}, not {wanted}; choose another path")]
    WrongKind {
        /// The path below the workspace.
        path: String,
        /// What is there, e.g. `a folder`.
        found: &'static str,
        /// What the tool needs, e.g. `a regular file`.
        wanted: &'static str,
    },
    /// The file has other names, so it may belong to somebody else.
    #[error("{path} has more than one name (hard link) and is not opened; copy it to a new file")]
    Linked {
        /// The path below the workspace.
        path: String,
    },
    /// The path belongs to the gateway itself.
    #[error("{path} belongs to the gateway and is closed to tools; choose another path")]
    Protected {
        /// The path below the workspace.
        path: String,
    },
    /// More bytes than the tool handles.
    #[error("{what} has {size} bytes, more than the limit of {limit}; work on a smaller piece")]
    TooLarge {
        /// The file, or `the content`.
        what: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Not text.
    #[error("{path} is not UTF-8 text ({size} bytes); this tool works on text files only")]
    NotText {
        /// The path below the workspace.
        path: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The range asked for is beyond the end.
    #[error("{path} has {lines} lines; offset {offset} is beyond the end")]
    BeyondEnd {
        /// The path below the workspace.
        path: String,
        /// How many lines there are.
        lines: usize,
        /// The line asked for, counted from 1.
        offset: usize,
    },
    /// The edit does not fit the file.
    #[error("cannot edit {path}: {why}")]
    NoEdit {
        /// The path below the workspace.
        path: String,
        /// Why, and what to try.
        why: String,
    },
    /// Somebody else changed the file meanwhile.
    #[error("{path} was changed by someone else meanwhile; read it again and repeat")]
    Changed {
        /// The path below the workspace.
        path: String,
    },
    /// The machine refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, e.g. `read`.
        action: &'static str,
        /// The path below the workspace.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The run was cancelled before the tool began.
    #[error("the run was cancelled before {tool} began; nothing was done")]
    Cancelled {
        /// The tool.
        tool: String,
    },
    /// A fault of the tool itself.
    #[error("the tool {tool} failed by a fault of its own; whether it did anything is unknown")]
    Faulty {
        /// The tool.
        tool: String,
    },
}
