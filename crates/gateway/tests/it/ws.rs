//! The WebSocket protocol, tried from outside.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

pub(crate) mod client;
mod handshake;
mod requests;
