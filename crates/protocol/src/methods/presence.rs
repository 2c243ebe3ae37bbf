//! `system-presence` and `system-event`. Source: gateway RPC methods, "Status and system".

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// Who is connected, and who has just left; the gateway itself comes first.
    "system-presence" => SystemPresence(SystemPresenceParams) -> Vec<PresenceEntry>, Read;
    /// Reports something about a machine; it shows up in presence.
    "system-event" => SystemEvent(SystemEventParams) -> SystemEventReply, Admin;
}

/// Parameters of `system-presence`: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct SystemPresenceParams {}

/// One who is here, or has just left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceEntry {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// E.g. `linux`, `darwin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// E.g. `Linux`, `iPhone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// E.g. `iPhone17,1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<String>,
    /// `gateway`, `ui`, `webchat`, `node`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `self`, `connect`, `disconnect`, or what was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// One line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of the last change, in Unix milliseconds.
    pub ts: i64,
    /// Its device key, as the id made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// What it is connected as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Tells two of the same program apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Since its user last did something, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_input_seconds: Option<u64>,
    /// Words that were reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Which program it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Since when it is connected, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online_since: Option<i64>,
}

/// Parameters of `system-event`. What is given replaces what was known.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemEventParams {
    /// One line for people.
    pub text: String,
    /// Its device key, as the id made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Tells two of the same program apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// `gateway`, `ui`, `webchat`, `node`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// E.g. `linux`, `darwin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// E.g. `Linux`, `iPhone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// E.g. `iPhone17,1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<String>,
    /// Since its user last did something, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_input_seconds: Option<u64>,
    /// Why it is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is connected as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Words about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// Reply of `system-event`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemEventReply {
    /// Always true.
    pub ok: bool,
}

impl PresenceEntry {
    /// Takes over what was reported.
    pub fn take(&mut self, told: SystemEventParams) {
        fn put<T>(place: &mut Option<T>, value: Option<T>) {
            if value.is_some() {
                *place = value;
            }
        }
        self.text = Some(told.text);
        put(&mut self.device_id, told.device_id);
        put(&mut self.instance_id, told.instance_id);
        put(&mut self.host, told.host);
        put(&mut self.ip, told.ip);
        put(&mut self.mode, told.mode);
        put(&mut self.version, told.version);
        put(&mut self.platform, told.platform);
        put(&mut self.device_family, told.device_family);
        put(&mut self.model_identifier, told.model_identifier);
        put(&mut self.last_input_seconds, told.last_input_seconds);
        put(&mut self.reason, told.reason);
        put(&mut self.roles, told.roles);
        put(&mut self.scopes, told.scopes);
        put(&mut self.tags, told.tags);
    }
}
