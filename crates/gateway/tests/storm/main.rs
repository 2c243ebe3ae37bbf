//! Proofs that take many calls: run apart from the other tests, so that neither disturbs the other.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod money;
#[path = "../it/site.rs"]
#[expect(dead_code, reason = "most of the fixture is for the other tests")]
mod site;
