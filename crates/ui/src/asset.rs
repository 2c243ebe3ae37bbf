//! One embedded file, and how to find it.

/// An embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// Path from the root of the UI, without a leading slash, e.g. `assets/index-Ab3dE6gH.js`.
    pub path: &'static str,
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The content.
    pub bytes: &'static [u8],
    /// Value of the `ETag` header, quotes included.
    pub etag: &'static str,
    /// Whether the name changes with the content, so that it may be cached for ever.
    pub immutable: bool,
}

mod embedded {
    use super::Asset;

    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

/// All embedded files, sorted by path.
pub fn assets() -> &'static [Asset] {
    embedded::ASSETS
}

/// The file at a URL path below the root of the UI; `/` and the empty path are `index.html`.
///
/// The path is taken literally: nothing is decoded and no `..` is understood.
pub fn find(path: &str) -> Option<&'static Asset> {
    let path = match path.strip_prefix('/').unwrap_or(path) {
        "" => "index.html",
        path => path,
    };
    let all = assets();
    all.binary_search_by(|asset| asset.path.cmp(path))
        .ok()
        .and_then(|at| all.get(at))
}

/// Whether this is the full Control UI rather than the plain page.
pub fn is_full() -> bool {
    embedded::FULL
}
