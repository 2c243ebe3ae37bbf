//! Turns into answers.
//!
//! What: agents from the settings, their workspaces and prompts, the context folded from the session
//! log, lanes, the run loop with its limits, cancellation and recovery after a crash.
//! Who calls it: `gateway`, through [`Agents`].
//! Never: knows HTTP or WebSocket; writes a provider's wire format.
//! Invariants: a turn is on disk before anybody hears of its run; every run ends in exactly one
//! [`domain::RunOutcome`]; a tool call that was started is never started again.
//! Start reading at [`run`](mod@run): it is the loop.

mod agents;
mod approval;
pub mod config;
mod context;
mod error;
mod feed;
mod lane;
mod limits;
mod permit;
mod prompt;
mod recovery;
mod roster;
mod run;
mod session_key;
mod shared;
mod step;
mod submit;
mod tap;
pub mod workspace;

pub use agents::{Agents, Deps};
pub use approval::{Approver, AskFor, Nobody};
pub use config::AgentsSettings;
pub use error::SubmitError;
pub use feed::{Feed, RunEvent, RunReport};
pub use recovery::Recovered;
pub use roster::{Agent, Roster, RosterDefaults, UnknownAgent};
pub use run::Preview;
pub use session_key::{SessionKeyError, expand, is_one_off, is_reserved, owner};
pub use submit::{Submission, Submitted};
pub use tap::{Deaf, Happened, Notice, Tap};
