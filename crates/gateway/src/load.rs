//! From the settings file to values: read, decode, fetch secrets; with the last good version behind.

use crate::StartError;
use crate::compose::{Boot, Overrides};
use crate::net::config::AuthModeSetting;
use crate::net::{NetPlan, PlanInput};
use crate::settings::{self, GatewayMode, Settings};
use crate::token;
use config::secret::Resolver;
use config::{ConfigFile, Document, LoadOptions, Mode, Problem, Problems, SecretInput, lkg};
use llm::provider::{
    LocalServer, ProviderConfig, configure, fetch_keys, pick_default, probe_local,
};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::Path;

/// The port unless anything else is said. Source: decisions DEC-5.
const DEFAULT_PORT: u16 = 18_789;

/// Settings with everything they refer to.
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(crate) document: Document,
    pub(crate) plan: NetPlan,
    pub(crate) providers: Vec<ProviderConfig>,
    pub(crate) aliases: BTreeMap<String, String>,
    /// The model of agents that name none, and how it was found.
    pub(crate) default_model: String,
    pub(crate) model_reason: String,
    /// The secret a login link gives, if the auth mode has one.
    pub(crate) grant: Option<SecretString>,
    pub(crate) warnings: Vec<String>,
    /// Keys of providers that could not be fetched.
    pub(crate) missing_secrets: u64,
    /// Whether the token was made just now.
    pub(crate) token_made: bool,
}

/// Loads for a start: a file that cannot be used falls back to the last one that could.
pub(crate) async fn at_start(boot: &Boot) -> Result<Loaded, StartError> {
    let first = match read(&boot.config_file, boot) {
        Ok((document, settings, warnings)) => resolve(document, settings, warnings, boot).await,
        Err(problems) => Err(StartError::Settings(problems)),
    };
    let error = match first {
        Ok(loaded) => return Ok(loaded),
        // Running on older settings must not hide that these would have been refused.
        Err(error) if error.is_refusal() => return Err(error),
        Err(error) => error,
    };
    let Some(kept) = lkg::load(&boot.state_dir) else {
        return Err(error);
    };
    let Ok((document, settings, warnings)) = read(&kept, boot) else {
        return Err(error);
    };
    let Ok(mut loaded) = resolve(document, settings, warnings, boot).await else {
        return Err(error);
    };
    let said = error.to_string();
    loaded.warnings.insert(
        0,
        format!("running on the last settings that worked: {said}"),
    );
    Ok(loaded)
}

/// Loads for a reload: a file that cannot be used is an error.
pub(crate) async fn again(boot: &Boot) -> Result<Loaded, StartError> {
    let file = ConfigFile::at(&boot.config_file.path).map_err(|p| Problems(vec![p]))?;
    let (document, settings, warnings) = read(&file, boot)?;
    resolve(document, settings, warnings, boot).await
}

/// Tries a document as a reload would, before it is written.
pub(crate) async fn trial(boot: &Boot, document: Document) -> Result<(), StartError> {
    let decoded = config::decode::<Settings>(&document, &settings::rules(), Mode::Start)?;
    resolve(document, decoded.settings, Vec::new(), boot)
        .await
        .map(drop)
}

fn read(file: &ConfigFile, boot: &Boot) -> Result<(Document, Settings, Vec<String>), Problems> {
    let document = Document::load(file, &boot.env, &LoadOptions::for_gateway(&boot.state_dir))?;
    let decoded = config::decode::<Settings>(&document, &settings::rules(), Mode::Start)?;
    let warnings = decoded.warnings.iter().map(Problem::to_string).collect();
    Ok((document, decoded.settings, warnings))
}

