//! What requests of several wire formats have in common.

use super::Encoded;
use crate::Error;
use bytes::Bytes;
use domain::ProviderId;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

impl Encoded {
    /// A request whose body is JSON; `accept` is what the answer may be.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when `body` cannot be written, such as a non-finite number.
    pub(crate) fn json(
        provider: &ProviderId,
        path: Cow<'static, str>,
        accept: &'static str,
        body: &impl Serialize,
    ) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::InvalidRequest {
            provider: provider.clone(),
            status: 0,
            message: format!("cannot write the request: {error}"),
        })?;
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        Ok(Self {
            path,
            headers,
            body: Bytes::from(body),
        })
    }
}

/// The system text in one piece; `None` when there is none.
pub(super) fn system(texts: &[Arc<str>]) -> Option<Cow<'_, str>> {
    let whole = match texts {
        [] => return None,
        [one] => Cow::Borrowed(one.as_ref()),
        many => Cow::Owned(many.join("\n\n")),
    };
    (!whole.is_empty()).then_some(whole)
}

/// Texts in one piece.
pub(super) fn joined<'a>(texts: &[&'a str], between: &str) -> Cow<'a, str> {
    match texts {
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.join(between)),
    }
}
