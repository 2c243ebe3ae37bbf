//! Nodes: machines that connect to run commands. Which there are, what each may do, and the way of
//! a command to a node and back. Source: gateway RPC methods, "Nodes"; WebSocket protocol, section 10.

mod book;
pub mod config;
mod hear;
mod invoke;
mod kept;
mod pairing;
mod record;
mod rules;
mod system_run;

pub use config::{NodeCommandsSettings, NodePairingSettings, NodesSettings};
pub(crate) use invoke::Asked;

use crate::approvals::Desk;
use crate::error::ApiError;
use crate::ws::{Hub, Link};
use book::Book;
use domain::{Clock, UnixMillis};
use invoke::Flights;
use kept::Kept;
use protocol::ErrorCode;
use rules::CommandRules;
use serde_json::json;
use state::Documents;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::warn;

/// The nodes of this gateway.
pub(crate) struct Nodes {
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    hub: Arc<Hub>,
    desk: Arc<Desk>,
    rules: CommandRules,
    book: Mutex<Book>,
    /// Held while something is decided and written, so that the store sees changes in their order.
    writing: tokio::sync::Mutex<()>,
    flights: Flights,
    kept: Mutex<Kept>,
}

impl Nodes {
    /// Reads what is known of nodes. Records that cannot be understood are left out and named in
    /// the log; their nodes ask again.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn open(
        documents: Arc<dyn Documents>,
        desk: &Arc<Desk>,
        settings: &NodesSettings,
    ) -> Result<Self, state::Error> {
        let mut book = Book::default();
        for document in documents.documents(record::KIND).await? {
            match serde_json::from_str(&document.text) {
                Ok(record) => drop(book.records.insert(document.id, record)),
                Err(error) => {
                    warn!(node.id = %document.id, %error, "a node's record is not readable");
                }
            }
        }
        Ok(Self {
            documents,
            clock: Arc::clone(desk.clock()),
            hub: Arc::clone(desk.hub()),
            desk: Arc::clone(desk),
            rules: CommandRules::new(settings),
            book: Mutex::new(book),
            writing: tokio::sync::Mutex::default(),
            flights: Flights::default(),
            kept: Mutex::default(),
        })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Changes are put in whole, so a panic elsewhere does not spoil the book.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> UnixMillis {
        self.clock.now()
    }
}

/// The node a connection is.
///
/// # Errors
/// For connections without a device key, which cannot be told apart.
fn node_of(link: Option<&Arc<Link>>) -> Result<&str, ApiError> {
    link.and_then(|link| link.device.as_deref()).ok_or_else(|| {
        ApiError::invalid("a node is known by its device key; connect with `device`")
    })
}

fn unknown_node() -> ApiError {
    ApiError::invalid("unknown nodeId").with_reason("unknown_node")
}

fn not_connected() -> ApiError {
    ApiError::new(ErrorCode::Unavailable, "node not connected")
        .with_details(json!({ "code": "NOT_CONNECTED" }))
}

fn pairing_changed() -> ApiError {
    ApiError::new(
        ErrorCode::Unavailable,
        "node pairing changed while invocation was active",
    )
    .with_details(json!({ "code": "PAIRING_CHANGED" }))
}
