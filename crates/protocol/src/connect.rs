//! `connect` and its answer. Source: WebSocket protocol, sections 3, 8 and 13.

use crate::StateVersion;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of `connect`. Properties this contract does not know are ignored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectParams {
    /// Lowest version the client speaks; at least 1.
    pub min_protocol: u32,
    /// Highest version it speaks.
    pub max_protocol: u32,
    /// Which program it is.
    pub client: ClientProgram,
    /// `operator` or `node`; `operator` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What it asks to be allowed, in its own order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// What it can do: features of a client, names of abilities of a node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
    /// Commands a node takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Permissions a node was given by its system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Map<String, Value>>,
    /// The search path of a node's programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_env: Option<String>,
    /// Secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<ConnectAuth>,
    /// Proof of a device key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceProof>,
    /// Language of its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The browser's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// Which program connects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientProgram {
    /// Its kind, e.g. `cli`, `openclaw-tui`, `openclaw-control-ui`, `node-host`.
    pub id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its version.
    pub version: String,
    /// `linux`, `darwin`, `win32`, `web`, …
    pub platform: String,
    /// `webchat`, `cli`, `ui`, `backend`, `node`, `worker`, `probe` or `test`.
    pub mode: String,
    /// E.g. `Linux`, `iPhone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// E.g. `iPhone17,1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<String>,
    /// Tells two of the same program apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// Secrets of `connect`. `Debug` shows which are there, not what they are.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectAuth {
    /// The gateway token, or a device token in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The gateway password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The token this device was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// A one-time setup code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_token: Option<String>,
}

impl std::fmt::Debug for ConnectAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |secret: &Option<String>| secret.as_ref().map(|_| "***");
        f.debug_struct("ConnectAuth")
            .field("token", &shown(&self.token))
            .field("password", &shown(&self.password))
            .field("device_token", &shown(&self.device_token))
            .field("bootstrap_token", &shown(&self.bootstrap_token))
            .finish()
    }
}

/// Proof of a device key. Source: WebSocket protocol, section 8.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceProof {
    /// Lower-case hex SHA-256 of the raw public key.
    pub id: String,
    /// The Ed25519 key: 32 bytes in base64url, or PEM.
    pub public_key: String,
    /// Over the payload, 64 bytes in base64url.
    pub signature: String,
    /// The client's clock, in Unix milliseconds.
    pub signed_at: i64,
    /// The challenge's.
    pub nonce: String,
}

/// The answer to an accepted `connect`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename = "hello-ok", rename_all = "camelCase")]
pub struct HelloOk {
    /// The version both speak from here on.
    pub protocol: u32,
    /// Who answers.
    pub server: ServerIdentity,
    /// What works.
    pub features: Features,
    /// How things stand.
    pub snapshot: Snapshot,
    /// Who the client is taken for; version 3 has it only with a device token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<HelloAuth>,
    /// Limits.
    pub policy: Policy,
}

/// Who answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerIdentity {
    /// The gateway's version.
    pub version: String,
    /// This connection.
    pub conn_id: String,
}

/// What works.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Features {
    /// Every method that works.
    pub methods: Vec<String>,
    /// Every event that may come.
    pub events: Vec<String>,
    /// What clients ask for by name before they use it; version 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
}

/// How things stand at the moment of the answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Who is here; the gateway itself comes first.
    pub presence: Vec<Value>,
    /// What `health` answers.
    pub health: Value,
    /// How often these two have changed.
    pub state_version: StateVersion,
    /// Since the start.
    pub uptime_ms: u64,
    /// The settings file; for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_path: Option<String>,
    /// The state directory; for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<String>,
    /// Which session is meant when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_defaults: Option<SessionDefaults>,
    /// `token`, `password`, `none` or `trusted-proxy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_mode: Option<String>,
}

/// Which session is meant when none is named.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionDefaults {
    /// The default agent.
    pub default_agent_id: String,
    /// The name of an agent's main session.
    pub main_key: String,
    /// The main session of the default agent.
    pub main_session_key: String,
    /// How senders are told apart.
    pub scope: String,
}

/// Who the client is taken for.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelloAuth {
    /// `operator` or `node`.
    pub role: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// `token`, `password`, `device-token`, `none`, `trusted-proxy` or `bootstrap-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What the device may show next time in place of the gateway's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// When that token was made, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at_ms: Option<i64>,
    /// Tokens for the other roles of a setup code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_tokens: Vec<GivenToken>,
}

/// A device token for another role than that of the connection.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenToken {
    /// What the device may show in that role.
    pub device_token: String,
    /// `operator` or `node`.
    pub role: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it was made, in Unix milliseconds.
    pub issued_at_ms: i64,
}

impl std::fmt::Debug for GivenToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GivenToken")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for HelloAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HelloAuth")
            .field("role", &self.role)
            .field("scopes", &self.scopes)
            .field("method", &self.method)
            .field("device_token", &self.device_token.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

/// Limits of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Largest frame in bytes.
    pub max_payload: u64,
    /// Most bytes that wait for a slow reader.
    pub max_buffered_bytes: u64,
    /// Time between two ticks.
    pub tick_interval_ms: u64,
    /// Limits of attachments; version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<AttachmentPolicy>,
}

/// Limits of attachments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentPolicy {
    /// All of one message, decoded.
    pub max_bytes: u64,
    /// One image, decoded.
    pub max_image_bytes: u64,
}
