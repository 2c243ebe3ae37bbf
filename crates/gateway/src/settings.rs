//! The list of settings sections; each lives with its owner.

use crate::net::config::{
    AuthSettings, BindSetting, ControlUiSettings, LimitsSettings, RemoteSettings,
    SecurityHeadersSettings,
};
use crate::nodes::NodesSettings;
use crate::services::catalog::invoke::InvokeSettings;
use crate::services::response_cache::ResponseCacheSettings;
use agent::AgentsSettings;
use config::{EnvSettings, Rules, SecretsSettings};
use llm::ModelsSettings;
use protocol::methods::status::Endpoints;
use schemars::JsonSchema;
use serde::Deserialize;
use state::ledger::BudgetsSettings;
use std::sync::OnceLock;
use tools::ToolsSettings;

/// The settings file as a whole.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The server: where it listens, who may use it, what it serves.
    pub gateway: GatewaySettings,
    /// Who answers, with which model, from which workspace.
    pub agents: AgentsSettings,
    /// Providers and models.
    pub models: ModelsSettings,
    /// What agents may do.
    pub tools: ToolsSettings,
    /// How much may be spent on models.
    pub budgets: BudgetsSettings,
    /// Variables for `${NAME}`.
    pub env: EnvSettings,
    /// Where secrets come from.
    pub secrets: SecretsSettings,
}

/// `gateway`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewaySettings {
    /// `local`, or `remote` in the settings of a machine that only uses another one's gateway.
    pub mode: Option<GatewayMode>,
    /// The gateway elsewhere, for `mode: remote`.
    pub remote: RemoteSettings,
    /// The port, 18789 by default. `--port` and `OPENCLAW_GATEWAY_PORT` win over it.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// Where to listen: `loopback` (default), `lan` (also `all`, `0.0.0.0`), `tailnet`, `auto`,
    /// `custom` with `customBindHost`, or an address.
    pub bind: Option<BindSetting>,
    /// The same as `bind`, in other words.
    pub host: Option<BindSetting>,
    /// The address for `bind: custom`.
    pub custom_bind_host: Option<String>,
    /// More ports, on loopback only; one that is taken is skipped.
    pub alias_ports: Vec<u16>,
    /// More names this gateway answers to in `Host`, beside its addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Who may use it.
    pub auth: AuthSettings,
    /// Addresses or networks of reverse proxies whose forwarding headers count.
    pub trusted_proxies: Vec<String>,
    /// Whether `X-Real-IP` of a trusted proxy counts when it sends no `X-Forwarded-For`.
    pub allow_real_ip_fallback: bool,
    /// The Control UI.
    pub control_ui: ControlUiSettings,
    /// What is served over HTTP.
    pub http: HttpSettings,
    /// What happens when this file changes.
    pub reload: ReloadSettings,
    /// Machines that run commands for agents.
    pub nodes: NodesSettings,
    /// Tools that clients call without a model.
    pub tools: InvokeSettings,
    /// Bounds on connections and requests.
    pub limits: LimitsSettings,
}

/// `gateway.mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GatewayMode {
    /// The gateway runs here.
    Local,
    /// The gateway runs elsewhere.
    Remote,
}

/// `gateway.http`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpSettings {
    /// Routes that can be switched on and off.
    pub endpoints: EndpointSettings,
    /// Answers that are given again to equal requests.
    pub response_cache: ResponseCacheSettings,
    /// Headers on every answer.
    pub security_headers: SecurityHeadersSettings,
}

/// `gateway.http.endpoints`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSettings {
    /// `/v1/chat/completions`, off by default.
    pub chat_completions: EndpointSwitch,
    /// `/v1/responses`, on by default.
    pub responses: OpenEndpointSwitch,
    /// `/v1/messages`, on by default.
    pub messages: OpenEndpointSwitch,
}

impl EndpointSettings {
    /// Which routes are served.
    pub fn served(&self) -> Endpoints {
        Endpoints {
            chat_completions: self.chat_completions.enabled,
            responses: self.responses.enabled,
            messages: self.messages.enabled,
        }
    }
}

/// A route that can be switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSwitch {
    /// Whether it is served.
    pub enabled: bool,
}

/// A route that can be switched off.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OpenEndpointSwitch {
    /// Whether it is served.
    pub enabled: bool,
}

