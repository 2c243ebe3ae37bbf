//! The crate as its users see it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails; clippy.toml knows only functions marked as tests"
)]

mod catalog;
mod fake;
mod golden;
mod offline;
mod quirks;
mod refusals;
mod repair;
mod said;
mod settings;
mod sse;
mod transport;
