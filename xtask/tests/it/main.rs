//! The house rules: this repository keeps them, and each of them can be broken.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must stop"
)]

mod breaches;
mod generated;
mod this_repository;
