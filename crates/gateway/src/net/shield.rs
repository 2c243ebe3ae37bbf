//! The security headers of every answer.

use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Adds what protects browsers from our answers and our answers from browsers.
///
/// An answer that brings its own `Content-Security-Policy`, `Permissions-Policy` or
/// `Cache-Control` (the web interface, a stream) keeps it.
///
/// Source: security specification, section 6.9; HTTP API, section 1.
#[derive(Debug, Clone)]
pub(super) struct Shield {
    hsts: Option<HeaderValue>,
}

impl Shield {
    pub(super) fn new(hsts: Option<HeaderValue>) -> Self {
        Self { hsts }
    }

    pub(super) fn cover(&self, headers: &mut HeaderMap) {
        headers.reserve(12);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(EMBEDDER_POLICY, HeaderValue::from_static("require-corp"));
        headers
            .entry(PERMISSIONS_POLICY)
            .or_insert(HeaderValue::from_static(
                "camera=(), microphone=(self), geolocation=()",
            ));
        headers
            .entry(CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static(
                "default-src 'none'; frame-ancestors 'none'",
            ));
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        if let Some(hsts) = &self.hsts {
            headers.insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
    }
}
