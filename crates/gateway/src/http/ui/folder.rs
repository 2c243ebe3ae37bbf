//! A Control UI from a folder of the owner's, `gateway.controlUi.root`, such as the one in the npm
//! package of the reference. Source: HTTP API, section 10.

use crate::http::respond;
use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use data_encoding::{BASE64, HEXLOWER};
use http::HeaderValue;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A folder; nothing outside of it can be read through it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    dir: Arc<Dir>,
    base: Arc<str>,
}

/// A file that was found.
pub(super) struct Found {
    pub(super) bytes: Bytes,
    pub(super) content_type: &'static str,
    pub(super) etag: String,
    pub(super) immutable: bool,
    /// What the page may load.
    pub(super) policy: HeaderValue,
}

impl Folder {
    /// Opens the folder; `base_path` is where it is served, e.g. `/openclaw` or empty.
    pub(crate) fn open(root: &Path, base_path: &str) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(root, ambient_authority())?;
        if !dir.try_exists("index.html")? {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "there is no index.html in it",
            ));
        }
        let base = match base_path.trim_matches('/') {
            "" => String::new(),
            base => format!("/{base}"),
        };
        Ok(Self {
            dir: Arc::new(dir),
            base: base.into(),
        })
    }

    /// Reads a file. Blocks.
    pub(super) fn find(&self, name: &str) -> Option<Found> {
        let bytes = self.dir.read(name).ok()?;
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let bytes = if extension == "html" {
            self.rooted(&String::from_utf8_lossy(&bytes)).into_bytes()
        } else {
            bytes
        };
        Some(Found {
            policy: policy(extension, &bytes),
            content_type: content_type(extension),
            etag: format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(&bytes))),
            immutable: name.starts_with("assets/"),
            bytes: bytes.into(),
        })
    }

    /// The page with its relative addresses made absolute, so that it works at any depth.
    fn rooted(&self, page: &str) -> String {
        let base = &self.base;
        let page = ["href", "src"].iter().fold(page.to_owned(), |page, name| {
            page.replace(&format!("{name}=\"./"), &format!("{name}=\"{base}/"))
        });
        page.replacen(
            "<html ",
            &format!("<html data-openclaw-control-ui-base-path=\"{base}\" "),
            1,
        )
    }
}

/// Only the gateway itself, and the inline scripts that stand in the page at this moment.
fn policy(extension: &str, bytes: &[u8]) -> HeaderValue {
    let page = String::from_utf8_lossy(bytes);
    let scripts: String = match extension {
        "html" => inline_scripts(&page).into_iter().map(hashed).collect(),
        _ => String::new(),
    };
    respond::text(&format!(
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
         frame-src 'self'; script-src 'self'{scripts} 'wasm-unsafe-eval'; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self'; \
         connect-src 'self' data:"
    ))
}

/// A script as the policy names it.
fn hashed(script: &str) -> String {
    format!(" 'sha256-{}'", BASE64.encode(&Sha256::digest(script)))
}

/// What stands between the tags of every script without a source.
fn inline_scripts(page: &str) -> Vec<&str> {
    page.split("<script")
        .skip(1)
        .filter_map(|rest| {
            let (tag, rest) = rest.split_once('>')?;
            let (body, _) = rest.split_once("</script>")?;
            (!tag.contains("src=")).then_some(body)
        })
        .collect()
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html lang=\"en\"><link href=\"./a.css\"><script>let a = 1;</script>\
        <script type=\"module\" src=\"./assets/x.js\"></script></html>";

    #[test]
    fn nothing_outside_is_read_and_addresses_become_absolute() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("secret"), "s").unwrap();
        let root = home.path().join("ui");
        std::fs::create_dir_all(root.join("assets")).unwrap();
        assert!(Folder::open(&root, "").is_err());
        std::fs::write(root.join("index.html"), PAGE).unwrap();
        std::fs::write(root.join("assets/x.js"), "1").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret", root.join("link.txt")).unwrap();
        let folder = Folder::open(&root, "/base/").unwrap();
        for path in ["../secret", "/etc/passwd", "link.txt", "assets"] {
            assert!(folder.find(path).is_none(), "{path} was read");
        }
        let page = folder.find("index.html").unwrap();
        let text = String::from_utf8(page.bytes.to_vec()).unwrap();
        assert!(
            text.contains("href=\"/base/a.css\"") && text.contains("src=\"/base/assets/x.js\"")
        );
        let digest = BASE64.encode(&Sha256::digest("let a = 1;"));
        let policy = page.policy.to_str().unwrap().to_owned();
        assert!(policy.contains(&format!("'sha256-{digest}'")), "{policy}");
        assert!(folder.find("assets/x.js").unwrap().immutable);
    }
}
