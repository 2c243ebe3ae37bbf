//! Joins the vendor table, the settings and the keys to the list of usable providers.

use super::keys::{self, FetchedKeys};
use super::vendors::{VENDORS, Vendor};
use super::{AuthStyle, OFFLINE, ProviderConfig, Timeouts};
use crate::config::{
    Api, CostSettings, Mode, ModelSettings, ModelsSettings, ProviderSettings, TimeoutSettings,
};
use crate::{MediaKinds, ModelInfo, Price};
use domain::ModelId;
use http::{HeaderName, HeaderValue, Uri};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Makes the list of usable providers: configured ones first, by name; then, unless the mode is
/// `replace`, every known vendor whose key `env_key` finds, in the order of the vendor table; the
/// built-in offline model last.
///
/// `fetched` holds the keys of `models.providers`. The second list says, one line each, what could
/// not be used and what to change; such a provider is left out.
pub fn configure(
    settings: &ModelsSettings,
    env_key: &dyn Fn(&str) -> Option<SecretString>,
    mut fetched: FetchedKeys,
) -> (Vec<ProviderConfig>, Vec<String>) {
    let mut providers = Vec::new();
    let mut problems = Vec::new();
    for (id, section) in &settings.providers {
        match configured(id, section, fetched.take(id), env_key) {
            Ok(config) => providers.push(config),
            Err(problem) => problems.push(format!("models.providers.{id}{problem}")),
        }
    }
    if settings.mode == Mode::Merge {
        let unlisted = |row: &&Vendor| !settings.providers.contains_key(row.id);
        for vendor in VENDORS.iter().filter(unlisted) {
            let keys = keys::of_environment(vendor, env_key);
            if !keys.is_empty() && vendor.needs_only_a_key() {
                providers.push(ProviderConfig {
                    keys,
                    ..from_vendor(vendor)
                });
            }
        }
    }
    providers.push(ProviderConfig::offline());
    (providers, problems)
}

/// A provider as the vendor table describes it, without a key.
pub(super) fn from_vendor(vendor: &Vendor) -> ProviderConfig {
    ProviderConfig {
        api: vendor.api.clone(),
        auth_header: vendor.auth,
        key_hint: vendor.env_keys.first().map(|name| {
            format!(
                "no key is configured; set {name} or models.providers.{}.apiKey",
                vendor.id
            )
        }),
        models: vendor.models.iter().map(|row| row.info(vendor)).collect(),
        embeddings: vendor
            .embeddings
            .iter()
            .map(|row| row.info(vendor))
            .collect(),
        default_model: vendor.default_model.map(ModelId::new),
        open_ended: vendor.open_ended,
        price: vendor.local.is_some().then_some(Price::FREE),
        quirks: vendor.quirks,
        ..ProviderConfig::new(vendor.id, vendor.base_url)
    }
}

fn configured(
    id: &str,
    section: &ProviderSettings,
    fetched: Vec<SecretString>,
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
    if let Some(base_url) = &section.base_url {
        let base_url = base_url.trim().trim_end_matches('/');
        base_url.clone_into(&mut config.base_url);
    }
    check_url(&config.base_url, vendor)?;
    config.api = api(section, vendor, &config.base_url);
    check_api(&config.api)?;
    config.auth_header = auth(section, vendor, &config.api);
    // A key of the environment belongs to the vendor's own servers: to another server only a key of
    // the settings is sent.
    let at_home = vendor.filter(|vendor| is_home(vendor, &config.base_url));
    config.keys = keys::of_settings(section, fetched)?;
    if let (true, Some(vendor)) = (config.keys.is_empty(), at_home) {
        config.keys = keys::of_environment(vendor, env_key);
    }
    config.headers = headers(section)?;
    if at_home.is_none() || config.auth_header == AuthStyle::None {
        config.key_hint = None;
    }
    config.price = section.cost.as_ref().map(price).or(config.price);
    config.timeouts = timeouts(&section.timeouts);
    join_models(&mut config, &section.models)?;
    config.open_ended = section.models.is_empty() && config.open_ended;
    Ok(config)
}

