//! Who answers a request: an agent in a session, or a model on the direct path.

use crate::error::ApiError;
use crate::http::exchange::Answerer;
use crate::services::Services;
use agent::Agent;
use data_encoding::HEXLOWER;
use domain::{RunId, SessionKey};
use http::HeaderMap;
use llm::{ModelRequest, Target, UnknownModel, Wish};
use protocol::ErrorCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What `model` is called when a request does not name one.
pub(super) const DEFAULT_MODEL: &str = "openclaw";

/// Most names in an answer to an unknown one.
const MAX_AVAILABLE: usize = 100;

/// What a request says about who answers and in which session.
pub(super) struct Wanted<'a> {
    pub(super) model: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    /// The session of the response this request continues.
    pub(super) previous: Option<&'a SessionKey>,
    /// The name that sessions of this route have in their keys.
    pub(super) family: &'static str,
}

/// Decides by `model`, the headers and `user`. Source: decisions DEC-14, DEC-15; HTTP API, section 3.
pub(super) fn answerer(
    services: &Services,
    headers: &HeaderMap,
    wanted: &Wanted<'_>,
    principal: Option<&str>,
) -> Result<Answerer, ApiError> {
    let name = wanted.model.unwrap_or(DEFAULT_MODEL);
    let roster = services.agents.roster();
    let header = header(headers, "x-openclaw-agent-id")?;
    let session_header = header_of_session(headers)?;
    let continued = session_header.or(wanted.previous.map(SessionKey::as_str));
    let agent = match agent_target(name) {
        Some(AgentTarget::Named(id)) => roster.find(id).map_err(unknown_agent)?,
        Some(AgentTarget::Unnamed) => match header.or(session_owner(continued)) {
            Some(id) => roster.find(id).map_err(unknown_agent)?,
            None => roster.default_agent(),
        },
        None => return direct(services, name),
    };
    let model = header_model(services, headers)?;
    let session = session(agent, session_header, wanted, principal)?;
    Ok(Answerer::Agent {
        agent: Arc::clone(agent),
        session,
        model,
    })
}

enum AgentTarget<'a> {
    /// `openclaw/<id>`, `openclaw:<id>`, `agent:<id>`
    Named(&'a str),
    /// `openclaw`, `openclaw/default`
    Unnamed,
}

fn agent_target(name: &str) -> Option<AgentTarget<'_>> {
    if name == DEFAULT_MODEL || name == "openclaw/default" || name == "openclaw:default" {
        return Some(AgentTarget::Unnamed);
    }
    ["openclaw/", "openclaw:", "agent:"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .map(AgentTarget::Named)
}

fn direct(services: &Services, name: &str) -> Result<Answerer, ApiError> {
    match known(services, name) {
        Ok(()) => Ok(Answerer::Model(name.to_owned())),
        Err(unknown) => {
            let available = available(services, &unknown);
            Err(ApiError::from(unknown).with_details(json!({ "available_models": available })))
        }
    }
}

/// Whether somebody can be called under `name`: a model, or whom the routing policy chooses once it
/// has seen the request.
fn known(services: &Services, name: &str) -> Result<(), UnknownModel> {
    let names = [name.to_owned()];
    let wish = Wish {
        names: &names,
        routing: None,
    };
    services.models.plan(&wish, &ModelRequest::default())?;
    Ok(())
}

/// What `name` stands for: the value of an alias, else itself.
pub(super) fn unaliased(services: &Services, name: &str) -> String {
    let catalog = services.models.catalog();
    let mut aliases = catalog.aliases();
    let alias = aliases.find(|(alias, _)| *alias == name);
    alias.map_or(name, |(_, real)| real).to_owned()
}

/// The model that embeds texts: the one named, the one in the header when an agent is named, else
/// the first there is.
pub(super) fn embedder(
    services: &Services,
    headers: &HeaderMap,
    name: Option<&str>,
) -> Result<Target, ApiError> {
    let name = name.unwrap_or(DEFAULT_MODEL);
    let catalog = services.models.catalog();
    match agent_target(name) {
        None => {
            return catalog.resolve(name).map_err(|unknown| {
                let embedders = catalog.embeddings().map(|info| info.reference());
                let mut names: Vec<String> = embedders.collect();
                names.extend(available(services, &unknown));
                names.truncate(MAX_AVAILABLE);
                ApiError::from(unknown).with_details(json!({ "available_models": names }))
            });
        }
        Some(AgentTarget::Named(id)) => {
            services.agents.roster().find(id).map_err(unknown_agent)?;
        }
        Some(AgentTarget::Unnamed) => {}
    }
    let named = header_model(services, headers)?;
    let first = || catalog.embeddings().next().map(|info| info.reference());
    let reference = named.or_else(first).ok_or_else(|| {
        ApiError::invalid(
            "no model that makes embeddings is known; name one, as provider/model, in `model` or \
             in the header x-openclaw-model",
        )
        .with_param("model")
    })?;
    Ok(catalog.resolve(&reference)?)
}

