//! The files of the Control UI. Source: HTTP API, section 10; security specification, 6.9.

mod folder;

pub(crate) use folder::Folder;

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
    let asset = wanted(method, path).and_then(|name| assets.find(name));
    let policy = HeaderValue::from_static(POLICY);
    asset.map_or_else(not_found, |asset| {
        let AssetView {
            content_type,
            bytes,
            etag,
            immutable,
        } = asset;
        reply(
            headers,
            folder::Found {
                bytes,
                content_type,
                etag: etag.to_owned(),
                immutable,
                policy,
            },
        )
    })
}

/// The same from a folder of the owner's.
pub(super) async fn from_folder(
    folder: &Folder,
    headers: &HeaderMap,
    method: &Method,
    path: &str,
) -> Reply {
    let Some(name) = wanted(method, path).map(str::to_owned) else {
        return not_found();
    };
    let folder = folder.clone();
    let found = tokio::task::spawn_blocking(move || folder.find(&name)).await;
    let found = found.ok().flatten();
    found.map_or_else(not_found, |found| reply(headers, found))
}

/// The file that is meant, if this is a way to read one.
fn wanted<'p>(method: &Method, path: &'p str) -> Option<&'p str> {
    let name = path.trim_start_matches('/');
    let last = name.rsplit('/').next().unwrap_or_default();
    let reads = method == Method::GET || method == Method::HEAD;
    reads.then_some(if last.contains('.') {
        name
    } else {
        "index.html"
    })
}

fn not_found() -> Reply {
    respond::plain(StatusCode::NOT_FOUND, "Not Found")
}

fn reply(asked: &HeaderMap, asset: folder::Found) -> Reply {
    let mut reply = Response::new(ResponseBody::empty());
    let known = asked.get(IF_NONE_MATCH);
    if known.is_some_and(|tag| *tag == asset.etag) {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *reply.body_mut() = ResponseBody::full(asset.bytes);
    }
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, respond::text(asset.content_type));
    headers.insert(CONTENT_SECURITY_POLICY, asset.policy);
    let caching = if asset.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(CACHE_CONTROL, respond::constant(caching));
    headers.insert(ETAG, respond::text(&asset.etag));
    reply
}
