//! Rust client of the gateway's own protocol.
//!
//! What: typed calls of the methods in `protocol` over HTTP, and the readiness probe.
//! Who calls it: `cli`, and tests that speak to a running gateway.
//! Never: imports the server; follows a redirect or a proxy; puts a secret into an address, an
//! error or a log.
//! Invariants: every call ends within its time limit; an answer is read up to a fixed size; an
//! error says what the caller can do about it.
//! Start reading at [`client`].

pub mod client;
pub mod endpoint;
pub mod error;
mod exchange;

pub use client::{Client, Readiness};
pub use endpoint::Endpoint;
pub use error::ClientError;
