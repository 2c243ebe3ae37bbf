//! The settings, resolved and judged: what the listeners are built from.

mod strength;

pub(super) use strength::is_strong_token;

use super::address::Network;
use super::auth::{Access, ProxyAccess, Scopes};
use super::config::{
    AuthModeSetting, AuthSettings, BindSetting, ControlUiSettings, LimitsSettings,
    SecurityHeadersSettings, TextOrFalse,
};
use super::counters::Counters;
use super::limiter::AttemptLimit;
use http::{HeaderName, HeaderValue, Uri};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the settings say, with secret references already followed.
#[derive(Debug, Clone)]
pub struct PlanInput<'a> {
    /// `gateway.port`; 0 takes any free one.
    pub port: u16,
    /// `gateway.bind`
    pub bind: Option<BindSetting>,
    /// `gateway.host`, the other name for the same.
    pub host: Option<BindSetting>,
    /// `gateway.customBindHost`
    pub custom_bind_host: Option<&'a str>,
    /// `gateway.aliasPorts`
    pub alias_ports: &'a [u16],
    /// `gateway.hosts`
    pub hosts: &'a [String],
    /// `gateway.auth`, for everything but the secrets.
    pub auth: &'a AuthSettings,
    /// The value of `gateway.auth.token`, or the generated token.
    pub token: Option<SecretString>,
    /// The value of `gateway.auth.password`.
    pub password: Option<SecretString>,
    /// `gateway.trustedProxies`
    pub trusted_proxies: &'a [String],
    /// `gateway.allowRealIpFallback`
    pub allow_real_ip_fallback: bool,
    /// `gateway.controlUi`
    pub control_ui: &'a ControlUiSettings,
    /// `gateway.http.securityHeaders`
    pub security_headers: &'a SecurityHeadersSettings,
    /// `gateway.limits`
    pub limits: &'a LimitsSettings,
}

/// Everything the listeners need, checked as a whole.
#[derive(Debug, Clone)]
pub struct NetPlan {
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Which addresses; never [`BindSetting::Auto`] or [`BindSetting::Custom`].
    pub bind: BindSetting,
    /// Further ports, on loopback only.
    pub alias_ports: Vec<u16>,
    /// Names besides the addresses that `Host` may say.
    pub hosts: Vec<String>,
    /// Origins besides our own that browsers may call from.
    pub allowed_origins: Vec<String>,
    /// The proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether such a proxy may name the client in `X-Real-IP` alone.
    pub allow_real_ip_fallback: bool,
    /// Value of `Strict-Transport-Security`.
    pub hsts: Option<HeaderValue>,
    /// What opens the gateway.
    pub access: Access,
    /// Whether API keys may stand in a query string.
    pub allow_query_key: bool,
    /// How many failed logins are too many.
    pub attempts: AttemptLimit,
    /// Bounds on connections, heads and bodies.
    pub limits: Limits,
    /// What an operator should know but that does not stop the start.
    pub warnings: Vec<String>,
    /// What happens at the door, counted.
    pub counters: Arc<Counters>,
}

/// The values of `gateway.limits`, with units.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The settings themselves, each within its range.
    pub settings: LimitsSettings,
    /// Time to finish a head.
    pub header_timeout: Duration,
    /// Time between requests.
    pub keep_alive: Duration,
    /// Time to the first byte of a body.
    pub body_first_byte: Duration,
    /// Time to the last byte of a body.
    pub body_total: Duration,
    /// Time a client may leave an answer unread.
    pub write_stall: Duration,
}

