//! Which programs may run on a machine, and which only after a person said so.
//!
//! The rules are a file people can read, `exec-approvals.json`, the same on the gateway's machine
//! and on nodes. Source: gateway RPC methods, "Exec approvals"; security specification, R12 to R17.

mod carriers;
mod file;
mod program;
mod rules;
mod text;

pub use file::{ApprovalsFile, FileError, Held};
pub use program::{NoProgram, Program, SEARCH_PATH};
pub use rules::{AgentRules, Allowed, Ask, Defaults, ExecRules, Invalid, Judgement, Security};
pub use text::{MAX_COMMAND_BYTES, command_text, visible};
