//! The door, tried from outside with raw bytes on real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod bodies;
mod deadlines;
mod framing;
mod guard;
mod life;
mod login;
mod permits;
mod raw;
mod rig;
