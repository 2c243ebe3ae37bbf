//! What a request brings to prove who sent it.

use super::answer::AuthError;
use super::caller::Scopes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

const SCOPES: HeaderName = HeaderName::from_static("x-openclaw-scopes");

/// Names under which people put credentials into addresses.
const QUERY_CREDENTIALS: [&str; 4] = ["token", "access_token", "api_key", "password"];

/// The secret of the one `Authorization: Bearer` header. The scheme's case does not matter.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, secret) = value.as_bytes().split_at_checked(7)?;
    let secret = secret.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !secret.is_empty()).then_some(secret)
}

/// Whether the query string carries something that looks like a credential.
pub(super) fn has_query_credential(query: &str) -> bool {
    let mut names = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or(pair));
    names.any(|name| {
        QUERY_CREDENTIALS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

/// The one value of a header, when it is text and not empty.
pub(super) fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    value
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The scopes the request limits itself to, if it does. An empty list asks for none.
pub(super) fn asked_scopes(headers: &HeaderMap) -> Result<Option<Scopes>, AuthError> {
    let mut values = headers.get_all(SCOPES).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| AuthError::AmbiguousScopes)?;
            Scopes::parse(text)
                .map(Some)
                .map_err(AuthError::UnknownScope)
        }
        (Some(_), Some(_)) => Err(AuthError::AmbiguousScopes),
    }
}
