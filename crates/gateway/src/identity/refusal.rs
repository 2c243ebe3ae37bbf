//! What a client hears that is not let in. Source: WebSocket protocol, sections 4 to 12 and 19.

use super::door::Rejected;
use super::proof::ProofFault;
use crate::error::ApiError;
use crate::net::UnknownScope;
use crate::ws::Close;
use protocol::{FrameError, Protocol};
use serde_json::{Value, json};
use std::time::Duration;

/// Why a `connect` is refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A scope nobody knows.
    Scope(UnknownScope),
    /// No version in common.
    Protocol { min: u32, max: u32 },
    /// Neither operator nor node.
    Role,
    /// A browser's client without the page it belongs to.
    OriginMissing,
    /// Neither a device nor a secret.
    DeviceRequired,
    /// The Control UI without a device.
    UiDeviceRequired,
    /// A wrong credential, or none.
    Unauthorized(Unauthorized),
    /// A device that did not prove its key.
    Proof(ProofFault),
    /// A device nobody has approved.
    Unpaired(Box<Unpaired>),
    /// The store failed.
    Store(ApiError),
}

/// A wrong credential, or none.
#[derive(Debug)]
pub(super) struct Unauthorized {
    pub(super) why: Why,
    /// Where the client can put the right secret.
    pub(super) hint: Hint,
    /// Whether its device token may open where its token did not.
    pub(super) may_retry_with_device_token: bool,
}

/// Which credential, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    TokenMissing,
    TokenMismatch,
    PasswordMissing,
    PasswordMismatch,
    DeviceToken,
    DeviceTokenScopes,
    SetupCode,
    UserNotAllowed,
    NoUser,
    LockedOut(Duration),
}

/// Who is told where to put the right secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// A program on this machine.
    Here,
    /// A program on another one.
    Elsewhere,
    /// A browser.
    Browser,
}

/// A device that must be approved first.
#[derive(Debug)]
pub(super) struct Unpaired {
    pub(super) reason: Reason,
    /// `None` when no more requests are kept.
    pub(super) request: Option<String>,
    pub(super) device: String,
    pub(super) role: &'static str,
    pub(super) scopes: Vec<String>,
    /// Roles and scopes it has been approved for, if it is known.
    pub(super) approved: Option<(Vec<String>, Vec<String>)>,
    /// Whether its client waits by itself.
    pub(super) waits: bool,
}

/// Why a device must be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    NotPaired,
    RoleUpgrade,
    ScopeUpgrade,
    MetadataUpgrade,
}

impl Reason {
    /// On the wire: its name, what it means, what its owner does.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NotPaired => (
                "not-paired",
                "device is not approved yet",
                "Approve this device from the pending pairing requests.",
            ),
            Self::RoleUpgrade => (
                "role-upgrade",
                "device is asking for a higher role than currently approved",
                "Review the requested role upgrade, then approve the pending request.",
            ),
            Self::ScopeUpgrade => (
                "scope-upgrade",
                "device is asking for more scopes than currently approved",
                "Review the requested scopes, then approve the pending upgrade.",
            ),
            Self::MetadataUpgrade => (
                "metadata-upgrade",
                "device identity changed and must be re-approved",
                "Review the refreshed device details, then approve the pending request.",
            ),
        }
    }
}

impl Refusal {
    /// In the shape of a version.
    pub(super) fn told(self, protocol: Protocol) -> Rejected {
        match self {
            Self::Scope(unknown) => invalid(format!(
                "invalid connect params: at /scopes: {unknown}; known scopes are listed in the documentation"
            )),
            Self::Protocol { min, max } => Rejected {
                close: Close::new(1002, "protocol mismatch"),
                ..with_details(
                    "protocol mismatch",
                    json!({
                        "code": "PROTOCOL_MISMATCH", "clientMinProtocol": min,
                        "clientMaxProtocol": max, "expectedProtocol": 4, "minimumProbeProtocol": 3,
                    }),
                )
            },
            Self::Role => invalid("invalid role"),
            Self::OriginMissing => with_details(
                "origin not allowed (open the Control UI from the gateway host or allow it in \
                 gateway.controlUi.allowedOrigins)",
                json!({
                    "code": "CONTROL_UI_ORIGIN_NOT_ALLOWED",
                    "reason": "origin missing or invalid",
                }),
            ),
            Self::DeviceRequired => not_paired(
                "device identity required",
                json!({ "code": "DEVICE_IDENTITY_REQUIRED" }),
                "device identity required".into(),
            ),
            Self::UiDeviceRequired => with_details(
                "control ui requires device identity (use HTTPS or localhost secure context)",
                json!({ "code": "CONTROL_UI_DEVICE_IDENTITY_REQUIRED" }),
            ),
            Self::Unauthorized(it) => it.told(),
            Self::Proof(fault) => {
                let (message, code, reason) = fault.words();
                with_details(message, json!({ "code": code, "reason": reason }))
            }
            Self::Unpaired(it) => it.told(protocol),
            Self::Store(error) => unavailable(error),
        }
    }
}

impl Unauthorized {
    fn told(self) -> Rejected {
        let why = self.why;
        let (message, code, reason) = why.words(self.hint);
        let retry = self.may_retry_with_device_token && matches!(why, Why::TokenMismatch);
        let next = match why {
            _ if retry => "retry_with_device_token",
            Why::TokenMissing | Why::PasswordMissing => "update_auth_configuration",
            Why::TokenMismatch | Why::PasswordMismatch | Why::DeviceToken => {
                "update_auth_credentials"
            }
            Why::DeviceTokenScopes | Why::SetupCode | Why::UserNotAllowed | Why::NoUser => {
                "review_auth_configuration"
            }
            Why::LockedOut(_) => "wait_then_retry",
        };
        let mut rejected = with_details(
            format!("unauthorized: {message}"),
            json!({
                "code": code, "authReason": reason, "canRetryWithDeviceToken": retry,
                "recommendedNextStep": next,
            }),
        );
        if let (Why::LockedOut(wait), Some(error)) = (why, &mut rejected.error) {
            error.retryable = Some(true);
            error.retry_after_ms = u64::try_from(wait.as_millis()).ok();
        }
        rejected
    }
}