/// What could have been meant: names like it first, then everything there is.
fn available(services: &Services, unknown: &UnknownModel) -> Vec<String> {
    let roster = services.agents.roster();
    let catalog = services.models.catalog();
    let agents = roster.iter().map(|agent| format!("openclaw/{}", agent.id));
    let models = catalog.iter().map(|info| info.reference());
    let mut names = unknown.similar.clone();
    for name in std::iter::once(DEFAULT_MODEL.to_owned())
        .chain(agents)
        .chain(services.models.auto_names())
        .chain(models)
    {
        if !names.contains(&name) && names.len() < MAX_AVAILABLE {
            names.push(name);
        }
    }
    names
}

fn header_model(services: &Services, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(name) = header(headers, "x-openclaw-model")? else {
        return Ok(None);
    };
    match known(services, name) {
        Ok(()) => {
            let found = services.models.catalog().resolve(name);
            let model = found.map(|target| target.info.reference());
            Ok(Some(model.unwrap_or_else(|_| unaliased(services, name))))
        }
        Err(unknown) => {
            let shown: String = unknown.name.chars().take(128).collect();
            Err(ApiError::new(
                ErrorCode::InvalidModel,
                format!(
                    "Unknown model: {shown}. `GET /v1/models?kind=model` lists those there are."
                ),
            )
            .with_details(json!({ "available_models": available(services, &unknown) })))
        }
    }
}

fn session(
    agent: &Agent,
    header: Option<&str>,
    wanted: &Wanted<'_>,
    principal: Option<&str>,
) -> Result<SessionKey, ApiError> {
    if let Some(text) = header {
        if agent::is_reserved(text) {
            return Err(ApiError::invalid(
                "`x-openclaw-session-key` cannot use reserved internal session namespaces.",
            ));
        }
        return agent::expand(text, &agent.id)
            .map_err(|why| ApiError::invalid(format!("`x-openclaw-session-key`: {why}")));
    }
    if let Some(previous) = wanted.previous {
        return agent::expand(previous.as_str(), &agent.id)
            .map_err(|why| ApiError::invalid(format!("`previous_response_id`: {why}")));
    }
    let family = wanted.family;
    let key = match wanted.user {
        Some(user) => format!(
            "agent:{}:{family}-user:{}",
            agent.id,
            user_part(user, principal)
        ),
        None => format!("agent:{}:{family}:{}", agent.id, RunId::generate()),
    };
    SessionKey::parse(&key).map_err(|why| ApiError::invalid(why.to_string()))
}

/// The part of a session key that stands for `user`. Texts that are keys already stay as they are;
/// others are shortened and get a digest, so that two users never share a session, and neither do
/// equal users of two principals.
fn user_part(user: &str, principal: Option<&str>) -> String {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_@+.-".contains(&b);
    if principal.is_none() && user.len() <= 128 && user.bytes().all(plain) {
        return user.to_owned();
    }
    let mut digest = Sha256::new();
    digest.update(principal.unwrap_or_default());
    digest.update([0]);
    digest.update(user);
    let digest = HEXLOWER.encode(&digest.finalize());
    let readable: String = user
        .to_ascii_lowercase()
        .bytes()
        .take(48)
        .map(|b| if plain(b) { char::from(b) } else { '-' })
        .collect();
    format!("{readable}:{}", digest.get(..32).unwrap_or(&digest))
}

fn session_owner(key: Option<&str>) -> Option<&str> {
    let (owner, rest) = key?.trim().strip_prefix("agent:")?.split_once(':')?;
    (!rest.is_empty()).then_some(owner)
}

fn header_of_session(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    header(headers, "x-openclaw-session-key")
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ApiError> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Err(_) => Err(ApiError::invalid(format!(
            "`{name}` must be plain ASCII text"
        ))),
    }
}

fn unknown_agent(unknown: agent::UnknownAgent) -> ApiError {
    ApiError::from(agent::SubmitError::from(unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_never_share_a_session() {
        let users = [
            "alice",
            "Alice",
            "ALICE",
            "al ice",
            "al-ice",
            "x".repeat(200).as_str(),
        ]
        .map(|user| user_part(user, None));
        let distinct: std::collections::HashSet<_> = users.iter().collect();
        assert_eq!(distinct.len(), users.len());
        assert_eq!(user_part("alice", None), "alice");
        assert_ne!(
            user_part("alice", Some("proxy:a")),
            user_part("alice", Some("proxy:b"))
        );
        for user in users {
            SessionKey::parse(&format!("agent:main:openai-user:{user}")).unwrap();
        }
    }
}
