//! What the real services refuse: one validator of request bodies per wire format.
//!
//! They are as strict as the services themselves, because a fake that accepts everything proves
//! nothing. Rules that depend on a single model of a service are left out.

mod anthropic;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;
mod place;

use serde_json::Value;

use place::Place;

/// Says whether the service that speaks this wire would take this request body.
///
/// `api` is the name in the settings: `openai-completions`, `openai-responses`,
/// `anthropic-messages`, `google-generative-ai` or `ollama`.
///
/// # Errors
/// What the service would complain about, with the place in the body; also when `api` is none of
/// the five.
pub fn wire_check(api: &str, body: &Value) -> Result<(), String> {
    let check = match api {
        "openai-completions" => openai_chat::check,
        "openai-responses" => openai_responses::check,
        "anthropic-messages" => anthropic::check,
        "google-generative-ai" => gemini::check,
        "ollama" => ollama::check,
        other => return Err(format!("no wire format is named {other:?}")),
    };
    checked(body, check)
}

/// Checks the body of Anthropic's `count_tokens`: a message request without `max_tokens`.
///
/// # Errors
/// As [`wire_check`].
pub fn count_tokens_check(body: &Value) -> Result<(), String> {
    checked(body, anthropic::check_count)
}

/// Checks, and names the place when something is wrong. The fake model checks every request of a
/// load test, so being right must be fast.
fn checked(body: &Value, check: fn(&Place<'_>) -> Result<(), String>) -> Result<(), String> {
    check(&Place::top(body, false)).or_else(|_| check(&Place::top(body, true)))
}
