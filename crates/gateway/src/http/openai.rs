//! OpenAI's dialect: chat completions and the model list. Source: HTTP API, sections 1, 3 and 4.

pub(super) mod chat;
mod complete;
mod content;
pub(super) mod embeddings;
mod media;
pub(super) mod models;
mod params;
mod request;
pub(super) mod responses;
mod stream;
mod tools;

use crate::error::ApiError;
use crate::http::respond::{self, Reply};
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

/// The error object of this dialect.
pub(in crate::http) fn error_value(error: &ApiError) -> Value {
    let mut body = json!({
        "message": error.message,
        "type": error.openai_type(),
        "code": error.reason.unwrap_or(error.code.lower()),
    });
    if let Some(object) = body.as_object_mut() {
        if let Some(param) = error.param {
            object.insert("param".to_owned(), param.into());
        }
        if let Some(details) = &error.details {
            object.insert("details".to_owned(), details.clone());
            if let Some(models) = details.get("available_models") {
                object.insert("available_models".to_owned(), models.clone());
            }
        }
    }
    json!({ "error": body })
}

/// The error as a whole answer.
pub(in crate::http) fn error_reply(error: &ApiError) -> Reply {
    let mut reply = respond::json(error.status, &error_value(error));
    let headers = reply.headers_mut();
    headers.insert("x-openclaw-error", respond::constant(error.code.upper()));
    if let Some(wait) = error.retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, seconds.max(1).into());
    }
    reply
}
