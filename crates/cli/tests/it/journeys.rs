//! Whole stories on the real program: a first day, a hundred deaths, and what they cost.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something else must stop and say so"
)]

mod crash;
mod first_day;
#[cfg(target_os = "linux")]
mod full_disk;
mod money;

use std::path::Path;
use std::process::{Command, Output};

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_openclaw");

/// Runs the program on a home, with nothing else in its environment.
pub(crate) fn openclaw(root: &Path, state_dir: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .env_clear()
        .env("HOME", root)
        .env("OPENCLAW_STATE_DIR", state_dir)
        .output()
        .unwrap()
}
