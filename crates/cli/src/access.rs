//! How commands reach a running gateway: its address and the secret that opens it.
//!
//! The secret of this machine's gateway goes to this machine's gateway only: an address given on
//! the command line or in the environment needs a secret given there too.

use crate::failure::{Failure, Kind};
use crate::home::Home;
use client::{Client, Credential, Endpoint};
use config::secret::Resolver;
use config::{Document, Env, SecretInput, SecretsSettings};
use gateway::token;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Source: configuration specification, section 2.
pub(crate) const DEFAULT_PORT: u16 = 18789;

/// Options of the commands that talk to a running gateway.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which gateway")]
pub(crate) struct AccessArgs {
    /// Address of another gateway, e.g. http://10.0.0.5:18789; needs --token or --password
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Its token [default: the settings, $OPENCLAW_GATEWAY_TOKEN, the token file]
    #[arg(long, value_name = "TOKEN", conflicts_with = "password")]
    pub(crate) token: Option<SecretString>,
    /// Its password [default: the settings, $OPENCLAW_GATEWAY_PASSWORD]
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<SecretString>,
}

/// What a client must know of the settings. Each part is read by itself: one that is wrong does
/// not hide the others, so that a typo shuts nobody out of a gateway that runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    port: Option<u16>,
    bind: Option<String>,
    auth_mode: Option<String>,
    token: Option<SecretInput>,
    password: Option<SecretInput>,
    secrets: SecretsSettings,
    env: Env,
}

fn part<T: DeserializeOwned>(value: &Value, pointer: &str) -> Option<T> {
    serde_json::from_value(value.pointer(pointer)?.clone()).ok()
}

/// The port the settings name, and where it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port {
    /// The port.
    pub(crate) number: u16,
    /// `env`, `config` or `default`.
    pub(crate) source: &'static str,
}

impl Known {
    /// Reads the settings; those that last worked when the file cannot be read.
    pub(crate) fn of(home: &Home) -> Self {
        let kept = || {
            let file = config::lkg::load(home.state_dir())?;
            Document::load(&file, home.env(), &home.load_options()).ok()
        };
        let document = home
            .document()
            .ok()
            .map(|(_, document)| document)
            .or_else(kept);
        let Some(document) = document else {
            return Self {
                env: home.env().clone(),
                ..Self::default()
            };
        };
        let value = document.value();
        Self {
            port: part(value, "/gateway/port"),
            bind: part(value, "/gateway/bind").or_else(|| part(value, "/gateway/host")),
            auth_mode: part(value, "/gateway/auth/mode"),
            token: part(value, "/gateway/auth/token"),
            password: part(value, "/gateway/auth/password"),
            secrets: part(value, "/secrets").unwrap_or_default(),
            env: document.env().clone(),
        }
    }

    /// Where the gateway of this home listens unless `--port` says otherwise.
    pub(crate) fn port(&self) -> Port {
        let env = self
            .env
            .filled("OPENCLAW_GATEWAY_PORT")
            .and_then(|text| text.trim().parse().ok());
        match (env, self.port) {
            (Some(number), _) => Port {
                number,
                source: "env",
            },
            (None, Some(number)) => Port {
                number,
                source: "config",
            },
            (None, None) => Port {
                number: DEFAULT_PORT,
                source: "default",
            },
        }
    }

    /// `gateway.bind` as written; `loopback` when it is not.
    pub(crate) fn bind(&self) -> String {
        self.bind.as_deref().unwrap_or("loopback").to_owned()
    }

    /// `gateway.auth.mode`, or what follows from the secrets that are configured.
    pub(crate) fn auth_mode(&self) -> String {
        let only_password = self.token.is_none() && self.password.is_some();
        let inferred = if only_password { "password" } else { "token" };
        self.auth_mode.as_deref().unwrap_or(inferred).to_owned()
    }

    /// Whether the environment or the settings name a token.
    pub(crate) fn has_token(&self, home: &Home) -> bool {
        self.token.is_some() || home.env().filled("OPENCLAW_GATEWAY_TOKEN").is_some()
    }