impl NetPlan {
    /// Resolves and checks the settings.
    ///
    /// # Errors
    /// Every reason not to start, each a sentence naming the setting.
    pub fn new(input: &PlanInput<'_>) -> Result<Self, Vec<String>> {
        let mut found = Findings::default();
        let bind = found.keep(resolve_bind(input)).unwrap_or_default();
        let access = found.access(input);
        let is_exposed = !matches!(bind, BindSetting::Loopback);
        if let Some(access) = &access {
            strength::judge(access, is_exposed, &mut found.refusals, &mut found.warnings);
        }
        let trusted_proxies = found.all("gateway.trustedProxies", input.trusted_proxies, |text| {
            Network::parse(text)
        });
        let behind_proxy = input.auth.mode == Some(AuthModeSetting::TrustedProxy);
        if behind_proxy && trusted_proxies.is_empty() {
            found.refusals.push(
                "gateway.trustedProxies: list the address of the proxy, or choose another \
                 gateway.auth.mode than trusted-proxy"
                    .into(),
            );
        }
        let hosts = found.all("gateway.hosts", input.hosts, host_name);
        let allowed_origins = found.all(
            "gateway.controlUi.allowedOrigins",
            &input.control_ui.allowed_origins,
            web_origin,
        );
        let hsts = found.hsts(input.security_headers);
        found.limits(input.limits);
        found.unsupported(input.auth);
        let Some(access) = access.filter(|_| found.refusals.is_empty()) else {
            return Err(found.refusals);
        };
        let limit = &input.auth.rate_limit;
        Ok(Self {
            port: input.port,
            bind,
            alias_ports: input
                .alias_ports
                .iter()
                .copied()
                .filter(|p| *p != input.port)
                .collect(),
            hosts,
            allowed_origins,
            trusted_proxies,
            allow_real_ip_fallback: input.allow_real_ip_fallback,
            hsts,
            access,
            allow_query_key: input.auth.allow_query_key,
            attempts: AttemptLimit {
                max_attempts: limit.max_attempts,
                window: Duration::from_millis(limit.window_ms),
                lockout: Duration::from_millis(limit.lockout_ms),
            },
            limits: Limits::new(input.limits),
            warnings: found.warnings,
            counters: Arc::default(),
        })
    }

    /// Whether other machines can reach the port.
    pub fn is_exposed(&self) -> bool {
        !matches!(self.bind, BindSetting::Loopback)
    }
}

impl Limits {
    /// Gives the settings their units.
    pub fn new(settings: &LimitsSettings) -> Self {
        Self {
            header_timeout: Duration::from_millis(settings.header_timeout_ms),
            keep_alive: Duration::from_millis(settings.keep_alive_ms),
            body_first_byte: Duration::from_millis(settings.body_first_byte_ms),
            body_total: Duration::from_millis(settings.body_total_ms),
            write_stall: Duration::from_millis(settings.write_stall_ms),
            settings: settings.clone(),
        }
    }
}

/// Problems found so far.
#[derive(Debug, Default)]
struct Findings {
    refusals: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn keep<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|problem| self.refusals.push(problem)).ok()
    }

    fn all<T>(
        &mut self,
        setting: &str,
        texts: &[String],
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let read = |text: &String| read(text).map_err(|problem| format!("{setting}: {problem}"));
        texts
            .iter()
            .filter_map(|text| self.keep(read(text)))
            .collect()
    }

    fn access(&mut self, input: &PlanInput<'_>) -> Option<Access> {
        let (token, password) = (input.token.clone(), input.password.clone());
        let mode = match (input.auth.mode, &token, &password) {
            (Some(mode), _, _) => mode,
            (None, Some(_), Some(_)) => {
                self.refusals.push(
                    "gateway.auth.mode: both a token and a password are set; say which one counts, \
                     token or password"
                        .into(),
                );
                return None;
            }
            (None, None, Some(_)) => AuthModeSetting::Password,
            (None, _, None) => AuthModeSetting::Token,
        };
        let lacking = |what: &str| format!("gateway.auth.{what}: the mode {what} needs one");
        match mode {
            AuthModeSetting::None => Some(Access::Open),
            AuthModeSetting::Token => {
                self.keep(token.map(Access::Token).ok_or_else(|| lacking("token")))
            }
            AuthModeSetting::Password => self.keep(
                password
                    .map(Access::Password)
                    .ok_or_else(|| lacking("password")),
            ),
            AuthModeSetting::TrustedProxy => {
                let proxy = self.proxy_access(input.auth);
                proxy.map(Access::Proxy)
            }
        }
    }

    fn proxy_access(&mut self, auth: &AuthSettings) -> Option<ProxyAccess> {
        let settings = &auth.trusted_proxy;
        let base = "gateway.auth.trustedProxy";
        let header = |name: &str| {
            HeaderName::try_from(name.trim()).map_err(|_| format!("{name:?} is not a header name"))
        };
        let user_header = match &settings.user_header {
            Some(name) => header(name).map_err(|problem| format!("{base}.userHeader: {problem}")),
            None => Err(format!(
                "{base}.userHeader: name the header that carries the user"
            )),
        };
        let user_header = self.keep(user_header);
        let required = format!("{base}.requiredHeaders");
        let required_headers = self.all(&required, &settings.required_headers, header);
        let mut scopes = auth.identity_scopes.as_ref().map(|_| BTreeMap::new());
        for (user, names) in auth.identity_scopes.iter().flatten() {
            let read = Scopes::from_names(names)
                .map_err(|problem| format!("gateway.auth.identityScopes.{user}: {problem}"));
            if let (Some(granted), Some(map)) = (self.keep(read), scopes.as_mut()) {
                map.insert(user.clone(), granted);
            }
        }
        Some(ProxyAccess {
            user_header: user_header?,
            required_headers,
            allow_users: settings.allow_users.clone(),
            scopes,
            allow_loopback: settings.allow_loopback,
        })
    }

    fn hsts(&mut self, settings: &SecurityHeadersSettings) -> Option<HeaderValue> {
        let name = "gateway.http.securityHeaders.strictTransportSecurity";
        match &settings.strict_transport_security {
            None | Some(TextOrFalse::Switch(false)) => None,
            Some(TextOrFalse::Switch(true)) => {
                self.refusals
                    .push(format!("{name}: write the value, such as max-age=31536000"));
                None
            }
            Some(TextOrFalse::Text(text)) => self.keep(
                HeaderValue::from_str(text)
                    .map_err(|_| format!("{name}: {text:?} cannot stand in a header")),
            ),
        }
    }

    fn limits(&mut self, settings: &LimitsSettings) {
        for (name, value, low, high) in settings.ranges() {
            if !(low..=high).contains(&value) {
                self.refusals.push(format!(
                    "gateway.limits.{name}: {value} is not between {low} and {high}"
                ));
            }
        }
    }

    fn unsupported(&mut self, auth: &AuthSettings) {
        if auth.allow_tailscale {
            self.warnings.push(
                "gateway.auth.allowTailscale: identity headers of Tailscale are not believed; use \
                 the mode trusted-proxy"
                    .into(),
            );
        }
        if auth.rate_limit.exempt_loopback {
            self.warnings.push(
                "gateway.auth.rateLimit.exemptLoopback: loopback is not exempt; a right token \
                 always works"
                    .into(),
            );
        }
    }
}

