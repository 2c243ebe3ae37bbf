//! What can go wrong with a call, named after what the caller can do.

use std::time::Duration;

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address cannot be used. The text does not repeat it, because it may hold a secret.
    #[error("cannot use the gateway address: {reason}")]
    BadAddress {
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing answers there: start the gateway or name another address.
    #[error("no gateway answers at {address}: {reason}")]
    Unreachable {
        /// The address.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The certificate of what answers there is not trusted, or no TLS is spoken: trust its issuer,
    /// or use another address.
    #[error("no trusted connection to {address}: {reason}")]
    Untrusted {
        /// The address.
        address: String,
        /// What was wrong with the certificate or the handshake.
        reason: String,
    },
    /// The gateway wants another token or password.
    #[error("the gateway at {address} refused the credential: {message}")]
    Unauthorized {
        /// The address.
        address: String,
        /// The gateway's code, e.g. `AUTH_TOKEN_MISMATCH`.
        code: String,
        /// What the gateway said.
        message: String,
    },
    /// The gateway does not know this device yet: approve it there.
    #[error("the gateway at {address} does not know this device yet: {message}")]
    PairingRequired {
        /// The address.
        address: String,
        /// The request to approve, when the gateway named it.
        request_id: Option<String>,
        /// `not-paired`, `role-upgrade`, `scope-upgrade` or `metadata-upgrade`.
        reason: String,
        /// What the gateway said.
        message: String,
        /// Whether the gateway asks to try again without being told.
        wait: bool,
    },
    /// Too many requests or failed logins: wait.
    #[error("the gateway asks to wait: {message}")]
    RateLimited {
        /// How long, when the gateway said so.
        retry_after: Option<Duration>,
        /// What the gateway said.
        message: String,
    },
    /// The gateway understood the call and said no.
    #[error("{message}")]
    Refused {
        /// HTTP status; absent over the WebSocket.
        status: Option<u16>,
        /// The gateway's code, e.g. `INVALID_REQUEST`; empty when it gave none.
        code: String,
        /// What the gateway said.
        message: String,
        /// Facts for programs.
        details: Option<serde_json::Value>,
    },
    /// The answer did not arrive in time. The gateway may still be at work.
    #[error("no answer from {address} within {} ms", limit.as_millis())]
    TimedOut {
        /// The address.
        address: String,
        /// The time limit.
        limit: Duration,
    },
    /// The connection was closed. The gateway may still be at work on what was asked.
    #[error("the connection to {address} was closed{}", because(*code, reason))]
    Closed {
        /// The address.
        address: String,
        /// The close code, when one was sent.
        code: Option<u16>,
        /// Why, in the gateway's words or ours; may be empty.
        reason: String,
    },
    /// The key of this device, or the tokens it was given, cannot be read or kept.
    #[error("cannot use the device key in {path}: {reason}")]
    Device {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What answered does not speak this protocol, or the connection broke in the middle.
    #[error("unexpected answer from {address}: {reason}")]
    Protocol {
        /// The address.
        address: String,
        /// What was wrong.
        reason: String,
    },
}

fn because(code: Option<u16>, reason: &str) -> String {
    match (code, reason) {
        (None, "") => String::new(),
        (None, reason) => format!(": {reason}"),
        (Some(code), "") => format!(" ({code})"),
        (Some(code), reason) => format!(" ({code}): {reason}"),
    }
}
