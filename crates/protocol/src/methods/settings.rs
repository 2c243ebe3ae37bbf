//! `config.*` and `secrets.reload`. Source: gateway RPC methods, "Configuration"; decisions DEC-22 to DEC-24.
//!
//! Secrets are shown as `__OPENCLAW_REDACTED__`; a write keeps what is stored in a marker's place.

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

methods! {
    /// The settings file and what it came to, without secrets.
    "config.get" => ConfigGet(NoParams) -> ConfigGetReply, Read;
    /// Replaces the text of the settings file.
    "config.set" => ConfigSet(ConfigSetParams) -> ConfigWriteReply, Admin;
    /// Changes some settings; comments and order of the file stay.
    "config.patch" => ConfigPatch(ConfigPatchParams) -> ConfigWriteReply, Admin;
    /// Replaces the text of the settings file, with a note of who did it.
    "config.apply" => ConfigApply(ConfigApplyParams) -> ConfigWriteReply, Admin;
    /// The JSON Schema of the settings, with hints for forms.
    "config.schema" => ConfigSchema(NoParams) -> ConfigSchemaReply, Read;
    /// One setting of the schema.
    "config.schema.lookup" => ConfigSchemaLookup(ConfigSchemaLookupParams) -> ConfigSchemaLookupReply, Read;
    /// Fetches every secret again.
    "secrets.reload" => SecretsReload(NoParams) -> SecretsReloadReply, Admin;
}

/// Reply of `config.get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigGetReply {
    /// The settings file.
    pub path: String,
    /// Files it includes.
    pub included_paths: Vec<String>,
    /// Whether it is there.
    pub exists: bool,
    /// Its text; null when it cannot be read as settings, because secrets cannot be found in it then.
    pub raw: Option<String>,
    /// What it says.
    pub parsed: Value,
    /// The same with its includes.
    pub source_config: Value,
    /// The same with `${NAME}` filled in.
    pub resolved: Value,
    /// Whether it can be used.
    pub valid: bool,
    /// The settings in force.
    pub runtime_config: Value,
    /// The same as `resolved`; empty when the file cannot be used.
    pub config: Value,
    /// Names this version of the file. Say it as `baseHash` in the next write.
    pub hash: String,
    /// The same for the settings in force.
    pub applied_config_hash: String,
    /// What is wrong with it.
    pub issues: Vec<ConfigIssue>,
    /// What should be looked at.
    pub warnings: Vec<ConfigIssue>,
    /// Keys of older versions; there are none.
    pub legacy_issues: Vec<ConfigIssue>,
}

/// Something about a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigIssue {
    /// The setting, e.g. `gateway.port`; empty for the whole file.
    pub path: String,
    /// What is wrong, and what was probably meant.
    pub message: String,
}

/// Parameters of `config.set`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSetParams {
    /// The new text of the file.
    pub raw: String,
    /// The `hash` of the version it was made from. Protocol 3 must say it where there is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
}

/// Parameters of `config.patch`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigPatchParams {
    /// A JSON merge patch (RFC 7396) as JSON5 text: null removes a setting.
    pub raw: String,
    /// The `hash` of the version it was made from. Protocol 3 must say it where there is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
    /// Who did it and why, for the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Lists that may lose elements. Protocol 4 must name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace_paths: Option<Vec<String>>,
}

/// Parameters of `config.apply`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigApplyParams {
    /// The new text of the file.
    pub raw: String,
    /// The `hash` of the version it was made from. Protocol 3 must say it where there is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
    /// Who did it and why, for the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Reply of `config.set`, `config.patch` and `config.apply`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigWriteReply {
    /// Always true.
    pub ok: bool,
    /// The settings file.
    pub path: String,
    /// Names the new version of the file.
    pub hash: String,
    /// What it says now.
    pub config: Value,
    /// Whether nothing had to be written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub noop: bool,
    /// The settings that changed.
    pub changed_paths: Vec<String>,
    /// Those of them that wait for a restart of the gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart_paths: Vec<String>,
    /// What was done, for whoever reads it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<ConfigSentinel>,
}

/// What a write came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSentinel {
    /// Whether this is kept in a file; it is not.
    pub persisted: bool,
    /// The facts.
    pub payload: ConfigSentinelPayload,
}

/// The facts of a write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSentinelPayload {
    /// `config-patch` or `config-apply`.
    pub kind: String,
    /// `ok`.
    pub status: String,
    /// When, in Unix milliseconds.
    pub ts: i64,
    /// The note of the call.
    pub message: Option<String>,
    /// In numbers.
    pub stats: ConfigSentinelStats,
}

/// A write in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSentinelStats {
    /// The method.
    pub mode: String,
    /// The settings file.
    pub root: String,
    /// Whether something waits for a restart.
    pub requires_restart: bool,
}

/// Reply of `config.schema`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSchemaReply {
    /// JSON Schema, draft 7, without references.
    pub schema: Value,
    /// Hints for forms, by path of the setting; `*` stands for any name, `[]` for any element.
    pub ui_hints: BTreeMap<String, UiHint>,
    /// The version of the gateway.
    pub version: String,
    /// When it was made, as RFC 3339.
    pub generated_at: String,
}

/// A hint for a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UiHint {
    /// Its name for people.
    pub label: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The section it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Where the section stands among the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// Whether it is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<bool>,
}

/// Parameters of `config.schema.lookup`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSchemaLookupParams {
    /// The setting, e.g. `gateway.port`; 1 to 1,024 characters.
    pub path: String,
}

/// Reply of `config.schema.lookup`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSchemaLookupReply {
    /// The setting.
    pub path: String,
    /// Its schema, without what lies below it.
    pub schema: Value,
    /// `restart`, or `hot` when a change takes effect while running.
    pub reload_kind: String,
    /// The hint for forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<UiHint>,
    /// The path of the hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint_path: Option<String>,
    /// The settings below it.
    pub children: Vec<ConfigSchemaChild>,
}

/// A setting below another one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSchemaChild {
    /// Its name.
    pub key: String,
    /// Its path.
    pub path: String,
    /// Its type, when it has one.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Value>,
    /// Whether it must be there.
    pub required: bool,
    /// Whether there are settings below it.
    pub has_children: bool,
    /// `restart`, or `hot` when a change takes effect while running.
    pub reload_kind: String,
    /// The hint for forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<UiHint>,
    /// The path of the hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint_path: Option<String>,
}

/// Reply of `secrets.reload`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretsReloadReply {
    /// Always true.
    pub ok: bool,
    /// How many secrets could not be fetched.
    pub warning_count: u64,
}
