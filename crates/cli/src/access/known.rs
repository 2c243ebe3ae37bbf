//! What a command must know of the settings to find the gateway.

use super::{DEFAULT_PORT, environment_secret};
use crate::failure::{Failure, Kind};
use crate::home::Home;
use client::Credential;
use config::secret::Resolver;
use config::{Document, Env, SecretInput, SecretsSettings};
use gateway::token;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a client must know of the settings. Each part is read by itself: one that is wrong does
/// not hide the others, so that a typo shuts nobody out of a gateway that runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    port: Option<u16>,
    bind: Option<String>,
    auth_mode: Option<String>,
    token: Option<SecretInput>,
    password: Option<SecretInput>,
    mode: Option<String>,
    remote_url: Option<String>,
    remote_token: Option<SecretInput>,
    remote_password: Option<SecretInput>,
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
            mode: part(value, "/gateway/mode"),
            remote_url: part(value, "/gateway/remote/url"),
            remote_token: part(value, "/gateway/remote/token"),
            remote_password: part(value, "/gateway/remote/password"),
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
            let secret = self.resolve(home, input).await?;
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

    /// The gateway elsewhere that the settings name: its address and secret. `None` unless
    /// `gateway.mode` is `remote`.
    ///
    /// # Errors
    /// When no address is set, or its secret cannot be read.
    pub(crate) async fn remote(
        &self,
        home: &Home,
    ) -> Result<Option<(String, Option<Credential>)>, Failure> {
        if self.mode.as_deref() != Some("remote") {
            return Ok(None);
        }
        let Some(url) = self.remote_url.clone() else {
            let text = "gateway.mode is remote, but gateway.remote.url is not set";
            return Err(Failure::new(Kind::Config, text)
                .fix("openclaw config set gateway.remote.url wss://<HOST>"));
        };
        let credential = match (&self.remote_token, &self.remote_password) {
            (Some(token), _) => Some(Credential::Token(self.resolve(home, token).await?)),
            (None, Some(word)) => Some(Credential::Password(self.resolve(home, word).await?)),
            (None, None) => environment_secret(home),
        };
        Ok(Some((url, credential)))
    }

    /// Whether the settings say that the gateway runs elsewhere.
    pub(crate) fn is_remote(&self) -> bool {
        self.mode.as_deref() == Some("remote")
    }

    async fn resolve(&self, home: &Home, input: &SecretInput) -> Result<SecretString, Failure> {
        let resolver = Resolver::new(&self.secrets, &self.env, home.state_dir());
        resolver.resolve(input).await.map_err(|error| {
            Failure::new(
                Kind::Config,
                format!("cannot read the gateway's secret: {error}"),
            )
            .fix("openclaw doctor")
        })
    }
}