/// The wire format: as set, else the vendor's, unless the address is the one at which the vendor
/// imitates chat completions.
fn api(section: &ProviderSettings, vendor: Option<&Vendor>, base_url: &str) -> Api {
    let imitates = |vendor: &&Vendor| {
        vendor
            .imitates_at
            .is_some_and(|end| base_url.ends_with(end))
    };
    match (&section.api, vendor) {
        (Some(api), _) => api.clone(),
        (None, Some(vendor)) if !imitates(&vendor) => vendor.api.clone(),
        (None, Some(_) | None) => Api::OpenAiCompletions,
    }
}

fn check_api(api: &Api) -> Result<(), String> {
    let instead = match api {
        Api::OpenAiCompletions
        | Api::OpenAiResponses
        | Api::AnthropicMessages
        | Api::GoogleGenerativeAi
        | Api::Ollama => return Ok(()),
        Api::BedrockConverseStream => {
            "Bedrock's own format is not spoken; use \"openai-completions\" with baseUrl \
             https://bedrock-runtime.REGION.amazonaws.com/openai/v1 and a Bedrock API key"
        }
        Api::GithubCopilot => {
            "GitHub's own sign-in is not spoken; use another provider, or an \
             OpenAI-compatible server in front of it with \"openai-completions\""
        }
        Api::Other(_) => {
            "unknown; use openai-completions, openai-responses, anthropic-messages, \
             google-generative-ai or ollama"
        }
    };
    Err(format!(".api: {:?}: {instead}", api.as_str()))
}

/// How the key is sent: as set, else as the vendor wants it, as long as its own family of wire
/// formats is spoken.
fn auth(section: &ProviderSettings, vendor: Option<&Vendor>, api: &Api) -> AuthStyle {
    let usual = AuthStyle::usual(api);
    match section.auth_header {
        Some(true) => AuthStyle::Bearer,
        Some(false) => AuthStyle::None,
        None => vendor
            .filter(|vendor| AuthStyle::usual(&vendor.api) == usual)
            .map_or(usual, |vendor| vendor.auth),
    }
}

/// Whether an address is on one of the vendor's own servers.
fn is_home(vendor: &Vendor, base_url: &str) -> bool {
    let server = |url: &str| {
        let uri: Uri = url.parse().ok()?;
        let host = uri.host()?.to_ascii_lowercase();
        Some((uri.scheme_str()?.to_owned(), host, uri.port_u16()))
    };
    match vendor.own_address {
        None => server(base_url) == server(vendor.base_url),
        Some(own) => server(base_url).is_some_and(|(scheme, host, port)| {
            let theirs = own.hosts.iter().any(|end| host.ends_with(end));
            scheme == "https" && port.is_none() && theirs
        }),
    }
}

fn check_url(base_url: &str, vendor: Option<&Vendor>) -> Result<(), String> {
    if base_url.is_empty() {
        return Err(match vendor.and_then(|vendor| vendor.own_address) {
            Some(own) => format!(
                ".baseUrl: required; yours looks like {example}",
                example = own.example
            ),
            None => ".baseUrl: required, since the provider is not one we know".to_owned(),
        });
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
        price: config.price,
        best_for: None,
    });
    let reads = |name: &str, known: bool| {
        let kinds = section.input.as_ref();
        kinds.map_or(known, |kinds| kinds.iter().any(|kind| kind == name))
    };
    ModelInfo {
        name: section.name.clone().unwrap_or(base.name),
        context_window: section.context_window.or(base.context_window),
        max_output: section.max_tokens.or(base.max_output),
        images: reads("image", base.images),
        media: MediaKinds {
            documents: reads("document", base.media.documents),
            audio: reads("audio", base.media.audio),
            video: reads("video", base.media.video),
        },
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
