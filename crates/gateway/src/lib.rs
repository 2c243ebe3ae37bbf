//! The server and the composition root.
//!
//! What: [`Gateway::build`] wires every crate below into one running whole; listeners and
//! authentication ([`net`]), the HTTP dialects ([`http`]), the services behind them, the life of the
//! process.
//! Who calls it: `cli`, to serve or to run one turn without a server.
//! Never: contains agent behaviour; lets a dialect reach past [`services`].
//! Invariants: no request is handled before it passed the guard and, unless its route is open,
//! authentication; errors for clients are made in [`error`] only.
//! Start reading at [`lifecycle`].

mod apply;
mod approvals;
pub mod compose;
pub mod error;
mod events;
pub mod http;
pub mod identity;
pub mod lifecycle;
mod load;
pub mod logs;
pub mod net;
pub mod nodes;
mod reload;
mod repeat;
mod rpc;
mod runtime;
pub mod services;
pub mod settings;
mod start_error;
pub mod token;
mod ws;

pub use compose::{AssetView, Assets, Boot, Gateway, Overrides};
pub use error::ApiError;
pub use lifecycle::{ExitReport, Greeting, Shutdown};
pub use runtime::{Runtime, Snapshot};
pub use services::Services;
pub use settings::Settings;
pub use start_error::StartError;
pub use ws::{Inside, Rhythm};
