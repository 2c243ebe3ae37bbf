//! Failures of calls: what a person can do about each.

use super::{FIX_START, Failure, Kind};
use client::ClientError;
use serde_json::{Value, json};

/// What to do when a certificate is not trusted.
const FIX_TRUST: &str = "name the certificate of its issuer, e.g. SSL_CERT_FILE=/path/to/ca.pem before the command, \
                         or trust it on this machine; where no TLS is spoken use ws://";

/// What to do when the gateway shows the certificate of an authority, as `openssl req -x509` makes it.
const FIX_AUTHORITY: &str = "an authority's certificate cannot stand for a machine: make the gateway's again with \
                             -addext basicConstraints=critical,CA:FALSE";

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let text = error.to_string();
        match error {
            ClientError::BadAddress { .. } => Self::new(Kind::Usage, text)
                .fix("write it like ws://127.0.0.1:18789 or wss://gateway.example.com"),
            ClientError::Unreachable { .. } => Self::new(Kind::Transport, text)
                .code("UNREACHABLE")
                .fix(FIX_START),
            ClientError::Untrusted { reason, .. } => Self::new(Kind::Transport, text)
                .code("UNTRUSTED")
                .fix(if reason.contains("CaUsedAsEndEntity") {
                    FIX_AUTHORITY
                } else {
                    FIX_TRUST
                }),
            ClientError::Unauthorized { code, .. } => Self::new(Kind::Request, text)
                .code(&code)
                .details(Some(json!({ "code": code })))
                .fix(match code.as_str() {
                    "AUTH_DEVICE_TOKEN_MISMATCH" | "AUTH_SCOPE_MISMATCH" => {
                        "pair this device again: repeat the command, then approve it on the gateway's machine with: openclaw devices list"
                    }
                    _ => "pass --token, or --password, with the secret of that gateway",
                }),
            ClientError::PairingRequired {
                request_id, reason, ..
            } => {
                let approve = request_id.as_deref().unwrap_or("<REQUEST>");
                let details =
                    json!({ "code": "PAIRING_REQUIRED", "requestId": request_id, "reason": reason });
                Self::new(Kind::Request, text)
                    .code("PAIRING_REQUIRED")
                    .details(Some(details))
                    .fix(format!(
                        "on the gateway's machine: openclaw devices approve {approve}; then repeat the command"
                    ))
            }
            ClientError::Closed { .. } => Self::new(Kind::Transport, text)
                .code("CLOSED")
                .fix("openclaw gateway status"),
            ClientError::Device { .. } => Self::new(Kind::State, text)
                .code("DEVICE")
                .fix("openclaw doctor"),
            ClientError::RateLimited { retry_after, .. } => {
                let wait = retry_after.map_or("a minute".to_owned(), |delay| {
                    format!("{} seconds", delay.as_secs().max(1))
                });
                Self::new(Kind::Request, text)
                    .code("RATE_LIMITED")
                    .fix(format!("wait {wait}, then try again"))
            }
            ClientError::Refused { code, details, .. } => refused(&text, &code, details),
            ClientError::TimedOut { address, .. } => Self::new(Kind::Transport, text)
                .code("TIMEOUT")
                .fix(if address.starts_with("wss:") {
                    "raise --timeout; where no TLS is spoken use ws://"
                } else {
                    "raise --timeout, or look at: openclaw gateway status"
                }),
            ClientError::Protocol { .. } => Self::new(Kind::Transport, text)
                .code("PROTOCOL")
                .fix("openclaw gateway status"),
            other => Self::new(Kind::Other, other),
        }
    }
}

/// What the gateway said no to. The finer of its codes is the one to branch on.
fn refused(text: &str, code: &str, details: Option<Value>) -> Failure {
    let finer = details
        .as_ref()
        .and_then(|details| details.get("code")?.as_str());
    let code = finer.unwrap_or(code).to_owned();
    let mut failure = Failure::new(Kind::Request, text).fix_from(details.as_ref());
    if code == "MISSING_SCOPE" {
        failure =
            failure.fix("use the gateway's own token, or let an operator with more rights do it");
    } else if code == "METHOD_NOT_FOUND" || text.starts_with("unknown method") {
        failure = failure.fix("openclaw gateway probe --json lists the methods there are");
    } else if text.starts_with("invalid ") && text.contains(" params:") {
        failure = failure.fix("docs/reference/methods.md says what each method takes");
    }
    if !code.is_empty() {
        failure = failure.code(&code);
    }
    failure.details(details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_that_are_not_trusted_have_a_remedy() {
        for (reason, part) in [
            ("invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
            (
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                "CA:FALSE",
            ),
        ] {
            let failure = Failure::from(ClientError::Untrusted {
                address: "wss://box".to_owned(),
                reason: reason.to_owned(),
            });
            assert!(failure.has_code("UNTRUSTED"));
            assert!(
                failure.next().unwrap_or_default().contains(part),
                "{reason}"
            );
        }
    }

    #[test]
    fn an_unknown_device_is_told_who_approves_it_and_how() {
        let failure = Failure::from(ClientError::PairingRequired {
            address: "ws://10.0.0.5:18789".to_owned(),
            request_id: Some("r-1".to_owned()),
            reason: "not-paired".to_owned(),
            message: "pairing required: device is not approved yet".to_owned(),
            wait: false,
        });
        let next = failure.next().unwrap_or_default();
        assert!(next.contains("openclaw devices approve r-1"), "{next}");
        let details =
            json!({ "code": "PAIRING_REQUIRED", "requestId": "r-1", "reason": "not-paired" });
        assert_eq!(failure.to_json().pointer("/error/details"), Some(&details));
    }
}
