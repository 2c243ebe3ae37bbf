//! Agents over a real store, with scripted models.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets something else must stop and say so"
)]

mod approval;
mod cache;
mod crash;
mod fifty;
mod house;
mod money;
mod routing;
mod scripted;
mod search;
mod tap;
mod window;
