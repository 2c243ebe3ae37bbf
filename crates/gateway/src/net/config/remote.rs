//! `gateway.remote`: the gateway that commands talk to when none runs here.

use config::SecretInput;
use schemars::JsonSchema;
use serde::Deserialize;

/// `gateway.remote`: where the commands of this machine find a gateway that runs elsewhere.
///
/// Used with `gateway.mode: remote`, by commands only.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RemoteSettings {
    /// Its address, e.g. `wss://gateway.example.com` or `ws://10.0.0.5:18789`. Without TLS only
    /// private addresses are used.
    pub url: Option<String>,
    /// Its token; may be a reference to a secret.
    pub token: Option<SecretInput>,
    /// Its password; may be a reference to a secret.
    pub password: Option<SecretInput>,
}
