//! Rust client of the gateway's own protocol.
//!
//! What: typed calls of the methods in `protocol`, over the WebSocket with events, reconnecting and
//! device keys ([`ws`]), or one by one over HTTP ([`client`]); the readiness probe.
//! Who calls it: `cli` with its terminal UI and its node host, and tests that speak to a running
//! gateway.
//! Never: imports the server; follows a redirect or a proxy; puts a secret into an address, an
//! error or a log; sends a secret without TLS over public networks.
//! Invariants: every call ends within its time limit; an answer is read up to a fixed size; every
//! queue has a bound; an error says what the caller can do about it.
//! Start reading at [`ws`].

pub mod backoff;
pub mod client;
pub mod device;
pub mod endpoint;
pub mod error;
mod exchange;
mod stream;
mod tls;
pub mod ws;

pub use backoff::Backoff;
pub use client::{Client, Readiness};
pub use device::DeviceIdentity;
pub use endpoint::{Credential, Endpoint};
pub use error::ClientError;
