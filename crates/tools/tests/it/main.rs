//! The tools as an agent meets them: calls in, results out, on real folders.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must stop")]

mod confinement;
mod files;
mod place;
mod policy;
#[cfg(target_os = "linux")]
mod race;
mod search;
mod toolbox;
