//! The settings of this room, as fragments of the `gateway` section.

mod auth;
mod bind;
mod limits;
mod remote;

pub use auth::{AuthModeSetting, AuthSettings, RateLimitSettings, TrustedProxySettings};
pub use bind::BindSetting;
pub use limits::LimitsSettings;
pub use remote::RemoteSettings;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `gateway.controlUi`: the web interface and who may open it from elsewhere.
///
/// A change restarts the listeners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ControlUiSettings {
    /// Whether the web interface is served. On by default.
    pub enabled: bool,
    /// Path below which it is served, e.g. `/openclaw`. Empty by default: the root.
    pub base_path: String,
    /// Folder with the files of another Control UI, e.g. `dist/control-ui` of the npm package
    /// `openclaw`, in place of the built-in one. `~` stands for the home folder.
    pub root: Option<String>,
    /// Origins besides the gateway's own that browsers may call from, e.g.
    /// `https://ui.example.com`. Compared exactly: scheme, host and port. No wildcards.
    pub allowed_origins: Vec<String>,
}

impl Default for ControlUiSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            base_path: String::new(),
            root: None,
            allowed_origins: Vec::new(),
        }
    }
}

/// `gateway.http.securityHeaders`: headers added to every answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SecurityHeadersSettings {
    /// Value of `Strict-Transport-Security`, e.g. `max-age=31536000`; `false` or nothing: no
    /// such header. Set it only when people reach the gateway over HTTPS.
    pub strict_transport_security: Option<TextOrFalse>,
}

/// A text, or `false` for "none".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TextOrFalse {
    /// The value.
    Text(String),
    /// Switched off; `true` means nothing here and is refused at start.
    Switch(bool),
}
