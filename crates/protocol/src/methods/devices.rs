//! `device.*` and `gateway.identity.get`: which devices may connect, and as what.
//! Source: gateway RPC methods, "Devices"; WebSocket protocol, sections 9 and 10.

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// The devices that may connect, and those that wait for approval.
    "device.pair.list" => DevicePairList(DevicePairListParams) -> DevicePairListReply, Pairing;
    /// Approves a device that waits. The caller must hold every scope it asks for.
    "device.pair.approve" => DevicePairApprove(DevicePairRequestParams) -> DevicePairApproveReply, Pairing;
    /// Turns away a device that waits.
    "device.pair.reject" => DevicePairReject(DevicePairRequestParams) -> DevicePairRejectReply, Pairing;
    /// Forgets a device and closes its connections.
    "device.pair.remove" => DevicePairRemove(DevicePairRemoveParams) -> DevicePairRemoveReply, Pairing;
    /// Gives a device a name for people.
    "device.pair.rename" => DevicePairRename(DevicePairRenameParams) -> DevicePairRenameReply, Pairing;
    /// Makes a code that pairs one device, once, within ten minutes.
    "device.pair.setupCode" => DevicePairSetupCode(DevicePairSetupCodeParams) -> DevicePairSetupCodeReply, Admin;
    /// Replaces the token of a device; the old one stops working at once.
    "device.token.rotate" => DeviceTokenRotate(DeviceTokenRotateParams) -> DeviceTokenRotateReply, Pairing;
    /// Takes the token of a device away; to come back in that role it must be approved again.
    "device.token.revoke" => DeviceTokenRevoke(DeviceTokenRevokeParams) -> DeviceTokenRevokeReply, Pairing;
    /// The gateway's own device key.
    "gateway.identity.get" => GatewayIdentityGet(GatewayIdentityGetParams) -> GatewayIdentityGetReply, Read;
}

/// Parameters of `device.pair.list`: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct DevicePairListParams {}

/// Reply of `device.pair.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DevicePairListReply {
    /// Devices that wait, the newest first.
    pub pending: Vec<PendingDevice>,
    /// Devices that may connect, the newest first.
    pub paired: Vec<PairedDevice>,
}

/// A device that waits; also the payload of the event `device.pair.requested`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingDevice {
    /// Names the request.
    pub request_id: String,
    /// The device, as the hex SHA-256 of its key.
    pub device_id: String,
    /// Its key in base64url.
    pub public_key: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `linux`, `darwin`, …
    pub platform: String,
    /// E.g. `Linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Its program.
    pub client_id: String,
    /// How that program is used.
    pub client_mode: String,
    /// The role it asked for last.
    pub role: String,
    /// Every role it asks for.
    pub roles: Vec<String>,
    /// Every scope it asks for.
    pub scopes: Vec<String>,
    /// Where it asked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// Whether it is approved without anybody; never true here.
    pub silent: bool,
    /// Whether it is a known device that asks for more.
    pub is_repair: bool,
    /// When it asked last, in Unix milliseconds.
    pub ts: i64,
}

/// A device that may connect.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairedDevice {
    /// The device, as the hex SHA-256 of its key.
    pub device_id: String,
    /// Its key in base64url.
    pub public_key: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The name its owner gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `linux`, `darwin`, …
    pub platform: String,
    /// E.g. `Linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Its program.
    pub client_id: String,
    /// How that program is used.
    pub client_mode: String,
    /// The role it was approved for last.
    pub role: String,
    /// Every role it was approved for.
    pub roles: Vec<String>,
    /// Every scope it was approved for.
    pub scopes: Vec<String>,
    /// Where it asked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// `owner`, `silent`, `cidr` or `setup-code`.
    pub approved_via: String,
    /// When it was first approved, in Unix milliseconds.
    pub created_at_ms: i64,
    /// When it was last approved, in Unix milliseconds.
    pub approved_at_ms: i64,
    /// When it last connected, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_ms: Option<i64>,
    /// What it did then: `connect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_reason: Option<String>,
    /// Whether it is connected now; absent in the reply of an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected: Option<bool>,
    /// Its tokens, without what is secret.
    pub tokens: Vec<DeviceTokenSummary>,
}