async fn resolve(
    document: Document,
    settings: Settings,
    mut warnings: Vec<String>,
    boot: &Boot,
) -> Result<Loaded, StartError> {
    if settings.gateway.mode == Some(GatewayMode::Remote) {
        return Err(Problems(vec![document.error(
            "gateway.mode",
            "these settings are for a machine that uses a gateway elsewhere; to run one here: \
             openclaw config set gateway.mode local",
        )])
        .into());
    }
    let secrets = Resolver::new(&settings.secrets, document.env(), &boot.state_dir);
    let auth = auth_secrets(&settings, boot, &secrets).await?;
    let door = door_settings(&settings, &boot.overrides, document.env())?;
    let plan = plan_of(&settings, &door, boot.overrides.bind.is_some(), &auth)?;
    warnings.extend(plan.warnings.iter().cloned());
    if plan.is_exposed() {
        warnings.push(format!(
            "gateway.bind is {}: other machines can reach port {}; let a firewall say which",
            plan.bind, plan.port
        ));
    }
    let grant = match plan.access {
        crate::net::Access::Token(_) => auth.token.clone(),
        crate::net::Access::Password(_) => auth.password.clone(),
        crate::net::Access::Open | crate::net::Access::Proxy(_) => None,
    };

    let (keys, missing) = fetch_keys(&settings.models, &secrets).await;
    let missing_secrets = u64::try_from(missing.len()).unwrap_or(u64::MAX);
    // The other keys and providers still work.
    warnings.extend(
        missing
            .iter()
            .map(|key| format!("{}: {}", key.path, key.error)),
    );
    let env_key = |name: &str| document.env().filled(name).map(SecretString::from);
    let (mut providers, problems) = configure(&settings.models, &env_key, keys);
    warnings.extend(problems);
    let asked = settings.agents.defaults.model.is_some();
    let has_remote = providers.iter().any(|p| !p.offline);
    let local = if asked || has_remote {
        Vec::new()
    } else {
        probe_local().await
    };
    let default_model = pick_default(&providers, &local);
    let model_reason = reason(&default_model, asked, &local);
    for server in &local {
        if !providers
            .iter()
            .any(|provider| provider.id == server.provider_config().id)
        {
            // The offline model stays last.
            providers.insert(providers.len().saturating_sub(1), server.provider_config());
        }
    }
    Ok(Loaded {
        aliases: settings.models.aliases.clone(),
        settings,
        document,
        plan,
        providers,
        default_model,
        model_reason,
        grant,
        warnings,
        missing_secrets,
        token_made: auth.token_made,
    })
}

fn reason(model: &str, asked: bool, local: &[LocalServer]) -> String {
    let provider = model.split('/').next().unwrap_or_default();
    if asked {
        "agents.defaults.model".to_owned()
    } else if provider == llm::provider::OFFLINE {
        "no provider key and no local model server was found".to_owned()
    } else if local
        .iter()
        .any(|server| server.provider_config().id.as_str() == provider)
    {
        format!("{provider} answers on this machine")
    } else {
        format!("{provider} is configured or has a key in the environment")
    }
}

/// The secrets of the auth mode.
struct AuthSecrets {
    token: Option<SecretString>,
    password: Option<SecretString>,
    token_made: bool,
}

/// The token or password: from the command line, else the settings, else the environment, else, when
/// none is said anywhere, the token file, which is made at the first start.
async fn auth_secrets(
    settings: &Settings,
    boot: &Boot,
    secrets: &Resolver,
) -> Result<AuthSecrets, StartError> {
    let auth = &settings.gateway.auth;
    let mut found = AuthSecrets {
        token: None,
        password: None,
        token_made: false,
    };
    let given = &boot.overrides;
    let env = |name: &str| boot.env.filled(name).map(SecretString::from);
    found.token = match &given.token {
        Some(token) => Some(token.clone()),
        None => fetch(secrets, auth.token.as_ref(), "gateway.auth.token")
            .await?
            .or_else(|| env("OPENCLAW_GATEWAY_TOKEN")),
    };
    found.password = match &given.password {
        Some(password) => Some(password.clone()),
        None => fetch(secrets, auth.password.as_ref(), "gateway.auth.password")
            .await?
            .or_else(|| env("OPENCLAW_GATEWAY_PASSWORD")),
    };
    let mode = auth_mode(settings, given)?;
    let needs_token = match mode {
        Some(AuthModeSetting::Token) => true,
        None => found.password.is_none(),
        Some(AuthModeSetting::Password | AuthModeSetting::None | AuthModeSetting::TrustedProxy) => {
            false
        }
    };
    if found.token.is_none() && needs_token {
        let made = token::ensure(&boot.state_dir);
        let (token, made) = made.map_err(|source| StartError::StateDir {
            path: token::path(&boot.state_dir),
            source,
        })?;
        found.token = Some(token);
        found.token_made = made;
    }
    Ok(found)
}

