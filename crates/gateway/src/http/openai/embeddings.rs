//! `POST /v1/embeddings`. Source: HTTP API, section 5.

use super::error_reply;
use super::params;
use super::request::{Fields, MAX_MODEL, MAX_USER, bounded};
use crate::error::ApiError;
use crate::http::respond::{self, Reply};
use crate::http::target;
use crate::net::{Caller, principal};
use crate::services::Services;
use data_encoding::BASE64;
use domain::{FailureKind, Payer};
use http::{HeaderMap, StatusCode};
use llm::{EmbedCall, Embedded};
use protocol::ErrorCode;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Largest body. Source: HTTP API, section 1.
pub(in crate::http) const MAX_BODY: usize = 5 * 1024 * 1024;

/// Most texts of one request.
const MAX_INPUTS: usize = 128;

/// Most characters of one text, and of all together.
const MAX_CHARACTERS: usize = 8_192;
const MAX_TOGETHER: usize = 65_536;

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Row>,
    model: &'a str,
    usage: UsageOut,
}

#[derive(Serialize)]
struct Row {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Floats(Vec<f32>),
    /// Little-endian 32-bit floats in base64.
    Base64(String),
}

/// A count nobody reported is 0 on this wire, because its clients require a number.
#[derive(Serialize)]
struct UsageOut {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// Answers a request whose body was read.
pub(in crate::http) async fn create(
    services: &Arc<Services>,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Reply {
    answer(services, caller, headers, body)
        .await
        .unwrap_or_else(|error| error_reply(&error))
}

async fn answer(
    services: &Services,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Reply, ApiError> {
    let fields = Fields::read(body)?;
    let inputs = inputs(fields.get("input"))?;
    let model = bounded(&fields, "model", MAX_MODEL)?;
    // Accepted for existing clients; there is nobody it is told to.
    bounded(&fields, "user", MAX_USER)?;
    let dimensions = params::positive(&fields, "dimensions")?;
    let base64 = match fields.text("encoding_format")?.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => {
            return Err(
                ApiError::invalid("`encoding_format` must be float or base64.")
                    .with_param("encoding_format"),
            );
        }
    };
    let target = target::embedder(services, headers, model.as_deref())?;
    let reference = target.info.reference();
    if target.provider.config().offline {
        return Err(ApiError::invalid(format!(
            "{reference} makes no embeddings; name a model that does in `model` or \
             `x-openclaw-model`"
        ))
        .with_param("model"));
    }
    let call = EmbedCall {
        target,
        inputs,
        dimensions,
        payer: Payer {
            key: principal(caller).map(Arc::from),
            ..Payer::default()
        },
    };
    // Dropping this request's future closes the connection to the model.
    let cancel = CancellationToken::new();
    let embedded = services
        .models
        .embed(call, &cancel)
        .await
        .map_err(|failed| failure(failed.error, &reference))?;
    let shown = model.unwrap_or(reference);
    Ok(respond::json(
        StatusCode::OK,
        &list(&shown, embedded, base64),
    ))
}

/// A model that cannot embed is refused by its provider in words that say little.
fn failure(error: llm::Error, model: &str) -> ApiError {
    let status = error.status();
    match error.kind() {
        FailureKind::InvalidRequest if status == Some(0) || status.is_none() => {
            ApiError::new(ErrorCode::InvalidRequest, error.to_string()).with_param("model")
        }
        FailureKind::InvalidRequest | FailureKind::ModelNotFound => {
            let told = ApiError::from(error);
            let message = format!(
                "{}; if {model} makes no embeddings, name a model that does in `model` or \
                 `x-openclaw-model`",
                told.message
            );
            ApiError { message, ..told }
        }
        FailureKind::Unauthorized
        | FailureKind::Forbidden
        | FailureKind::ContextTooLong
        | FailureKind::RateLimited
        | FailureKind::ProviderFailed
        | FailureKind::Unreachable
        | FailureKind::TimedOut
        | FailureKind::BrokenStream
        | FailureKind::OverBudget
        | FailureKind::Internal => ApiError::from(error),
    }
}

fn list(model: &str, embedded: Embedded, base64: bool) -> List<'_> {
    let tokens = embedded.receipt.usage.input.unwrap_or_default().0;
    let vector = |floats: Vec<f32>| {
        if !base64 {
            return Vector::Floats(floats);
        }
        let bytes: Vec<u8> = floats
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Vector::Base64(BASE64.encode(&bytes))
    };
    let rows = embedded.vectors.into_iter().enumerate();
    List {
        object: "list",
        data: rows
            .map(|(index, floats)| Row {
                object: "embedding",
                index,
                embedding: vector(floats),
            })
            .collect(),
        model,
        usage: UsageOut {
            prompt_tokens: tokens,
            total_tokens: tokens,
        },
    }
}

fn inputs(raw: Option<&str>) -> Result<Vec<String>, ApiError> {
    let wrong = |text: String| ApiError::invalid(text).with_param("input");
    let invalid = || wrong("`input` must be a string or an array of strings.".to_owned());
    let value: Value = serde_json::from_str(raw.ok_or_else(invalid)?).map_err(|_| invalid())?;
    let listed = match value {
        Value::String(text) => vec![Value::String(text)],
        Value::Array(listed) => listed,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(invalid());
        }
    };
    if listed.is_empty() {
        return Err(invalid());
    }
    if listed.len() > MAX_INPUTS {
        return Err(wrong(format!(
            "`input` may have at most {MAX_INPUTS} texts."
        )));
    }
    let mut texts = Vec::with_capacity(listed.len());
    let mut together = 0;
    for value in listed {
        let text = match value {
            Value::String(text) => text,
            Value::Number(_) | Value::Array(_) => {
                return Err(wrong(
                    "`input` must be a string or an array of strings; arrays of tokens are not \
                     accepted, because models count them differently. Send the text."
                        .to_owned(),
                ));
            }
            Value::Null | Value::Bool(_) | Value::Object(_) => return Err(invalid()),
        };
        let characters = text.chars().count();
        if characters == 0 {
            return Err(wrong("`input` must not have an empty text.".to_owned()));
        }
        if characters > MAX_CHARACTERS {
            return Err(wrong(format!(
                "a text of `input` may have at most {MAX_CHARACTERS} characters."
            )));
        }
        together += characters;
        texts.push(text);
    }
    if together > MAX_TOGETHER {
        return Err(wrong(format!(
            "the texts of `input` may have at most {MAX_TOGETHER} characters together."
        )));
    }
    Ok(texts)
}