/// A token of a device, without what is secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenSummary {
    /// The role it is for.
    pub role: String,
    /// What it allows, sorted.
    pub scopes: Vec<String>,
    /// When it was made, in Unix milliseconds.
    pub created_at_ms: i64,
    /// When it was last replaced, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at_ms: Option<i64>,
    /// When it was taken away, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at_ms: Option<i64>,
    /// When it last opened the gateway, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at_ms: Option<i64>,
}

/// Parameters of `device.pair.approve` and `device.pair.reject`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRequestParams {
    /// Which request.
    pub request_id: String,
}

/// Reply of `device.pair.approve`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairApproveReply {
    /// Which request.
    pub request_id: String,
    /// The device as it is known now.
    pub device: PairedDevice,
}

/// Reply of `device.pair.reject`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRejectReply {
    /// Which request.
    pub request_id: String,
    /// Whose.
    pub device_id: String,
}

/// Parameters of `device.pair.remove`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRemoveParams {
    /// Which device.
    pub device_id: String,
}

/// Reply of `device.pair.remove`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRemoveReply {
    /// Which device.
    pub device_id: String,
}

/// Parameters of `device.pair.rename`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRenameParams {
    /// Which device.
    pub device_id: String,
    /// Its new name, 1 to 64 characters.
    pub label: String,
}

/// Reply of `device.pair.rename`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairRenameReply {
    /// Which device.
    pub device_id: String,
    /// Its name now.
    pub label: String,
}

/// Parameters of `device.pair.setupCode`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairSetupCodeParams {
    /// The address the device connects to, `ws://` or `wss://`; the gateway's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// `limited`, which is the default: an operator who reads, writes and answers approvals, and a
    /// node. `node`: a node alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_profile: Option<String>,
    /// Other scopes for the operator of `limited`; the caller must hold them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// Reply of `device.pair.setupCode`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairSetupCodeReply {
    /// Base64url of `{"url":…,"bootstrapToken":…}`; to be pasted or shown as a picture.
    pub setup_code: String,
    /// The address in it.
    pub gateway_url: String,
    /// `params`, `settings` or `listener`: where that address was found.
    pub url_source: String,
    /// What the code stands for: `bootstrap-token`.
    pub auth: String,
    /// Until when it works, in Unix milliseconds.
    pub expires_at_ms: i64,
}

impl std::fmt::Debug for DevicePairSetupCodeReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevicePairSetupCodeReply")
            .field("setup_code", &"***")
            .field("gateway_url", &self.gateway_url)
            .finish_non_exhaustive()
    }
}

/// Parameters of `device.token.rotate`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenRotateParams {
    /// Which device.
    pub device_id: String,
    /// `operator` or `node`.
    pub role: String,
    /// What the new token allows, at most what the device was approved for; as before when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// Reply of `device.token.rotate`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenRotateReply {
    /// Which device.
    pub device_id: String,
    /// Its role.
    pub role: String,
    /// What the new token allows.
    pub scopes: Vec<String>,
    /// The new token: for the device itself, and in version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When it was made, in Unix milliseconds.
    pub rotated_at_ms: i64,
    /// `in-band`, or `withheld-cross-device`: the device gets it when it connects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_delivery: Option<String>,
}

impl std::fmt::Debug for DeviceTokenRotateReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceTokenRotateReply")
            .field("device_id", &self.device_id)
            .field("role", &self.role)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

/// Parameters of `device.token.revoke`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenRevokeParams {
    /// Which device.
    pub device_id: String,
    /// `operator` or `node`.
    pub role: String,
}

/// Reply of `device.token.revoke`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTokenRevokeReply {
    /// Which device.
    pub device_id: String,
    /// Its role.
    pub role: String,
    /// When, in Unix milliseconds.
    pub revoked_at_ms: i64,
}

/// Parameters of `gateway.identity.get`: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct GatewayIdentityGetParams {}

/// Reply of `gateway.identity.get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayIdentityGetReply {
    /// The hex SHA-256 of its key.
    pub device_id: String,
    /// Its Ed25519 key in base64url.
    pub public_key: String,
}

/// Payload of the event `device.pair.resolved`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePairResolved {
    /// Which request.
    pub request_id: String,
    /// Whose.
    pub device_id: String,
    /// `approved` or `rejected`.
    pub decision: String,
    /// When, in Unix milliseconds.
    pub ts: i64,
}
