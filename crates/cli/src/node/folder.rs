//! `fs.listDir`: what is in a folder. Names and kinds only; no file is opened.

use super::commands::Refused;
use super::host::Host;
use protocol::methods::nodes::{ListDir, ListDirEntry, ListDirResult};
use std::path::{Path, PathBuf};

/// Most entries of a folder that are told.
const MAX_ENTRIES: usize = 2_000;

/// Lists a folder.
pub(super) fn list(host: &Host, params: &ListDir) -> Result<ListDirResult, Refused> {
    let asked = params
        .path
        .as_deref()
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let folder = match asked {
        None | Some("~") => host.home.clone(),
        Some(path) => match path.strip_prefix("~/") {
            Some(rest) => host.home.join(rest),
            None => PathBuf::from(path),
        },
    };
    if !folder.is_absolute() {
        return Err(Refused::invalid("path must begin with / or ~/"));
    }
    // Whether it is missing, no folder or not ours to read: the same words.
    let cannot = || Refused::new("UNAVAILABLE", "this folder cannot be read");
    let folder = folder.canonicalize().map_err(|_| cannot())?;
    let mut entries = Vec::new();
    let mut truncated = None;
    for entry in std::fs::read_dir(&folder).map_err(|_| cannot())?.flatten() {
        if entries.len() >= MAX_ENTRIES {
            truncated = Some(true);
            break;
        }
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_dir() => "directory",
            Ok(kind) if kind.is_file() => "file",
            Ok(kind) if kind.is_symlink() => "symlink",
            Ok(_) | Err(_) => "other",
        };
        entries.push(ListDirEntry {
            name: entry.file_name().to_string_lossy().into_owned(),
            path: text(&entry.path()),
            kind: kind.to_owned(),
        });
    }
    let order = |it: &ListDirEntry| (it.kind != "directory", it.name.clone());
    entries.sort_by_key(order);
    Ok(ListDirResult {
        parent: text(folder.parent().unwrap_or(&folder)),
        path: text(&folder),
        home: text(&host.home),
        entries,
        truncated,
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
