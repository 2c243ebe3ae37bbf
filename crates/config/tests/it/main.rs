//! The crate as its callers see it: files in, settings and findings out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should stop; JSON has no kinds to come"
)]

mod editing;
mod home;
mod includes;
mod loading;
mod mutations;
mod redaction;
mod round_trip;
#[cfg(unix)]
mod secrets;
mod shapes;
mod validation;
mod watching;
mod writing;
