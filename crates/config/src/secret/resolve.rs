//! Fetches secrets. Whatever goes wrong, there is no secret; nothing falls back to another place.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::settings::{EnvProvider, FileProvider, SecretProvider, SecretsSettings};
use super::{SecretInput, SecretRef, Source, exec, file};
use crate::{Env, substitute};

/// How long a provider may take when its settings do not say.
const DEFAULT_TIMEOUT_MS: u32 = 5000;
/// How much a provider may answer when its settings do not say.
pub(super) const DEFAULT_MAX_BYTES: u32 = 1024 * 1024;

/// Why there is no secret. Names the reference, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The place works but has no such secret, or an empty one. Set it.
    #[error("secret {reference}: {why}")]
    Missing {
        /// What was asked for.
        reference: String,
        /// What is not there.
        why: String,
    },
    /// The settings or the rights of a file do not allow it. Change them.
    #[error("secret {reference}: {why}")]
    Refused {
        /// What was asked for.
        reference: String,
        /// What forbids it, with the command that helps where there is one.
        why: String,
    },
    /// The place did not answer as it should. Trying again may help.
    #[error("secret {reference}: {why}")]
    Unavailable {
        /// What was asked for.
        reference: String,
        /// What it did instead.
        why: String,
    },
}

/// What a provider says; the reference is added by [`Resolver::resolve`].
pub(super) enum Failure {
    Missing(String),
    Refused(String),
    Unavailable(String),
}

impl Failure {
    fn about(self, reference: &str) -> SecretError {
        let reference = reference.to_owned();
        match self {
            Self::Missing(why) => SecretError::Missing { reference, why },
            Self::Refused(why) => SecretError::Refused { reference, why },
            Self::Unavailable(why) => SecretError::Unavailable { reference, why },
        }
    }
}

/// Fetches what references point at. Keeps nothing: each call asks the place again.
#[derive(Clone, Debug)]
pub struct Resolver {
    settings: SecretsSettings,
    env: Env,
    state_dir: PathBuf,
}

impl Resolver {
    /// `env` is what `source: "env"` reads, usually [`Document::env`](crate::Document::env);
    /// relative paths of file providers are below `state_dir`.
    pub fn new(settings: &SecretsSettings, env: &Env, state_dir: &Path) -> Self {
        Self {
            settings: settings.clone(),
            env: env.clone(),
            state_dir: state_dir.to_owned(),
        }
    }

    /// The secret behind `input`. It is never empty.
    ///
    /// An inline text that still contains a `${NAME}` is refused, because everybody who reads the
    /// file knows it; a real secret that looks like that has to be kept behind a reference.
    ///
    /// # Errors
    /// [`SecretError`] when the secret cannot be had for any reason.
    ///
    /// # Cancel safety
    /// Dropping the future ends a program that was asked, with its children.
    pub async fn resolve(&self, input: &SecretInput) -> Result<SecretString, SecretError> {
        let (secret, name) = match input {
            SecretInput::Inline(secret) => {
                let found = substitute::first_reference(secret.expose_secret());
                if let Some(name) = found {
                    let why = format!("environment variable {name} is not set");
                    return Err(Failure::Missing(why).about(&format!("${{{name}}}")));
                }
                (secret.clone(), "written in the settings".to_owned())
            }
            SecretInput::Ref(reference) => {
                let provider = self.provider_name(reference);
                let name = format!("{}:{provider}:{}", reference.source.name(), reference.id);
                let fetched = self.fetch(reference, &provider).await;
                (fetched.map_err(|failure| failure.about(&name))?, name)
            }
        };
        if secret.expose_secret().trim().is_empty() {
            return Err(Failure::Missing("is empty".to_owned()).about(&name));
        }
        Ok(secret)
    }

    fn provider_name(&self, reference: &SecretRef) -> String {
        let defaults = &self.settings.defaults;
        let default = match reference.source {
            Source::Env => &defaults.env,
            Source::File => &defaults.file,
            Source::Exec => &defaults.exec,
        };
        let name = reference.provider.as_ref().or(default.as_ref());
        name.cloned().unwrap_or_else(|| "default".to_owned())
    }

    async fn fetch(&self, reference: &SecretRef, name: &str) -> Result<SecretString, Failure> {
        let id = &reference.id;
        match (reference.source, self.settings.providers.get(name)) {
            (Source::Env, Some(SecretProvider::Env(provider))) => self.variable(provider, id),
            (Source::Env, None) if name == "default" => self.variable(&EnvProvider::default(), id),
            (Source::File, Some(SecretProvider::File(provider))) => self.file(provider, id).await,
            (Source::Exec, Some(SecretProvider::Exec(provider))) => {
                exec::fetch(provider, name, id, &self.env).await
            }
            (_, None) => Err(Failure::Refused(format!(
                "there is no provider \"{name}\"; add secrets.providers.{name}"
            ))),
            (source, Some(_)) => Err(Failure::Refused(format!(
                "secrets.providers.{name} is not of source \"{}\"",
                source.name()
            ))),
        }
    }

    fn variable(&self, provider: &EnvProvider, name: &str) -> Result<SecretString, Failure> {
        if provider
            .allowlist
            .as_ref()
            .is_some_and(|list| !list.iter().any(|known| known == name))
        {
            return Err(Failure::Refused(format!(
                "{name} is not in the provider's allowlist"
            )));
        }
        let value = self
            .env
            .get(name)
            .ok_or_else(|| Failure::Missing(format!("environment variable {name} is not set")))?;
        Ok(SecretString::from(value))
    }

    async fn file(&self, provider: &FileProvider, id: &str) -> Result<SecretString, Failure> {
        let path = if provider.path.starts_with('~') {
            crate::locate::user_path(&self.env, &provider.path)
                .map_err(|problem| Failure::Refused(problem.message))?
        } else {
            self.state_dir.join(&provider.path)
        };
        let limit = provider.max_bytes.unwrap_or(DEFAULT_MAX_BYTES);
        let (mode, id, shown) = (provider.mode, id.to_owned(), path.display().to_string());
        let work = tokio::task::spawn_blocking(move || file::fetch(&path, mode, &id, limit));
        match tokio::time::timeout(milliseconds(provider.timeout_ms), work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::Unavailable(format!(
                "reading {shown} was interrupted"
            ))),
            Err(_) => Err(Failure::Unavailable(format!(
                "reading {shown} took too long"
            ))),
        }
    }
}

pub(super) fn milliseconds(configured: Option<u32>) -> Duration {
    Duration::from_millis(u64::from(configured.unwrap_or(DEFAULT_TIMEOUT_MS)))
}
