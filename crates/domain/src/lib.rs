//! The nouns every floor shares.
//!
//! What: identifiers, messages and their parts, usage and money, the records of the session log,
//! outcomes of runs, and the ports that let floors meet without importing each other.
//! Who calls it: every crate of the gateway except `protocol` and `config`.
//! Never: does I/O, knows a wire format, reads a clock other than through [`Clock`].
//! Invariants: a [`Record`] written once is readable for ever; money is integer
//! micro-dollars; "not reported" is `None`, never zero.
//! Start reading at [`record`]: it lists everything that can happen in a session.

mod id;
pub mod ledger;
mod message;
mod money;
mod outcome;
pub mod record;
mod session;
pub mod stamp;
mod time;
mod tool;
mod turn;
mod usage;

pub use id::{
    AgentId, CallId, IdError, ModelId, ProviderId, RunId, SessionKey, ToolCallId, ToolName,
};
pub use ledger::{CallNote, Payer, Purse};
pub use message::{Blob, Message, Part, ProviderState, Role};
pub use money::{MicroUsd, Usd};
pub use outcome::{FailureKind, RunLimit, RunOutcome, StopReason};
pub use record::Record;
pub use session::{FastChoice, FastMode, SessionEntry};
pub use time::{Clock, SystemClock, UnixMillis};
pub use tool::{ToolCall, ToolChoice, ToolResult, ToolSpec};
pub use turn::{OnDisconnect, Origin, Sampling, Turn};
pub use usage::{TokenCount, Usage};
