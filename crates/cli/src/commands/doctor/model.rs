//! The default agent's model: whether it is known, has its key, and its server can be reached.
//!
//! Nothing is asked of a provider and no key is sent: a connection is opened and closed again.

use super::finding::Finding;
use crate::home::Home;
use config::Document;
use config::secret::Resolver;
use gateway::Settings;
use llm::provider::{self, FetchedKeys, LocalServer, ProviderConfig, probe_local};
use secrecy::SecretString;
use std::time::Duration;
use tokio::net::TcpStream;

const MODEL: &str = "model";
const PROVIDER: &str = "provider";
/// How long a connection may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Looks at the providers, then at the model of the default agent.
pub(super) async fn check(home: &Home, document: &Document, settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    let keys = keys(home, document, settings, &mut found).await;
    let env_key = |name: &str| document.env().filled(name).map(SecretString::from);
    let (providers, problems) = provider::configure(&settings.models, &env_key, keys);
    found.extend(
        problems
            .iter()
            .map(|problem| Finding::error(PROVIDER, problem)),
    );
    let local = probe_local().await;
    let chosen = settings.agents.defaults.model.as_ref();
    let name = chosen.and_then(|choice| choice.names().into_iter().next());
    let is_chosen = name.is_some();
    let name = name.unwrap_or_else(|| provider::pick_default(&providers, &local));
    found.push(model(&name, is_chosen, &providers, &local).await);
    found
}

async fn keys(
    home: &Home,
    document: &Document,
    settings: &Settings,
    found: &mut Vec<Finding>,
) -> FetchedKeys {
    let resolver = Resolver::new(&settings.secrets, document.env(), home.state_dir());
    let (keys, missing) = provider::fetch_keys(&settings.models, &resolver).await;
    found.extend(missing.iter().map(|key| {
        let fix = format!(
            "set what it refers to, or: openclaw config unset models.providers.{}",
            key.provider
        );
        Finding::error(PROVIDER, format_args!("{}: {}", key.path, key.error)).fix(fix)
    }));
    keys
}

async fn model(
    name: &str,
    is_chosen: bool,
    providers: &[ProviderConfig],
    local: &[LocalServer],
) -> Finding {
    let id = name.split_once('/').map_or(name, |(provider, _)| provider);
    let configured = providers.iter().find(|provider| provider.id.as_str() == id);
    let found = || local.iter().find(|server| server.provider.as_str() == id);
    let (base_url, hint) = match (configured, found()) {
        (Some(provider), _) if provider.offline => {
            let finding = if is_chosen {
                Finding::fine(MODEL, format_args!("{name}, the built-in demo"))
            } else {
                Finding::warning(
                    MODEL,
                    format_args!("{name}: no key and no local server was found"),
                )
            };
            return finding.fix("openclaw onboard");
        }
        (Some(provider), _) => {
            let hint = provider
                .key_hint
                .as_ref()
                .filter(|_| provider.keys.is_empty());
            (provider.base_url.as_str(), hint.cloned())
        }
        (None, Some(server)) => (server.base_url.as_str(), None),
        (None, None) => {
            return Finding::error(MODEL, format_args!("{name}: no provider {id:?} is usable"))
                .fix(format!(
                    "openclaw config get models.providers.{id}, or openclaw onboard"
                ));
        }
    };
    if let Some(hint) = hint {
        return Finding::error(MODEL, format_args!("{name}: {hint}")).fix("openclaw onboard");
    }
    match reach(base_url).await {
        Ok(()) => Finding::fine(MODEL, format_args!("{name}; its server can be reached")),
        Err(why) => Finding::error(
            MODEL,
            format_args!("{name}: cannot reach {base_url}: {why}"),
        )
        .fix("look at the network, or choose another: openclaw onboard"),
    }
}

async fn reach(base_url: &str) -> Result<(), String> {
    let uri: http::Uri = base_url.parse().map_err(|error| format!("{error}"))?;
    let host = uri
        .host()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_owned();
    let usual = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = uri.port_u16().unwrap_or(usual);
    match tokio::time::timeout(LIMIT, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no connection within {} seconds", LIMIT.as_secs())),
    }
}