impl Default for OpenEndpointSwitch {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `gateway.reload`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ReloadSettings {
    /// Whether changes of this file are taken up while running.
    pub mode: ReloadMode,
}

/// `gateway.reload.mode`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReloadMode {
    /// What can change while running does; the rest is reported as waiting for a restart.
    #[default]
    Hybrid,
    /// Nothing changes until a restart.
    Off,
}

/// Keys people bring from the reference that this version does not have, and why.
const ABSENT: &[(&str, &str)] = &[
    ("meta", "written by other tools, not needed here"),
    ("wizard", "written by other tools, not needed here"),
    ("channels", "chat channels are not part of this version"),
    ("bindings", "chat channels are not part of this version"),
    ("messages", "chat channels are not part of this version"),
    ("hooks", "webhooks are not part of this version"),
    ("cron", "schedules are not part of this version"),
    ("session", "session rules are not part of this version"),
    ("skills", "skills are not part of this version"),
    ("plugins", "there are no plugins"),
    ("browser", "the browser tool is not part of this version"),
    ("env.shellEnv", "a login shell is never asked for variables"),
    (
        "logging",
        "the log is logs/openclaw.log in the state directory; set its level with --log-level",
    ),
    ("canvasHost", "the canvas is not part of this version"),
    ("discovery", "the gateway does not announce itself"),
    ("update", "the gateway does not update itself"),
    (
        "gateway.tailscale",
        "publish the port with tailscale itself",
    ),
    (
        "agents.defaults.heartbeat",
        "heartbeats are not part of this version",
    ),
    (
        "agents.defaults.sandbox",
        "the sandbox is not part of this version",
    ),
    (
        "agents.defaults.compaction",
        "old turns are left out of long prompts; sessions.compact summarises when it is asked to",
    ),
];

/// What the settings file must look like. Unknown keys are errors where a typo could open a door.
/// Source: decisions DEC-22.
pub fn rules() -> Rules {
    Rules {
        schema: schema().clone(),
        strict_prefixes: vec![
            "gateway.auth",
            "gateway.tools",
            "tools",
            "agents.list.*.tools",
            "agents.entries.*.tools",
            "sandbox",
            "secrets",
            "approvals",
            "budgets",
        ],
        absent: ABSENT,
    }
}

/// The JSON Schema (2020-12) of [`Settings`].
pub fn schema() -> &'static serde_json::Value {
    static SCHEMA: OnceLock<serde_json::Value> = OnceLock::new();
    SCHEMA.get_or_init(|| schemars::schema_for!(Settings).to_value())
}

/// Keys under `gateway` that take effect while running; the others wait for a restart.
const LIVE: [&str; 6] = [
    "gateway.http.endpoints",
    "gateway.http.responseCache",
    "gateway.auth",
    "gateway.reload",
    "gateway.remote",
    "gateway.tools",
];

/// Whether a change of this setting, given as a dotted path, waits for a restart of the gateway.
pub fn needs_restart(path: &str) -> bool {
    is_or_below(path, "gateway") && !LIVE.iter().any(|live| is_or_below(path, live))
}

fn is_or_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listeners_and_limits_wait_for_a_restart() {
        for live in [
            "gateway.auth.token",
            "gateway.http.endpoints.chatCompletions.enabled",
            "agents",
        ] {
            assert!(!needs_restart(live), "{live}");
        }
        for waits in [
            "gateway.port",
            "gateway",
            "gateway.authority",
            "gateway.http.securityHeaders",
        ] {
            assert!(needs_restart(waits), "{waits}");
        }
    }

    fn undescribed(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(|p| p.as_object()) {
            for (name, property) in properties {
                let described = property.get("description").is_some();
                if !described {
                    found.push(format!("{path}.{name}"));
                }
                undescribed(property, &format!("{path}.{name}"), found);
            }
        }
    }

    #[test]
    fn every_setting_is_described() {
        let text = schema().to_string();
        assert!(text.contains("chatCompletions") && text.contains("maxCostUsd"));
        let mut found = Vec::new();
        undescribed(schema(), "", &mut found);
        for (name, definition) in schema().get("$defs").and_then(|d| d.as_object()).unwrap() {
            undescribed(definition, name, &mut found);
        }
        assert!(
            found.is_empty(),
            "settings without a doc comment: {found:?}"
        );
    }
}
