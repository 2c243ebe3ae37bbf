//! Hands the Control UI to the gateway, so that neither knows the other.

use gateway::{AssetView, Assets};
use std::sync::Arc;

/// The embedded files.
#[derive(Debug)]
struct Embedded;

impl Assets for Embedded {
    fn find(&self, path: &str) -> Option<AssetView> {
        ui::find(path).map(|asset| AssetView {
            content_type: asset.content_type,
            bytes: bytes::Bytes::from_static(asset.bytes),
            etag: asset.etag,
            immutable: asset.immutable,
        })
    }
}

/// The Control UI.
pub(crate) fn assets() -> Arc<dyn Assets> {
    Arc::new(Embedded)
}
