//! What survives: the session log, the run queue, leases, idempotency keys, money.
//!
//! What: traits by purpose ([`SessionLog`], [`RunQueue`], [`Leases`], [`Sessions`], [`Metering`],
//! [`Cooldowns`], [`Responses`], [`Health`]), bundled as [`State`], and their SQLite implementation;
//! on top of it the [`Ledger`], which grants and books what calls to models cost.
//! Who calls it: `agent` for conversations, `llm` for money through [`domain::Purse`], `gateway` for
//! lists, health and reports.
//! Never: knows what a record means to an agent; holds a secret.
//! Invariants: a future that returned `Ok` is on disk (`synchronous=FULL`); `seq` has no gaps
//! within a session; a write with an outdated [`Fence`] changes nothing; projections are
//! updated in the transaction of the append that changes them; a granted reservation survives the
//! process, and no budget is exceeded by any interleaving of calls.
//! Start reading at [`queue`]: it is how a turn becomes durable.

pub mod conformance;
pub mod cooldowns;
mod directory;
pub mod documents;
mod error;
pub mod health;
pub mod lease;
pub mod ledger;
pub mod lock;
pub mod log;
pub mod metering;
pub mod queue;
pub mod responses;
pub mod sessions;
pub mod sqlite;

pub use cooldowns::Cooldowns;
pub use documents::{Document, Documents};
pub use error::Error;
pub use health::Health;
pub use lease::{Fence, Lease, Leases};
pub use ledger::Ledger;
pub use lock::{GatewayLock, LockInfo};
pub use log::{Appended, Recorded, Seq, SessionLog};
pub use metering::{CallRow, GroupBy, Metering, Spending, UsageGroup, UsageTotals};
pub use queue::{Admission, Admitted, Claim, Draft, IdempotencyKey, RunQueue, RunRow, RunStatus};
pub use responses::{Responses, StoredResponse};
pub use sessions::{LastRun, SessionFilter, SessionPage, SessionRow, Sessions};

use std::sync::Arc;

/// Everything that survives, as one bundle of trait objects. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The session log.
    pub log: Arc<dyn SessionLog>,
    /// Turns waiting for and under execution.
    pub queue: Arc<dyn RunQueue>,
    /// Named locks with fences.
    pub leases: Arc<dyn Leases>,
    /// Lists of sessions.
    pub sessions: Arc<dyn Sessions>,
    /// What models used.
    pub metering: Arc<dyn Metering>,
    /// Credentials that rest.
    pub cooldowns: Arc<dyn Cooldowns>,
    /// Small records.
    pub documents: Arc<dyn Documents>,
    /// Answers that clients may ask for again.
    pub responses: Arc<dyn Responses>,
    /// Whether writes work.
    pub health: Arc<dyn Health>,
}
