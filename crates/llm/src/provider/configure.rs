//! Joins the vendor table, the settings and the keys to the list of usable providers.

use super::vendors::{VENDORS, Vendor};
use super::{AuthStyle, OFFLINE, ProviderConfig, Timeouts};
use crate::config::{
    Api, CostSettings, Mode, ModelSettings, ModelsSettings, ProviderSettings, TimeoutSettings,
};
use crate::{MediaKinds, ModelInfo, Price};
use config::SecretInput;
use domain::{ModelId, ProviderId};
use http::{HeaderName, HeaderValue, Uri};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::time::Duration;

/// Makes the list of usable providers: configured ones first, by name; then, unless the mode is
/// `replace`, every known vendor whose key `env_key` finds, in the order of the vendor table; the
/// built-in offline model last.
///
/// `resolved` holds the keys of `models.providers.<id>.apiKey`. The second list says, one line
/// each, what could not be used and what to change; such a provider is left out.
pub fn configure<S: BuildHasher>(
    settings: &ModelsSettings,
    env_key: &dyn Fn(&str) -> Option<SecretString>,
    mut resolved: HashMap<ProviderId, SecretString, S>,
) -> (Vec<ProviderConfig>, Vec<String>) {
    let mut providers = Vec::new();
    let mut problems = Vec::new();
    for (id, section) in &settings.providers {
        let given = resolved.remove(id.as_str());
        match configured(id, section, given, env_key) {
            Ok(config) => providers.push(config),
            Err(problem) => problems.push(format!("models.providers.{id}{problem}")),
        }
    }
    if settings.mode == Mode::Merge {
        for vendor in VENDORS
            .iter()
            .filter(|row| !settings.providers.contains_key(row.id))
        {
            if let Some(key) = vendor.env_keys.iter().find_map(|name| env_key(name)) {
                let mut config = from_vendor(vendor);
                config.keys = vec![key];
                providers.push(config);
            }
        }
    }
    providers.push(ProviderConfig::offline());
    (providers, problems)
}

/// A provider as the vendor table describes it, without a key.
pub(super) fn from_vendor(vendor: &Vendor) -> ProviderConfig {
    ProviderConfig {
        auth_header: vendor.auth,
        key_hint: vendor.env_keys.first().map(|name| {
            format!(
                "no key is configured; set {name} or models.providers.{}.apiKey",
                vendor.id
            )
        }),
        models: vendor.models.iter().map(|row| row.info(vendor)).collect(),
        default_model: vendor.default_model.map(ModelId::new),
        open_ended: vendor.open_ended,
        free: vendor.local.is_some(),
        quirks: vendor.quirks,
        ..ProviderConfig::new(vendor.id, vendor.base_url)
    }
}

fn configured(
    id: &str,
    section: &ProviderSettings,
    given: Option<SecretString>,
    env_key: &dyn Fn(&str) -> Option<SecretString>,
) -> Result<ProviderConfig, String> {
    if id == OFFLINE {
        return Err(": the name belongs to the built-in offline model; choose another".to_owned());
    }
    if id.is_empty() || id.contains('/') {
        return Err(": a provider name is not empty and holds no slash".to_owned());
    }
    let vendor = VENDORS.iter().find(|vendor| vendor.id == id);
    let mut config = vendor.map_or_else(|| ProviderConfig::new(id, ""), from_vendor);
    // A key of the environment belongs to the vendor's own address: to another address only a key
    // of the settings is sent.
    let mut at_home = vendor.is_some();
    if let Some(base_url) = &section.base_url {
        let base_url = base_url.trim().trim_end_matches('/');
        at_home = at_home && base_url == config.base_url;
        base_url.clone_into(&mut config.base_url);
    }
    check_url(&config.base_url)?;
    if let Some(api) = &section.api {
        config.api = api.clone();
    }
    if config.api != Api::OpenAiCompletions {
        return Err(format!(
            ".api: {:?} is not served by this version; use \"openai-completions\" with the \
             provider's OpenAI-compatible address",
            config.api.as_str()
        ));
    }
    let usual_key = || {
        let names = vendor.filter(|_| at_home)?.env_keys;
        names.iter().find_map(|name| env_key(name))
    };
    let key = match (&section.api_key, given) {
        (_, Some(key)) => Some(key),
        (Some(SecretInput::Inline(key)), None) => Some(checked(key)?),
        (Some(SecretInput::Ref(_)), None) => {
            return Err(".apiKey: the reference could not be resolved".to_owned());
        }
        (None, None) => usual_key(),
    };
    config.keys = key.into_iter().collect();
    config.headers = headers(section)?;
    if section.auth_header == Some(false) {
        config.auth_header = AuthStyle::None;
    }
    if !at_home || config.auth_header == AuthStyle::None {
        config.key_hint = None;
    }
    config.timeouts = timeouts(&section.timeouts);
    join_models(&mut config, &section.models)?;
    config.open_ended = section.models.is_empty() && config.open_ended;
    Ok(config)
}