    /// The secret of this home's gateway, looked for as the gateway does: settings, environment,
    /// token file.
    pub(crate) async fn secret(&self, home: &Home) -> Result<Option<Credential>, Failure> {
        let by_password = self.auth_mode() == "password";
        let configured = if by_password {
            self.password.as_ref()
        } else {
            self.token.as_ref()
        };
        if let Some(input) = configured {
            let resolver = Resolver::new(&self.secrets, &self.env, home.state_dir());
            let secret = resolver.resolve(input).await.map_err(|error| {
                Failure::new(
                    Kind::Config,
                    format!("cannot read the gateway's secret: {error}"),
                )
                .fix("openclaw doctor")
            })?;
            return Ok(Some(if by_password {
                Credential::Password(secret)
            } else {
                Credential::Token(secret)
            }));
        }
        if let Some(secret) = environment_secret(home) {
            return Ok(Some(secret));
        }
        let kept = token::load(home.state_dir()).map_err(|error| {
            Failure::file("read", &token::path(home.state_dir()), &error).fix("openclaw doctor")
        })?;
        Ok(kept.map(Credential::Token))
    }
}

/// A client of the gateway that is meant, with `limit` for each call.
///
/// # Errors
/// When another gateway is named without a secret, or this one's secret cannot be read.
pub(crate) async fn client(
    home: &Home,
    args: &AccessArgs,
    limit: Duration,
) -> Result<Client, Failure> {
    Ok(Client::new(endpoint(home, args).await?, limit))
}

/// The gateway that is meant, and its secret.
///
/// # Errors
/// When another gateway is named without a secret, or this one's secret cannot be read.
pub(crate) async fn endpoint(home: &Home, args: &AccessArgs) -> Result<Endpoint, Failure> {
    let given = given(args);
    let named = args
        .url
        .as_deref()
        .or_else(|| home.env().filled("OPENCLAW_GATEWAY_URL"));
    if let Some(url) = named {
        let from_env = if args.url.is_none() {
            environment_secret(home)
        } else {
            None
        };
        let Some(secret) = given.or(from_env) else {
            return Err(
                Failure::new(Kind::Usage, "an address was given without a secret for it")
                    .fix("add --token <TOKEN> or --password <PASSWORD>"),
            );
        };
        return Ok(Endpoint::parse(url, Some(secret))?);
    }
    let known = Known::of(home);
    let base = address(home, &known)?;
    let secret = match given {
        Some(secret) => Some(secret),
        None => known.secret(home).await?,
    };
    Ok(Endpoint::parse(&base, secret)?)
}

/// Where this home's gateway is: where the running one says, else where the settings put it.
///
/// # Errors
/// When the lock file cannot be looked at.
pub(crate) fn address(home: &Home, known: &Known) -> Result<String, Failure> {
    let holder = state::lock::holder(home.state_dir())?;
    let told = holder.and_then(|holder| holder.addresses.into_iter().next());
    Ok(match told {
        Some(address) => base_of(&address),
        None => format!("http://127.0.0.1:{}", known.port().number),
    })
}

/// `host:port` or `http://host:port` as an address to call; an address for "everywhere" becomes
/// this machine.
fn base_of(address: &str) -> String {
    let address = address.trim_start_matches("http://").trim_end_matches('/');
    match address.parse::<std::net::SocketAddr>() {
        Ok(socket) if socket.ip().is_unspecified() => format!("http://127.0.0.1:{}", socket.port()),
        Ok(_) | Err(_) => format!("http://{address}"),
    }
}

fn given(args: &AccessArgs) -> Option<Credential> {
    let token = args.token.clone().map(Credential::Token);
    token.or_else(|| args.password.clone().map(Credential::Password))
}

fn environment_secret(home: &Home) -> Option<Credential> {
    let filled = |name: &str| home.env().filled(name).map(SecretString::from);
    let token = filled("OPENCLAW_GATEWAY_TOKEN").map(Credential::Token);
    token.or_else(|| filled("OPENCLAW_GATEWAY_PASSWORD").map(Credential::Password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_the_lock_file_can_be_called() {
        for (told, base) in [
            ("127.0.0.1:18789", "http://127.0.0.1:18789"),
            ("http://[::1]:19001", "http://[::1]:19001"),
            ("0.0.0.0:1", "http://127.0.0.1:1"),
            ("[::]:1", "http://127.0.0.1:1"),
        ] {
            assert_eq!(base_of(told), base);
        }
    }
}
