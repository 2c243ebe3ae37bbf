//! `gateway.auth`: how callers prove who they are.

use config::SecretInput;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `gateway.auth`
///
/// Everything here takes effect while running.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuthSettings {
    /// How callers prove who they are. Without it the secret that is present decides.
    pub mode: Option<AuthModeSetting>,
    /// The gateway token: a text, or a reference to where it is kept.
    pub token: Option<SecretInput>,
    /// The gateway password: a text, or a reference to where it is kept.
    pub password: Option<SecretInput>,
    /// Whether identity headers of Tailscale are believed. Not supported: `true` changes nothing
    /// and is reported at start; use `trusted-proxy`.
    pub allow_tailscale: bool,
    /// How many failed logins are too many.
    pub rate_limit: RateLimitSettings,
    /// Which headers of a trusted proxy name the caller; for the mode `trusted-proxy`.
    pub trusted_proxy: TrustedProxySettings,
    /// What each user named by a trusted proxy may do, as lists of scopes. Without the map every
    /// admitted user may do everything; with it, users who are not listed may do nothing.
    pub identity_scopes: Option<BTreeMap<String, Vec<String>>>,
    /// Whether an API key may stand in the query string of a GET below `/v1` and `/api/v1`. The
    /// gateway token and password never may. On by default.
    pub allow_query_key: bool,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            mode: None,
            token: None,
            password: None,
            allow_tailscale: false,
            rate_limit: RateLimitSettings::default(),
            trusted_proxy: TrustedProxySettings::default(),
            identity_scopes: None,
            allow_query_key: true,
        }
    }
}

/// `gateway.auth.mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthModeSetting {
    /// `Authorization: Bearer` with the gateway token.
    Token,
    /// `Authorization: Bearer` with the gateway password.
    Password,
    /// Everybody who reaches the port is the owner. Loopback only.
    None,
    /// A reverse proxy names the user in a header.
    TrustedProxy,
}

/// `gateway.auth.rateLimit`: failed logins per client address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RateLimitSettings {
    /// Failed logins within the window before the address is locked out. 20 by default.
    #[schemars(range(min = 1, max = 1000))]
    pub max_attempts: u32,
    /// The window in milliseconds. 60,000 by default.
    #[schemars(range(min = 1000, max = 3_600_000))]
    pub window_ms: u64,
    /// Length of the first lockout in milliseconds; each further one doubles, up to 15 minutes.
    /// 60,000 by default.
    #[schemars(range(min = 1000, max = 3_600_000))]
    pub lockout_ms: u64,
    /// Whether this machine itself is never locked out. Not supported, because web pages and
    /// other local programs come from there too; a right token always works in any case.
    pub exempt_loopback: bool,
}

impl Default for RateLimitSettings {
    fn default() -> Self {
        Self {
            max_attempts: 20,
            window_ms: 60_000,
            lockout_ms: 60_000,
            exempt_loopback: false,
        }
    }
}

/// `gateway.auth.trustedProxy`: what a proxy in `gateway.trustedProxies` must send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TrustedProxySettings {
    /// The header with the user's name, e.g. `x-forwarded-user`.
    pub user_header: Option<String>,
    /// Headers that must be there and not empty.
    pub required_headers: Vec<String>,
    /// The users who may come in. Not set means all of them; an empty list means nobody.
    pub allow_users: Option<Vec<String>>,
    /// Whether a proxy on this machine is believed. Every local program can then name any user.
    /// Off by default.
    pub allow_loopback: bool,
}
