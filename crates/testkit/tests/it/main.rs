//! The fakes keep their promises: a test that builds on them can trust them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod fake_model;
mod gateway;
mod wire;
