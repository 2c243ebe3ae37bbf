//! Chat channels and what is sent over them. Source: gateway RPC methods, "Channels".

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

methods! {
    /// The chat channels and how they are.
    "channels.status" => ChannelsStatus(NoParams) -> ChannelsStatusReply, Read;
    /// Signs a channel out.
    "channels.logout" => ChannelsLogout(NoParams) -> Value, Admin;
    /// Starts a channel.
    "channels.start" => ChannelsStart(NoParams) -> Value, Admin;
    /// Begins to sign a channel in by a picture to scan.
    "web.login.start" => WebLoginStart(NoParams) -> Value, Admin;
    /// Waits until the picture was scanned.
    "web.login.wait" => WebLoginWait(NoParams) -> Value, Admin;
    /// Sends a message over a channel.
    "send" => Send(NoParams) -> Value, Write;
    /// Asks a question over a channel.
    "poll" => Poll(NoParams) -> Value, Write;
    /// Does something with a message of a channel.
    "message.action" => MessageAction(NoParams) -> Value, Write;
}

/// Reply of `channels.status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelsStatusReply {
    /// When this was found out, in Unix milliseconds.
    pub ts: i64,
    /// The order to show channels in; there are none.
    pub channel_order: Vec<String>,
    /// Names for people, by id.
    pub channel_labels: Map<String, Value>,
    /// Longer names, by id.
    pub channel_detail_labels: Map<String, Value>,
    /// Pictures, by id.
    pub channel_system_images: Map<String, Value>,
    /// The channels.
    pub channel_meta: Vec<Value>,
    /// How they are, by id.
    pub channels: Map<String, Value>,
    /// Their accounts, by id.
    pub channel_accounts: Map<String, Value>,
    /// The account that is used when none is named, by id.
    pub channel_default_account_id: Map<String, Value>,
}
