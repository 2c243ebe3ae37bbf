//! Lists the files to embed: the built Control UI when it is there, else the plain page.
//!
//! Runs no Node and touches no network. With `UI_REQUIRED=1`, as in release builds, a missing
//! Control UI is an error.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

fn main() -> Result<(), String> {
    let here = folder("CARGO_MANIFEST_DIR")?;
    let web = here.join("../../web");
    let built = web.join("dist");
    let plain = here.join("fallback");
    // Cargo takes a watched path that is missing for changed at every build, so only what is there
    // is watched: the built files, else the sources whose build would make them.
    for watched in [if is_there(&built)? { &built } else { &web }, &plain] {
        if is_there(watched)? {
            println!("cargo::rerun-if-changed={}", watched.display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=UI_REQUIRED");

    let full = is_there(&built.join("index.html"))?;
    let required = std::env::var_os("UI_REQUIRED").is_some_and(|value| value == "1");
    if required && !full {
        return Err(
            "web/dist/index.html is missing and UI_REQUIRED=1; build the Control UI first"
                .to_owned(),
        );
    }
    let root = if full { built } else { plain };
    let mut files = Vec::new();
    collect(&root, "", &mut files).map_err(|error| format!("cannot list the files: {error}"))?;
    files.sort();

    let mut code = format!("pub(crate) const FULL: bool = {full};\n");
    code.push_str("pub(crate) const ASSETS: &[Asset] = &[\n");
    for (path, file) in &files {
        let entry = entry(path, file).map_err(|error| format!("cannot embed {path}: {error}"))?;
        code.push_str(&entry);
    }
    code.push_str("];\n");
    fs::write(folder("OUT_DIR")?.join("assets.rs"), code)
        .map_err(|error| format!("cannot write the list of files: {error}"))
}

fn folder(variable: &str) -> Result<PathBuf, String> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{variable} is not set; cargo sets it"))
}

fn is_there(path: &Path) -> Result<bool, String> {
    path.try_exists()
        .map_err(|error| format!("cannot look at {}: {error}", path.display()))
}

/// All files below `dir` with their path from the root, joined by `/`.
fn collect(dir: &Path, prefix: &str, into: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the name {} is not UTF-8", name.display()),
            )
        })?;
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), into)?;
        } else {
            into.push((path, entry.path()));
        }
    }
    Ok(())
}

fn entry(path: &str, file: &Path) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(file)?.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let file = fs::canonicalize(file)?;
    let mut code = String::new();
    let written = writeln!(
        code,
        "    Asset {{ path: {path:?}, content_type: {kind:?}, bytes: include_bytes!({file:?}), \
         etag: {etag:?}, immutable: {immutable} }},",
        kind = content_type(path),
        file = file.display().to_string(),
        immutable = has_hash(path),
    );
    written.map_err(io::Error::other)?;
    Ok(code)
}

/// Whether the name carries a hash of the content, as the bundler writes it:
/// `assets/index-Ab3dE6gH.js`. Such a file never changes under its name.
fn has_hash(path: &str) -> bool {
    let Some(name) = path.strip_prefix("assets/") else {
        return false;
    };
    let Some((stem, _)) = name.split_once('.') else {
        return false;
    };
    // The hash itself may contain a dash, so its place is counted from the end.
    let Some(at) = stem.len().checked_sub(9) else {
        return false;
    };
    stem.is_char_boundary(at)
        && stem
            .get(at..)
            .and_then(|tail| tail.strip_prefix('-'))
            .is_some_and(|hash| {
                hash.chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
            })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