async fn fetch(
    secrets: &Resolver,
    input: Option<&SecretInput>,
    path: &str,
) -> Result<Option<SecretString>, StartError> {
    let Some(input) = input else { return Ok(None) };
    let secret = secrets.resolve(input).await;
    let secret = secret.map_err(|source| StartError::Secret {
        path: path.to_owned(),
        source,
    })?;
    Ok(Some(secret))
}

fn auth_mode(
    settings: &Settings,
    given: &Overrides,
) -> Result<Option<AuthModeSetting>, StartError> {
    let Some(text) = &given.auth else {
        return Ok(settings.gateway.auth.mode);
    };
    let value = serde_json::Value::String(text.clone());
    let mode = serde_json::from_value(value).map_err(|_| {
        StartError::Flag(format!(
            "--auth {text:?} is not a mode; use token, password, none or trusted-proxy"
        ))
    })?;
    Ok(Some(mode))
}

/// Settings of the door after flags and environment.
struct DoorSettings {
    port: u16,
    auth: crate::net::config::AuthSettings,
    bind: Option<crate::net::config::BindSetting>,
}

fn door_settings(
    settings: &Settings,
    given: &Overrides,
    env: &config::Env,
) -> Result<DoorSettings, StartError> {
    let refuse = StartError::Flag;
    let from_env = match env.filled("OPENCLAW_GATEWAY_PORT") {
        Some(text) => Some(text.trim().parse().map_err(|_| {
            refuse(format!(
                "OPENCLAW_GATEWAY_PORT is {text:?}, which is no port"
            ))
        })?),
        None => None,
    };
    let port = given
        .port
        .or(from_env)
        .or(settings.gateway.port)
        .unwrap_or(DEFAULT_PORT);
    let bind = match &given.bind {
        Some(text) => Some(crate::net::config::BindSetting::parse(text).map_err(refuse)?),
        None => settings.gateway.bind,
    };
    let mut auth = settings.gateway.auth.clone();
    auth.mode = auth_mode(settings, given)?;
    Ok(DoorSettings { port, auth, bind })
}

fn plan_of(
    settings: &Settings,
    door: &DoorSettings,
    overridden_bind: bool,
    secrets: &AuthSecrets,
) -> Result<NetPlan, StartError> {
    let gateway = &settings.gateway;
    let input = PlanInput {
        port: door.port,
        bind: door.bind,
        host: if overridden_bind { None } else { gateway.host },
        custom_bind_host: gateway.custom_bind_host.as_deref(),
        alias_ports: &gateway.alias_ports,
        hosts: &gateway.hosts,
        auth: &door.auth,
        token: secrets.token.clone(),
        password: secrets.password.clone(),
        trusted_proxies: &gateway.trusted_proxies,
        allow_real_ip_fallback: gateway.allow_real_ip_fallback,
        control_ui: &gateway.control_ui,
        security_headers: &gateway.http.security_headers,
        limits: &gateway.limits,
    };
    NetPlan::new(&input).map_err(StartError::Insecure)
}

/// Keeps the text of settings that worked.
pub(crate) fn keep_good(state_dir: &Path, document: &Document) -> Option<String> {
    let kept = lkg::save(state_dir, document.raw());
    kept.err()
        .map(|error| format!("the settings could not be kept as the last good ones: {error}"))
}
