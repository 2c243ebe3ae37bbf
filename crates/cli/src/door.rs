//! Whether the settings would leave the gateway open, judged by the gateway's own rules.

use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use config::secret::Resolver;
use config::{Document, Env, Mode, SecretInput, decode};
use gateway::net::{NetPlan, PlanInput};
use gateway::settings::{Settings, rules};
use gateway::token;
use secrecy::SecretString;

/// The secrets callers would have to know.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    token: Option<SecretString>,
    password: Option<SecretString>,
}

/// The secrets in force: settings, environment, token file.
///
/// # Errors
/// When a reference leads nowhere.
pub(crate) async fn secrets(
    home: &Home,
    document: &Document,
    settings: &Settings,
) -> Result<Secrets, Failure> {
    let resolver = Resolver::new(&settings.secrets, document.env(), home.state_dir());
    let fetch = async |input: Option<&SecretInput>, name: &str| match input {
        None => Ok(home.env().filled(name).map(SecretString::from)),
        Some(input) => resolver.resolve(input).await.map(Some).map_err(|error| {
            Failure::new(
                Kind::Config,
                format!("cannot read the gateway's secret: {error}"),
            )
            .fix("openclaw doctor")
        }),
    };
    let auth = &settings.gateway.auth;
    let token = fetch(auth.token.as_ref(), "OPENCLAW_GATEWAY_TOKEN").await?;
    let password = fetch(auth.password.as_ref(), "OPENCLAW_GATEWAY_PASSWORD").await?;
    let kept = || token::load(home.state_dir()).ok().flatten();
    // A token that is yet to be made will be a strong one.
    let made = || token::generate().ok();
    let needed = password.is_none() || auth.mode.is_some();
    let token = token.or_else(kept).or_else(made).filter(|_| needed);
    Ok(Secrets { token, password })
}

/// Judges settings and secrets together; gives the warnings.
///
/// # Errors
/// Every reason not to start.
pub(crate) fn judge(
    settings: &Settings,
    env: &Env,
    secrets: Secrets,
) -> Result<Vec<String>, Vec<String>> {
    let gateway = &settings.gateway;
    let port = env
        .filled("OPENCLAW_GATEWAY_PORT")
        .and_then(|text| text.trim().parse().ok());
    let input = PlanInput {
        port: port.or(gateway.port).unwrap_or(crate::access::DEFAULT_PORT),
        bind: gateway.bind,
        host: gateway.host,
        custom_bind_host: gateway.custom_bind_host.as_deref(),
        alias_ports: &gateway.alias_ports,
        hosts: &gateway.hosts,
        auth: &gateway.auth,
        token: secrets.token,
        password: secrets.password,
        trusted_proxies: &gateway.trusted_proxies,
        allow_real_ip_fallback: gateway.allow_real_ip_fallback,
        control_ui: &gateway.control_ui,
        security_headers: &gateway.http.security_headers,
        limits: &gateway.limits,
    };
    NetPlan::new(&input).map(|plan| plan.warnings)
}

/// Refuses settings that would leave the gateway open, before they are written. `token` is one
/// that is going to be stored.
///
/// # Errors
/// With exit code 78.
pub(crate) async fn check(
    home: &Home,
    document: &Document,
    token: Option<&SecretString>,
) -> Result<(), Failure> {
    // Problems of other kinds are told when the file is saved.
    let Ok(decoded) = decode::<Settings>(document, &rules(), Mode::Start) else {
        return Ok(());
    };
    let settings = decoded.settings;
    let mut secrets = secrets(home, document, &settings).await?;
    if let Some(token) = token {
        secrets.token = Some(token.clone());
    }
    judge(&settings, document.env(), secrets)
        .map(|_| ())
        .map_err(|reasons| {
            Failure::new(Kind::Config, format!("refused: {}", reasons.join("; ")))
            .code("INSECURE")
            .exiting(Exit::Refused)
            .fix("leave --gateway-token out to get a generated one, or use --gateway-bind loopback")
        })
}
