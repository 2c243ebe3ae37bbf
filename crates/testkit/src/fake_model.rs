//! A model server that speaks OpenAI chat completions and does as the last user text says.
//!
//! It is a real HTTP server, so it can do what a mocked function cannot: hang, cut a connection,
//! send half a chunk. What it answers is chosen by [`script`]; everything else about it is fixed,
//! so two runs of a test see the same bytes.

mod answer;
mod body;
mod check;
mod journal;
mod request;
pub mod script;
mod serve;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use journal::Journal;

/// The models `GET /v1/models` lists.
pub const MODELS: [&str; 2] = ["fake-1", "fake-2"];
/// What it says when the user text asks for nothing in particular.
pub const GREETING: &str = "Hello from the fake model.";
/// The key it refuses with 401; any other is accepted.
pub const WRONG_KEY: &str = "wrong";

/// A running fake. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct FakeModel {
    address: SocketAddr,
    journal: Arc<Journal>,
    server: JoinSet<()>,
}

impl FakeModel {
    /// Listens on a port the system chooses.
    ///
    /// # Errors
    /// When loopback cannot be listened on.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_on(0).await
    }

    /// Listens on this port.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_on(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.with_context(|| format!("cannot listen on port {port}"))?;
        let address = listener.local_addr()?;
        let journal = Arc::new(Journal::default());
        let mut server = JoinSet::new();
        server.spawn(serve::accept(listener, Arc::clone(&journal)));
        Ok(Self {
            address,
            journal,
            server,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a provider's `baseUrl`, `http://127.0.0.1:<port>/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How many chat completions were asked for, refused ones included.
    pub fn calls(&self) -> u64 {
        self.journal.calls()
    }

    /// How many are being answered now.
    pub fn open_calls(&self) -> u64 {
        self.journal.open()
    }

    /// The most that were being answered at one time.
    pub fn peak_calls(&self) -> u64 {
        self.journal.peak()
    }

    /// The last 256 request bodies, oldest first; a body that is not JSON is a string.
    pub fn requests(&self) -> Vec<Value> {
        self.journal.requests()
    }

    /// The last request body; `Null` before the first.
    pub fn last_request(&self) -> Value {
        self.requests().pop().unwrap_or_default()
    }

    /// Serves until the listener fails, for the program that is nothing but this server.
    pub async fn wait(&mut self) {
        while self.server.join_next().await.is_some() {}
    }
}
