//! What a provider's refusal means.

use super::Peer;
use super::words::clean;
use crate::Error;
use crate::wire::openai_chat::{ErrorBody, Scalar};
use http::{HeaderMap, HeaderName, StatusCode, header};
use std::time::Duration;

/// A refusal reduced to what decides its meaning.
struct Refusal<'a> {
    peer: &'a Peer,
    /// HTTP status; 0 when the error came inside an answer and names none.
    status: u16,
    /// `code` and `type`, lower case, a space between them.
    words: String,
    message: String,
    retry_after: Option<Duration>,
}

/// An answer with a status other than success.
pub(super) fn answer(peer: &Peer, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    if status.is_redirection() {
        let to = headers
            .get(header::LOCATION)
            .map_or(&b"nowhere"[..], |value| value.as_bytes());
        return Error::InvalidRequest {
            provider: peer.provider.clone(),
            status: status.as_u16(),
            message: format!(
                "it redirects to {}; redirects are not followed, so set that address as baseUrl",
                clean(peer, to)
            ),
        };
    }
    let read = ErrorBody::read(body).unwrap_or_default();
    let mut refusal = refusal(peer, status.as_u16(), &read, body);
    if refusal.message.is_empty() {
        refusal.message = status
            .canonical_reason()
            .unwrap_or("no reason given")
            .to_lowercase();
    }
    refusal.retry_after = retry_after(headers);
    judge(refusal)
}

/// An error inside an answer that began with success.
pub(super) fn in_stream(peer: &Peer, read: &ErrorBody, raw: &[u8]) -> Error {
    let detail = read.error.as_ref();
    let code = detail
        .and_then(|detail| detail.code.as_str())
        .unwrap_or_default();
    let status = code
        .parse()
        .ok()
        .filter(|code| (400..600).contains(code))
        .unwrap_or(0);
    judge(refusal(peer, status, read, raw))
}

/// The error a whole answer holds although its status is success, if it holds one.
pub(crate) fn stated(peer: &Peer, body: &[u8]) -> Option<Error> {
    let read = ErrorBody::read(body)?;
    read.error.is_some().then(|| in_stream(peer, &read, body))
}

fn refusal<'a>(peer: &'a Peer, status: u16, read: &ErrorBody, raw: &[u8]) -> Refusal<'a> {
    let detail = read.error.clone().unwrap_or_default();
    let text = |scalar: &Scalar| scalar.as_str().unwrap_or_default().to_owned();
    let elsewhere = || {
        read.message
            .as_ref()
            .or(read.detail.as_ref())
            .map(text)
            .unwrap_or_default()
    };
    let said = Some(text(&detail.message))
        .filter(|said| !said.is_empty())
        .unwrap_or_else(elsewhere);
    let said = if said.is_empty() {
        clean(peer, raw)
    } else {
        clean(peer, said.as_bytes())
    };
    let words = format!("{} {}", text(&detail.code), text(&detail.kind)).to_lowercase();
    Refusal {
        peer,
        status,
        words,
        message: said,
        retry_after: None,
    }
}

/// The status an error inside an answer stands for, by its words; 0 when they say nothing.
fn status_of(words: &str) -> u16 {
    const TABLE: [(&str, u16); 17] = [
        ("insufficient_quota", 402),
        ("billing", 402),
        ("request_too_large", 413),
        ("rate_limit", 429),
        ("too_many_requests", 429),
        ("resource_exhausted", 429),
        ("invalid_api_key", 401),
        ("authentication", 401),
        ("unauthenticated", 401),
        ("permission", 403),
        ("image", 400),
        ("not_found", 404),
        ("overloaded", 529),
        ("invalid_request", 400),
        ("invalid_argument", 400),
        ("invalid_prompt", 400),
        ("timeout", 408),
    ];
    TABLE
        .iter()
        .find(|(word, _)| words.contains(word))
        .map_or(0, |(_, status)| *status)
}

const TOO_LONG: [&str; 10] = [
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "context limit",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "input token count",
    "reduce the length",
];

const NO_BALANCE: [&str; 1] = ["credit balance is too low"];

const BAD_KEY: [&str; 3] = ["api key not valid", "incorrect api key", "invalid api key"];

fn judge(refusal: Refusal<'_>) -> Error {
    let Refusal {
        peer,
        status,
        words,
        message,
        retry_after,
    } = refusal;
    let provider = peer.provider.clone();
    let model = peer.model.clone();
    let lower = message.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let meant = match status {
        0 => status_of(&words),
        400 if says(&NO_BALANCE) => 402,
        known => known,
    };
    let rate_limited = words.contains("rate_limit");
    let too_long = words.contains("context_length") || words.contains("exceed_context_size");
    match meant {
        400 | 413 | 422 | 0 if too_long || says(&TOO_LONG) => Error::ContextTooLong {
            provider,
            model,
            status,
            message,
        },
        413 if !rate_limited => Error::ContextTooLong {
            provider,
            model,
            status,
            message,
        },
        400 if says(&BAD_KEY) => Error::Unauthorized {
            provider,
            status,
            message,
        },
        401 => Error::Unauthorized {
            provider,
            status,
            message,
        },
        // No balance comes as "too many requests" too, but waiting does not help.
        402 | 403 => Error::Forbidden {
            provider,
            status,
            message,
        },
        429 if words.contains("insufficient_quota") => Error::Forbidden {
            provider,
            status,
            message,
        },
        413 | 429 => Error::RateLimited {
            provider,
            model,
            retry_after,
            message,
        },
        404 => Error::ModelNotFound {
            provider,
            model,
            status,
            message,
        },
        0 | 408 | 409 | 425 | 500.. => Error::ProviderFailed {
            provider,
            status,
            message,
            retry_after,
        },
        1..500 => Error::InvalidRequest {
            provider,
            status,
            message,
        },
    }
}

/// How long to wait: `retry-after-ms`, `Retry-After` in seconds, or as a date, measured from the
/// answer's own `Date` so that no clock is needed.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|n| n.is_finite() && *n >= 0.0)
    };
    if let Some(ms) = text(RETRY_AFTER_MS).and_then(number) {
        return Duration::try_from_secs_f64(ms / 1000.0).ok();
    }
    let after = text(header::RETRY_AFTER)?;
    if let Some(seconds) = number(after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(after).ok()?;
    let now = httpdate::parse_http_date(text(header::DATE)?).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}