/// An empty text, or a variable that was not there to be filled in, is no key.
fn checked(key: &SecretString) -> Result<SecretString, String> {
    let text = key.expose_secret().trim();
    if text.is_empty() {
        return Err(".apiKey: is empty".to_owned());
    }
    if text.starts_with("${") && text.ends_with('}') {
        return Err(format!(".apiKey: the variable {text} is not set"));
    }
    Ok(key.clone())
}

fn check_url(base_url: &str) -> Result<(), String> {
    if base_url.is_empty() {
        return Err(".baseUrl: required, since the provider is not one we know".to_owned());
    }
    let uri: Uri = base_url
        .parse()
        .map_err(|error| format!(".baseUrl: {base_url:?} is not an address: {error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(format!(
            ".baseUrl: {base_url:?} must begin with https:// or http://"
        ));
    }
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(".baseUrl: must not hold a user name or password; use apiKey".to_owned());
    }
    if uri.query().is_some() {
        return Err(".baseUrl: must not hold a query; use headers".to_owned());
    }
    Ok(())
}

fn headers(section: &ProviderSettings) -> Result<Vec<(HeaderName, SecretString)>, String> {
    let mut all = Vec::new();
    for (name, value) in &section.headers {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!(".headers: {name:?} is not a header name"))?;
        let ours = [
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "content-type",
        ];
        if ours.contains(&parsed.as_str()) {
            return Err(format!(".headers.{name}: is set by the gateway itself"));
        }
        if HeaderValue::from_str(value.0.expose_secret()).is_err() {
            return Err(format!(
                ".headers.{name}: the value has characters a header cannot hold"
            ));
        }
        all.push((parsed, value.0.clone()));
    }
    Ok(all)
}

fn timeouts(section: &TimeoutSettings) -> Timeouts {
    let usual = Timeouts::default();
    let or = |ms: Option<u64>, usual| ms.filter(|ms| *ms > 0).map_or(usual, Duration::from_millis);
    Timeouts {
        connect: or(section.connect_ms, usual.connect),
        first_byte: or(section.first_byte_ms, usual.first_byte),
        idle: or(section.idle_ms, usual.idle),
    }
}

/// Adds the configured models; one that the table has too keeps what the settings leave out.
fn join_models(config: &mut ProviderConfig, sections: &[ModelSettings]) -> Result<(), String> {
    let mut first = None;
    for (index, section) in sections.iter().enumerate() {
        if section.id.is_empty() {
            return Err(format!(".models[{index}].id: is empty"));
        }
        first = first.or_else(|| Some(ModelId::new(section.id.as_str())));
        let known = config
            .models
            .iter()
            .position(|info| info.model.as_str() == section.id);
        let base = known.map(|at| config.models.swap_remove(at));
        let info = model(config, section, base);
        config.models.push(info);
    }
    if first.is_some() {
        config.default_model = first;
    }
    Ok(())
}

fn model(config: &ProviderConfig, section: &ModelSettings, base: Option<ModelInfo>) -> ModelInfo {
    let base = base.unwrap_or_else(|| ModelInfo {
        provider: config.id.clone(),
        model: ModelId::new(section.id.as_str()),
        name: section.id.clone(),
        context_window: None,
        max_output: None,
        images: false,
        media: MediaKinds::default(),
        tools: true,
        reasoning: false,
        price: config.free.then_some(Price::FREE),
        best_for: None,
    });
    let images = section
        .input
        .as_ref()
        .map(|kinds| kinds.iter().any(|kind| kind == "image"));
    ModelInfo {
        name: section.name.clone().unwrap_or(base.name),
        context_window: section.context_window.or(base.context_window),
        max_output: section.max_tokens.or(base.max_output),
        images: images.unwrap_or(base.images),
        reasoning: section.reasoning.unwrap_or(base.reasoning),
        price: section.cost.as_ref().map(price).or(base.price),
        ..base
    }
}

fn price(cost: &CostSettings) -> Price {
    Price {
        input: cost.input.0,
        output: cost.output.0,
        cache_read: cost.cache_read.unwrap_or(cost.input).0,
        cache_write: cost.cache_write.unwrap_or(cost.input).0,
    }
}