impl Why {
    /// The message after `unauthorized: `, `details.code` and `details.authReason`.
    fn words(self, hint: Hint) -> (String, &'static str, &'static str) {
        let hinted = |what: &str, field: &str| match hint {
            Hint::Here => {
                format!("gateway {field} {what} (use this gateway's gateway.auth.{field})")
            }
            Hint::Elsewhere => format!(
                "gateway {field} {what} (set gateway.remote.{field} to match gateway.auth.{field})"
            ),
            Hint::Browser => {
                format!("gateway {field} {what} (enter it in the settings of the Control UI)")
            }
        };
        match self {
            Self::TokenMissing => (
                hinted("missing", "token"),
                "AUTH_TOKEN_MISSING",
                "token_missing",
            ),
            Self::TokenMismatch => (
                hinted("mismatch", "token"),
                "AUTH_TOKEN_MISMATCH",
                "token_mismatch",
            ),
            Self::PasswordMissing => (
                hinted("missing", "password"),
                "AUTH_PASSWORD_MISSING",
                "password_missing",
            ),
            Self::PasswordMismatch => (
                hinted("mismatch", "password"),
                "AUTH_PASSWORD_MISMATCH",
                "password_mismatch",
            ),
            Self::DeviceToken => (
                "device token mismatch (rotate/reissue device token)".into(),
                "AUTH_DEVICE_TOKEN_MISMATCH",
                "device_token_mismatch",
            ),
            Self::DeviceTokenScopes => (
                "device token scope mismatch (re-pair or approve scope upgrade)".into(),
                "AUTH_SCOPE_MISMATCH",
                "scope_mismatch",
            ),
            Self::SetupCode => (
                "setup code invalid, expired, revoked, or already used (make a new one on the gateway)"
                    .into(),
                "AUTH_BOOTSTRAP_TOKEN_INVALID",
                "bootstrap_token_invalid",
            ),
            Self::UserNotAllowed => (
                "the user is not in gateway.auth.trustedProxy.allowUsers".into(),
                "AUTH_UNAUTHORIZED",
                "trusted_proxy_user_not_allowed",
            ),
            Self::NoUser => (
                "the trusted proxy names no user (see gateway.auth.trustedProxy)".into(),
                "AUTH_IDENTITY_HEADER_REQUIRED",
                "trusted_proxy_user_missing",
            ),
            Self::LockedOut(_) => (
                "too many failed authentication attempts (retry later)".into(),
                "AUTH_RATE_LIMITED",
                "rate_limited",
            ),
        }
    }
}

impl Unpaired {
    fn told(self, protocol: Protocol) -> Rejected {
        let (reason, text, remedy) = self.reason.words();
        let Some(request) = self.request else {
            let message = "pairing required: too many devices wait for approval; approve or reject \
                           some with `openclaw devices list`";
            let details = json!({ "code": "PAIRING_REQUIRED", "reason": reason });
            return not_paired(message, details, message.into());
        };
        match protocol {
            Protocol::V3 => {
                let details = json!({
                    "code": "PAIRING_REQUIRED", "requestId": request, "reason": reason,
                });
                not_paired("pairing required", details, "pairing required".into())
            }
            Protocol::V4 => {
                let message = format!("pairing required: {text}");
                let mut details = json!({
                    "code": "PAIRING_REQUIRED", "reason": reason, "requestId": request,
                    "remediationHint": remedy, "deviceId": self.device,
                    "requestedRole": self.role,
                });
                let mut set = |name: &str, value: Value| {
                    if let Some(fields) = details.as_object_mut() {
                        fields.insert(name.into(), value);
                    }
                };
                if !self.scopes.is_empty() {
                    set("requestedScopes", json!(self.scopes));
                }
                if let Some((roles, scopes)) = self.approved {
                    set("approvedRoles", json!(roles));
                    set("approvedScopes", json!(scopes));
                }
                if self.waits {
                    set("recommendedNextStep", json!("wait_then_retry"));
                    set("retryable", json!(true));
                    set("pauseReconnect", json!(false));
                }
                let close = format!("{message} (requestId: {request})");
                not_paired(&message, details, close)
            }
        }
    }
}

fn unavailable(error: ApiError) -> Rejected {
    Rejected {
        close: Close::new(1013, error.message.clone()),
        error: Some(FrameError {
            code: "UNAVAILABLE".into(),
            message: error.message,
            retryable: Some(true),
            retry_after_ms: Some(1_000),
            details: error.details,
        }),
    }
}

fn invalid(message: impl Into<String>) -> Rejected {
    let message = message.into();
    Rejected {
        close: Close::new(1008, message.clone()),
        error: Some(FrameError {
            code: "INVALID_REQUEST".into(),
            message,
            ..FrameError::default()
        }),
    }
}

fn with_details(message: impl Into<String>, details: Value) -> Rejected {
    let mut rejected = invalid(message);
    if let Some(error) = &mut rejected.error {
        error.details = Some(details);
    }
    rejected
}

fn not_paired(message: &str, details: Value, close: String) -> Rejected {
    Rejected {
        close: Close::new(1008, close),
        error: Some(FrameError {
            code: "NOT_PAIRED".into(),
            message: message.into(),
            details: Some(details),
            ..FrameError::default()
        }),
    }
}
