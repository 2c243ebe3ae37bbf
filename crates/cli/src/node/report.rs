//! What a person at the node's terminal reads.

use crate::failure::Failure;
use crate::screen;
use client::ClientError;
use client::ws::Connection;
use protocol::methods::nodes::NodePairResolved;
use std::time::Duration;

/// The gateway let this node in. Programs wait for this line.
pub(super) fn connected(connection: &Connection) -> Result<(), Failure> {
    screen::say(format_args!(
        "node host gateway connected: {}",
        connection.address()
    ))
}

/// The gateway is not there, or does not let this node in yet.
pub(super) fn lost(error: &ClientError, wait: Duration) {
    let seconds = wait.as_secs().max(1);
    screen::note(format_args!("{error}; next attempt in {seconds} s"));
    if let ClientError::PairingRequired { request_id, .. } = error {
        let request = request_id.as_deref().unwrap_or("<requestId>");
        screen::note(format_args!(
            "fix: on the gateway's machine: openclaw devices approve {request}"
        ));
    }
}

/// Somebody decided about the commands of this node.
pub(super) fn resolved(payload: &str) {
    if let Ok(resolved) = serde_json::from_str::<NodePairResolved>(payload) {
        screen::note(format_args!(
            "the commands of this node were {}",
            resolved.decision
        ));
    }
}
