//! A model server that speaks five wires and does as the last user text says.
//!
//! It is a real HTTP server, so it can do what a mocked function cannot: hang, cut a connection,
//! send half a chunk. What it answers is chosen by [`script`]; it refuses what the real services
//! refuse ([`crate::wire_check`]), counts tokens by a simple rule, keeps a prompt cache like
//! theirs and writes a bill. The same requests in the same order get the same bytes.
//!
//! Some keys are refused: [`WRONG_KEY`], [`LIMITED_KEY`] (`limited-7`: try again after 7 s) and
//! [`BROKE_KEY`]; also with `-` and anything behind the last two.

mod answer;
mod asked;
mod bill;
mod body;
mod cache;
mod clock;
mod embed;
mod fail;
mod journal;
mod play;
mod prompt;
mod read;
mod saying;
pub mod script;
mod serve;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use bill::{Charge, Price, Used};
pub use journal::Seen;
pub use wire::Wire;

use world::World;

/// The models `GET /v1/models` lists.
pub const MODELS: [&str; 2] = ["fake-1", "fake-2"];
/// The model that makes vectors.
pub const EMBEDDER: &str = "fake-embed";
/// What it says when the user text asks for nothing in particular.
pub const GREETING: &str = "Hello from the fake model.";
/// The key it refuses with 401 (Gemini: 400, as the service does).
pub const WRONG_KEY: &str = "wrong";
/// The key it refuses with 429 and `Retry-After`.
pub const LIMITED_KEY: &str = "limited";
/// The key it refuses with 402 (Gemini: 403) for want of credit.
pub const BROKE_KEY: &str = "broke";

/// What `fake-1` costs; `fake-2` costs nothing.
pub const FAKE_1: Price = Price {
    input: 1_000_000,
    output: 2_000_000,
    cache_read: 100_000,
    cache_write: 1_250_000,
};
/// What [`EMBEDDER`] costs.
pub const EMBEDDER_PRICE: Price = Price {
    input: 20_000,
    output: 0,
    cache_read: 0,
    cache_write: 0,
};

/// A running fake. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct FakeModel {
    address: SocketAddr,
    world: Arc<World>,
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
        let world = Arc::new(World::new());
        let mut server = JoinSet::new();
        server.spawn(serve::accept(listener, Arc::clone(&world)));
        Ok(Self {
            address,
            world,
            server,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as the `baseUrl` of a provider that speaks chat completions,
    /// `http://127.0.0.1:<port>/v1`.
    pub fn base_url(&self) -> String {
        self.base_url_of(Wire::Chat)
    }

    /// Its address as the `baseUrl` of a provider that speaks this wire.
    pub fn base_url_of(&self, wire: Wire) -> String {
        format!("http://{}{}", self.address, wire.base())
    }

    /// How many calls there were on all wires, refused ones included.
    pub fn calls(&self) -> u64 {
        self.world.journal.calls()
    }

    /// How many of them came over this wire; `/v1/embeddings` counts as chat completions.
    pub fn calls_on(&self, wire: Wire) -> u64 {
        self.world.journal.calls_on(wire)
    }

    /// How many are being answered now.
    pub fn open_calls(&self) -> u64 {
        self.world.journal.open()
    }

    /// The most that were being answered at one time.
    pub fn peak_calls(&self) -> u64 {
        self.world.journal.peak()
    }

    /// The last 256 request bodies, oldest first; a body that is not JSON is a string.
    pub fn requests(&self) -> Vec<Value> {
        self.world.journal.requests()
    }

    /// The last 256 requests, oldest first, with their wires, paths and keys.
    pub fn seen(&self) -> Vec<Seen> {
        self.world.journal.seen()
    }

    /// The last request body; `Null` before the first.
    pub fn last_request(&self) -> Value {
        self.requests().pop().unwrap_or_default()
    }

    /// Sets the price of a model from the next call on; a model that was unknown exists now.
    pub fn set_price(&self, model: &str, price: Price) {
        self.world.bill.set_price(model, price);
    }

    /// Refuses longer prompts of this model from now on, in tokens. Ollama's wire never refuses.
    pub fn set_window(&self, model: &str, tokens: u64) {
        self.world.set_window(model, tokens);
    }

    /// What all calls cost, in micro-dollars. A call is on the bill before its client can read
    /// what is charged.
    pub fn bill(&self) -> i64 {
        self.world.bill.total()
    }

    /// The part of the bill for calls that told no usage, such as cut ones.
    pub fn unreported(&self) -> i64 {
        self.world.bill.unreported()
    }

    /// The bill by model.
    pub fn bill_by_model(&self) -> BTreeMap<String, i64> {
        self.world.bill.by_model()
    }

    /// The last 131,072 charges, oldest first.
    pub fn charges(&self) -> Vec<Charge> {
        self.world.bill.charges()
    }

    /// Moves its clock on, so that what its cache keeps grows old.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Forgets requests, charges, cached prompts and failures; prices and windows stay.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Serves until the listener fails, for the program that is nothing but this server.
    pub async fn wait(&mut self) {
        while self.server.join_next().await.is_some() {}
    }
}
