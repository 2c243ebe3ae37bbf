//! The WebSocket protocol, tried from outside.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod browsers;
pub(crate) mod client;
mod crowd;
mod handshake;
mod life;
mod requests;
