//! Keys of providers: those of the settings, fetched, and those of the environment.

use super::vendors::Vendor;
use crate::config::{ModelsSettings, ProviderSettings};
use config::SecretInput;
use config::secret::{Resolver, SecretError};
use domain::ProviderId;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;

/// Highest number of a numbered variable that is looked for.
const MOST_NUMBER: u32 = 99;

/// The keys of `models.providers`, fetched: of each provider those that could be had, best first.
#[derive(Debug, Clone, Default)]
pub struct FetchedKeys(HashMap<ProviderId, Vec<SecretString>>);

/// A key of the settings that could not be had.
#[derive(Debug)]
pub struct MissingKey {
    /// Its provider, as named in the settings.
    pub provider: String,
    /// Where it stands in the settings.
    pub path: String,
    /// Why; says what to do.
    pub error: SecretError,
}

/// Fetches every key of every provider. One that cannot be had does not stop the others.
pub async fn fetch_keys(
    settings: &ModelsSettings,
    resolver: &Resolver,
) -> (FetchedKeys, Vec<MissingKey>) {
    let mut fetched = FetchedKeys::default();
    let mut missing = Vec::new();
    for (id, section) in &settings.providers {
        for (place, input) in listed(section) {
            match resolver.resolve(input).await {
                Ok(key) => fetched.add(id, key),
                Err(error) => missing.push(MissingKey {
                    provider: id.clone(),
                    path: format!("models.providers.{id}.{place}"),
                    error,
                }),
            }
        }
    }
    (fetched, missing)
}

impl FetchedKeys {
    /// Adds a key after the ones the provider has.
    pub fn add(&mut self, provider: &str, key: SecretString) {
        let keys = self.0.entry(ProviderId::new(provider)).or_default();
        keys.push(key);
    }

    /// Takes the keys of a provider out.
    pub(super) fn take(&mut self, provider: &str) -> Vec<SecretString> {
        self.0.remove(provider).unwrap_or_default()
    }
}

/// The keys a section lists, in order of preference, each with its place in the section.
fn listed(section: &ProviderSettings) -> impl Iterator<Item = (String, &SecretInput)> {
    let first = section.api_key.iter().map(|key| ("apiKey".to_owned(), key));
    let rest = section.api_keys.iter().enumerate();
    first.chain(rest.map(|(at, key)| (format!("apiKeys[{at}]"), key)))
}

/// The keys of a section: as fetched; what nobody fetched is taken when it stands there in plain
/// text. `Ok` is empty when the section lists none.
pub(super) fn of_settings(
    section: &ProviderSettings,
    fetched: Vec<SecretString>,
) -> Result<Vec<SecretString>, String> {
    if !fetched.is_empty() {
        return Ok(distinct(fetched));
    }
    let mut keys = Vec::new();
    let mut problem = None;
    for (place, input) in listed(section) {
        match plain(input) {
            Ok(key) => keys.push(key),
            Err(why) => problem = problem.or_else(|| Some(format!(".{place}{why}"))),
        }
    }
    match problem {
        Some(problem) if keys.is_empty() => Err(problem),
        Some(_) | None => Ok(distinct(keys)),
    }
}

/// An empty text, or a variable that was not there to be filled in, is no key.
fn plain(input: &SecretInput) -> Result<SecretString, String> {
    let SecretInput::Inline(key) = input else {
        return Err(": the reference could not be resolved".to_owned());
    };
    let text = key.expose_secret().trim();
    if text.is_empty() {
        return Err(": is empty".to_owned());
    }
    if text.starts_with("${") && text.ends_with('}') {
        return Err(format!(": the variable {text} is not set"));
    }
    Ok(key.clone())
}

/// The keys of a vendor in the environment: the first of its variables that is set, then the same
/// name with `_2`, `_3` and so on until one is not set.
pub(super) fn of_environment(
    vendor: &Vendor,
    variable: &dyn Fn(&str) -> Option<SecretString>,
) -> Vec<SecretString> {
    let mut names = vendor.env_keys.iter();
    let Some((name, key)) = names.find_map(|name| Some((name, variable(name)?))) else {
        return Vec::new();
    };
    let more = (2..=MOST_NUMBER).map_while(|number| variable(&format!("{name}_{number}")));
    distinct(std::iter::once(key).chain(more))
}

/// The same key twice is one key. White space around a key is no part of it: it is neither sent nor
/// looked for in a provider's words.
fn distinct(keys: impl IntoIterator<Item = SecretString>) -> Vec<SecretString> {
    let mut all: Vec<SecretString> = Vec::new();
    for key in keys {
        let text = key.expose_secret().trim();
        if all.iter().all(|known| known.expose_secret() != text) {
            all.push(SecretString::from(text));
        }
    }
    all
}
