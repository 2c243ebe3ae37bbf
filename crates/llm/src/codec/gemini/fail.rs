//! What a refusal means, beyond what every provider's means.

use crate::Error;
use crate::codec::{Peer, fail};
use crate::wire::gemini::{ErrorBody, Status};
use crate::wire::openai_chat;
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// An answer with a status other than success.
pub(super) fn answer(peer: &Peer, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let error = fail::answer(peer, status, headers, body);
    match ErrorBody::read(body).and_then(|read| read.error) {
        Some(status) => refined(error, &status),
        None => error,
    }
}

/// An error inside an answer that began with success; `raw` is what it was read from.
pub(super) fn in_stream(peer: &Peer, status: &Status, raw: &[u8]) -> Error {
    let read = openai_chat::ErrorBody::read(raw).unwrap_or_default();
    refined(fail::in_stream(peer, &read, raw), status)
}

fn refined(mut error: Error, status: &Status) -> Error {
    if let Error::RateLimited { retry_after, .. } | Error::ProviderFailed { retry_after, .. } =
        &mut error
    {
        *retry_after = retry_after.or_else(|| delay(status));
    }
    let mut reasons = status.details.iter().map(|detail| detail.reason.as_str());
    let is_bad_key = reasons.any(|reason| reason == Some("API_KEY_INVALID"));
    // No billing, or not from this country: another key may do.
    let is_barred = status.status.as_str() == Some("FAILED_PRECONDITION");
    let Error::InvalidRequest {
        provider,
        status,
        message,
    } = &error
    else {
        return error;
    };
    let (provider, status, message) = (provider.clone(), *status, message.clone());
    if is_bad_key {
        Error::Unauthorized {
            provider,
            status,
            message,
        }
    } else if is_barred {
        Error::Forbidden {
            provider,
            status,
            message,
        }
    } else {
        error
    }
}

fn delay(status: &Status) -> Option<Duration> {
    let seconds = status
        .details
        .iter()
        .find_map(|detail| detail.retry_delay.as_str())?
        .strip_suffix('s')?;
    Duration::try_from_secs_f64(seconds.parse().ok()?).ok()
}
