//! Agents over a real store, with scripted models.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets something else must stop and say so"
)]

mod crash;
mod house;
