//! Setup codes: how a new device comes in that nobody has given the gateway's secret.
//! Source: WebSocket protocol, section 6; security specification, R11.

use super::ask::Ask;
use super::devices::Devices;
use super::pairing::held;
use crate::error::ApiError;
use crate::net::Scopes;
use crate::rpc::Call;
use data_encoding::BASE64URL_NOPAD;
use protocol::methods::devices::{DevicePairSetupCodeParams, DevicePairSetupCodeReply};
use protocol::{ErrorCode, Role};
use serde_json::json;

/// What the operator of a code may do unless it is said.
const LIMITED: [&str; 3] = ["operator.read", "operator.write", "operator.approvals"];

/// What a setup code is good for. Its first user is bound to it, because it works once.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// What an operator may do; `None` for a code for a node alone.
    operator: Option<Vec<String>>,
}

impl Grant {
    /// Whether it allows what is asked for. One that does not is used up all the same.
    pub(super) fn covers(&self, ask: &Ask<'_>) -> bool {
        match (ask.role, &self.operator) {
            (Role::Node, _) => true,
            (Role::Operator, Some(scopes)) => super::record::covers(scopes, ask.scopes),
            (Role::Operator, None) => false,
        }
    }

    pub(super) fn roles(&self) -> Vec<String> {
        let operator = self.operator.as_ref().map(|_| Role::Operator);
        let roles = operator.into_iter().chain([Role::Node]);
        roles.map(|role| role.name().to_owned()).collect()
    }

    pub(super) fn scope_names(&self) -> Vec<String> {
        self.operator.clone().unwrap_or_default()
    }
}

impl Devices {
    /// `device.pair.setupCode`
    pub(crate) fn setup_code(
        &self,
        call: &Call,
        params: DevicePairSetupCodeParams,
    ) -> Result<DevicePairSetupCodeReply, ApiError> {
        let operator = match params.bootstrap_profile.as_deref() {
            None | Some("limited") => {
                let usual = || LIMITED.map(str::to_owned).to_vec();
                let scopes = params.scopes.unwrap_or_else(usual);
                let wanted = Scopes::from_names(&scopes)
                    .map_err(|error| ApiError::invalid(error.to_string()).with_param("scopes"))?;
                held(call, wanted)?;
                Some(scopes)
            }
            Some("node") => None,
            Some(_) => {
                return Err(ApiError::invalid(
                    "invalid device.pair.setupCode params: at /bootstrapProfile: must be limited or node",
                )
                .with_param("bootstrapProfile"));
            }
        };
        let addresses = call.services.runtime.snapshot().addresses;
        let (url, source) = address(params.public_url.as_deref(), &addresses)?;
        let (code, until) = self
            .codes
            .issue(Grant { operator }, self.now())
            .map_err(|error| {
                tracing::error!(%error, "the system gives no random bytes");
                ApiError::new(ErrorCode::Internal, "internal error")
            })?;
        let text = json!({ "url": url, "bootstrapToken": code }).to_string();
        Ok(DevicePairSetupCodeReply {
            setup_code: BASE64URL_NOPAD.encode(text.as_bytes()),
            gateway_url: url,
            url_source: source.to_owned(),
            auth: "bootstrap-token".to_owned(),
            expires_at_ms: until.0,
        })
    }
}

/// Where the device finds the gateway.
fn address(given: Option<&str>, listening: &[String]) -> Result<(String, &'static str), ApiError> {
    if let Some(url) = given {
        let url = url.trim();
        let is_socket = url.starts_with("ws://") || url.starts_with("wss://");
        let is_plain = !url.contains(['?', '#', '@']) && !url.contains(char::is_whitespace);
        return if is_socket && is_plain && url.len() <= 512 {
            Ok((url.to_owned(), "params"))
        } else {
            Err(ApiError::invalid(
                "invalid device.pair.setupCode params: at /publicUrl: must be a ws:// or wss:// address \
                 without user, query and fragment",
            )
            .with_param("publicUrl"))
        };
    }
    let reachable = listening.iter().find_map(|url| {
        let rest = url.strip_prefix("http://")?;
        let socket: std::net::SocketAddr = rest.parse().ok()?;
        (!socket.ip().is_loopback()).then(|| format!("ws://{rest}"))
    });
    reachable.map(|url| (url, "listener")).ok_or_else(|| {
        ApiError::invalid(
            "Gateway is only bound to loopback. Set gateway.bind=lan, or say the address under \
             which other devices reach it as publicUrl.",
        )
    })
}