/// Which addresses to listen on; `host` and `bind` are two names for one thing.
fn resolve_bind(input: &PlanInput<'_>) -> Result<BindSetting, String> {
    let custom = |bind: BindSetting| match (bind, input.custom_bind_host) {
        (BindSetting::Custom, Some(host)) => {
            BindSetting::parse(host).map_err(|problem| format!("gateway.customBindHost: {problem}"))
        }
        (BindSetting::Custom, None) => {
            Err("gateway.customBindHost: gateway.bind is custom, so name the address".to_owned())
        }
        (BindSetting::Auto, _) => Ok(BindSetting::Loopback),
        (bind, _) => Ok(bind),
    };
    let resolved = match (input.bind, input.host) {
        (None, None) => BindSetting::Loopback,
        (Some(one), None) | (None, Some(one)) => custom(one)?,
        (Some(bind), Some(host)) => {
            let (resolved, other) = (custom(bind)?, custom(host)?);
            if resolved != other {
                return Err(format!(
                    "gateway.bind is {bind} and gateway.host is {host}: they name the same thing, \
                     remove one"
                ));
            }
            resolved
        }
    };
    match resolved {
        BindSetting::Custom | BindSetting::Auto => {
            Err("gateway.customBindHost: name an IP address".to_owned())
        }
        BindSetting::Address(IpAddr::V6(_) | IpAddr::V4(_))
        | BindSetting::Loopback
        | BindSetting::Lan
        | BindSetting::Tailnet => Ok(resolved),
    }
}

/// A name for `Host`: a host with an optional port.
fn host_name(text: &str) -> Result<String, String> {
    let wrong =
        || format!("{text:?} is not a host name such as gw.example.com or gw.example.com:8443");
    let name = text.trim().to_ascii_lowercase();
    let authority = name.parse::<http::uri::Authority>().map_err(|_| wrong())?;
    let plain = !name.contains(['@', '*', '%']) && !authority.host().is_empty();
    if plain { Ok(name) } else { Err(wrong()) }
}

/// An origin: scheme, host and port, nothing else.
fn web_origin(text: &str) -> Result<String, String> {
    let origin = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let uri = origin.parse::<Uri>().ok();
    let plain = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri
                .authority()
                .is_some_and(|authority| !authority.as_str().contains(['@', '*']))
            && uri.path() == "/"
            && uri.query().is_none()
    });
    if plain {
        Ok(origin)
    } else {
        Err(format!(
            "{text:?} is not an origin such as https://ui.example.com; wildcards are not offered"
        ))
    }
}

#[cfg(test)]
mod tests;
