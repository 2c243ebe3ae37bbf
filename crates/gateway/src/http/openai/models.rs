//! `GET /v1/models` and `/v1/models/{id}`: agents first, then the names that ask the routing policy,
//! then models with their prices.
//! Source: HTTP API, section 4; requirements C11 to C13.

use super::error_reply;
use crate::error::ApiError;
use crate::http::respond::{self, Reply};
use crate::http::target::{DEFAULT_MODEL, unaliased};
use crate::services::Services;
use http::StatusCode;
use llm::{ModelInfo, Price};
use protocol::ErrorCode;
use serde::Serialize;

/// Longest model id, in bytes.
const MAX_ID: usize = 256;

/// A row. Models carry more than agents, in the words of both dialects that read them.
#[derive(Serialize)]
struct Row {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
    permission: [(); 0],
    #[serde(flatten)]
    model: Option<ModelRow>,
}

#[derive(Serialize)]
struct ModelRow {
    name: String,
    provider: String,
    context_length: Option<u32>,
    max_output_tokens: Option<u32>,
    /// US dollars per thousand tokens; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<Pricing>,
    /// US dollars per million tokens; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing_per_million: Option<Pricing>,
    capabilities: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best_for: Option<String>,
}

#[derive(Serialize)]
struct Pricing {
    prompt: serde_json::Number,
    completion: serde_json::Number,
}

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Row>,
}

/// `GET /v1/models`, all or with `kind=agent` or `kind=model`.
pub(in crate::http) fn list(services: &Services, query: Option<&str>) -> Reply {
    let kind = query
        .unwrap_or_default()
        .split('&')
        .find_map(|pair| pair.strip_prefix("kind="));
    let (agents, models) = match kind {
        None => (true, true),
        Some("agent") => (true, false),
        Some("model") => (false, true),
        Some(_) => {
            let error = ApiError::invalid("`kind` must be agent or model.").with_param("kind");
            return error_reply(&error);
        }
    };
    let mut data = Vec::new();
    if agents {
        data.push(agent(DEFAULT_MODEL.to_owned()));
        data.push(agent("openclaw/default".to_owned()));
        let roster = services.agents.roster();
        data.extend(
            roster
                .iter()
                .map(|found| agent(format!("openclaw/{}", found.id))),
        );
    }
    if models {
        data.extend(services.models.auto_names().into_iter().map(policy));
        let catalog = services.models.catalog();
        data.extend(catalog.iter().map(|info| model(info)));
    }
    respond::json(
        StatusCode::OK,
        &List {
            object: "list",
            data,
        },
    )
}

/// `GET /v1/models/{id}`; `id` is decoded.
pub(in crate::http) fn one(services: &Services, id: &str) -> Reply {
    let legal = |c: char| !c.is_control() && !c.is_whitespace();
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(legal) {
        return error_reply(&ApiError::invalid("Invalid model id."));
    }
    let named = ["openclaw/", "openclaw:", "agent:"]
        .iter()
        .find_map(|p| id.strip_prefix(p));
    if id == DEFAULT_MODEL || named.is_some_and(|name| services.agents.roster().find(name).is_ok())
    {
        return respond::json(StatusCode::OK, &agent(id.to_owned()));
    }
    match services.models.catalog().resolve(id) {
        Ok(target) if named.is_none() => respond::json(StatusCode::OK, &model(&target.info)),
        Ok(_) | Err(_) => {
            let real = unaliased(services, id);
            if services.models.auto_names().contains(&real) {
                return respond::json(StatusCode::OK, &policy(real));
            }
            error_reply(
                &ApiError::new(ErrorCode::InvalidModel, format!("Model '{id}' not found."))
                    .with_param("model"),
            )
        }
    }
}

fn agent(id: String) -> Row {
    Row {
        id,
        object: "model",
        created: 0,
        owned_by: "openclaw".to_owned(),
        permission: [],
        model: None,
    }
}

/// A name that asks the routing policy. What it costs depends on whom the policy chooses.
fn policy(name: String) -> Row {
    let row = ModelRow {
        name: name.clone(),
        provider: DEFAULT_MODEL.to_owned(),
        context_length: None,
        max_output_tokens: None,
        pricing: None,
        pricing_per_million: None,
        capabilities: vec!["chat", "completion"],
        best_for: None,
    };
    Row {
        model: Some(row),
        ..agent(name)
    }
}

fn model(info: &ModelInfo) -> Row {
    let mut capabilities = vec!["chat", "completion"];
    if info.tools {
        capabilities.push("function_calling");
    }
    if info.images {
        capabilities.push("vision");
    }
    if info.reasoning {
        capabilities.push("reasoning");
    }
    let row = ModelRow {
        name: info.name.clone(),
        provider: info.provider.to_string(),
        context_length: info.context_window,
        max_output_tokens: info.max_output,
        pricing: info.price.as_ref().and_then(|price| pricing(price, 9)),
        pricing_per_million: info.price.as_ref().and_then(|price| pricing(price, 6)),
        capabilities,
        best_for: info.best_for.clone(),
    };
    Row {
        id: info.reference(),
        object: "model",
        created: 0,
        owned_by: info.provider.to_string(),
        permission: [],
        model: Some(row),
    }
}

/// A price is micro-dollars per million tokens; `shift` digits lie behind the point.
fn pricing(price: &Price, shift: usize) -> Option<Pricing> {
    Some(Pricing {
        prompt: decimal(price.input, shift)?,
        completion: decimal(price.output, shift)?,
    })
}

fn decimal(amount: i64, shift: usize) -> Option<serde_json::Number> {
    let digits = format!("{:0>width$}", amount.max(0), width = shift + 1);
    let (whole, fraction) = digits.split_at(digits.len() - shift);
    format!("{whole}.{fraction}")
        .parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn prices_are_dollars() {
        // 2.50 USD per million is 0.0025 per thousand.
        assert_eq!(decimal(2_500_000, 6).unwrap().to_string(), "2.5");
        assert_eq!(decimal(2_500_000, 9).unwrap().to_string(), "0.0025");
        assert_eq!(decimal(0, 9).unwrap().to_string(), "0.0");
    }
}
