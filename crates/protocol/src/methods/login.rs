//! `login.link`: a one-time link that signs a browser in.

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    /// Makes a one-time login link for the Control UI.
    "login.link" => LoginLink(LoginLinkParams) -> LoginLinkReply, Admin;
}

/// Parameters of `login.link`: none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginLinkParams {}

/// Reply of `login.link`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginLinkReply {
    /// The link; works once.
    pub url: String,
    /// Until when, in Unix milliseconds.
    pub expires_at: i64,
}
