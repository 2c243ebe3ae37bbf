//! The files of the Control UI. Source: HTTP API, section 10; security specification, 6.9.

use super::respond::{self, Reply};
use crate::compose::{AssetView, Assets};
use crate::net::ResponseBody;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

/// What a page of ours may load: only itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; \
    worker-src 'self'; manifest-src 'self'; frame-src 'none'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'; object-src 'none'; require-trusted-types-for 'script'";

/// A file, or the page itself for paths without an extension.
pub(super) fn file(assets: &dyn Assets, headers: &HeaderMap, method: &Method, path: &str) -> Reply {
    if method != Method::GET && method != Method::HEAD {
        return respond::plain(StatusCode::NOT_FOUND, "Not Found");
    }
    let name = path.trim_start_matches('/');
    let last = name.rsplit('/').next().unwrap_or_default();
    let name = if last.contains('.') {
        name
    } else {
        "index.html"
    };
    match assets.find(name) {
        Some(asset) => {
            let known = headers
                .get(IF_NONE_MATCH)
                .is_some_and(|tag| tag == asset.etag);
            reply(&asset, known)
        }
        None => respond::plain(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn reply(asset: &AssetView, known: bool) -> Reply {
    let mut reply = Response::new(ResponseBody::empty());
    if known {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *reply.body_mut() = ResponseBody::full(asset.bytes.clone());
    }
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, respond::text(asset.content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let caching = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(CACHE_CONTROL, respond::constant(caching));
    headers.insert(ETAG, respond::text(asset.etag));
    reply
}
