//! Whole stories on the real program: a first day, a hundred deaths, and what they cost.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something else must stop and say so"
)]

mod crash;
#[cfg(target_os = "linux")]
mod crowd;
mod first_day;
#[cfg(target_os = "linux")]
mod full_disk;
mod money;

use client::Endpoint;
use client::ws::{Connection, Options};
use protocol::{ClientProgram, Scope};
use std::path::Path;
use std::process::{Command, Output};
use testkit::GatewayProcess;

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_openclaw");

/// A WebSocket to the gateway, as the owner's command line.
pub(crate) async fn socket(gateway: &GatewayProcess) -> Connection {
    let url = format!("ws://{}", gateway.address());
    let endpoint = Endpoint::parse(&url, Some(gateway.token().into())).unwrap();
    let client = ClientProgram {
        id: "cli".to_owned(),
        version: "test".to_owned(),
        platform: "linux".to_owned(),
        mode: "cli".to_owned(),
        ..ClientProgram::default()
    };
    let options = Options {
        scopes: vec![Scope::Read, Scope::Write],
        ..Options::new(endpoint, client)
    };
    Connection::open(options).await.unwrap().0
}

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
