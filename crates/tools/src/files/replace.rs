//! Writing a file so that readers see the old one or the new one, never half of either.

use super::workspace::{Missing, Place, Workspace, io_error};
use crate::{ToolError, WorkspacePath};
use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use std::ffi::OsStr;
use std::io::{self, Write as _};

/// Puts `content` at `path`: a temporary file beside it, flushed, then renamed over it.
///
/// With `seen`, the file must still be the one that was read; folders are created only without it.
///
/// # Errors
/// [`ToolError::WrongKind`] when something other than a regular file is there,
/// [`ToolError::Changed`] when the file is not the one in `seen`.
pub(super) fn replace(
    workspace: &Workspace,
    path: &WorkspacePath,
    content: &[u8],
    seen: Option<&Metadata>,
) -> Result<Replaced, ToolError> {
    let missing = if seen.is_some() {
        Missing::Fail
    } else {
        Missing::Create
    };
    let Place { dir, name } = workspace.place(path, missing)?;
    let present = match dir.symlink_metadata(name) {
        Ok(meta) => Some(meta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io_error("write", path)(error)),
    };
    if let Some(meta) = &present {
        workspace.refuse_unless_plain(meta, path)?;
    }
    if let Some(seen) = seen
        && !present.as_ref().is_some_and(|meta| same(meta, seen))
    {
        return Err(ToolError::Changed {
            path: path.to_string(),
        });
    }
    let temporary = format!(".openclaw-{}.tmp", uuid::Uuid::new_v4().simple());
    let temporary = OsStr::new(&temporary);
    let written = fill(&dir, temporary, content, present.as_ref())
        .and_then(|()| dir.rename(temporary, &dir, name));
    if let Err(error) = written {
        // It is not there when creating it failed; then there is nothing to clean up.
        if let Err(left) = dir.remove_file(temporary) {
            tracing::debug!("temporary file not removed: {left}");
        }
        return Err(ToolError::Io {
            action: "write",
            path: path.to_string(),
            source: error,
        });
    }
    flush_folder(&dir).map_err(io_error("flush the folder of", path))?;
    Ok(if present.is_some() {
        Replaced::Existing
    } else {
        Replaced::Nothing
    })
}

/// What was at the path before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    /// A file.
    Existing,
    /// Nothing.
    Nothing,
}

fn fill(dir: &Dir, name: &OsStr, content: &[u8], like: Option<&Metadata>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = dir.open_with(name, &options)?;
    file.write_all(content)?;
    if let Some(like) = like {
        // A script stays executable and a private file stays private.
        file.set_permissions(like.permissions())?;
    }
    file.sync_all()
}

fn same(now: &Metadata, seen: &Metadata) -> bool {
    (now.dev(), now.ino(), now.len()) == (seen.dev(), seen.ino(), seen.len())
        && now.modified().ok() == seen.modified().ok()
}

/// Makes the rename itself durable. Windows has no such call and needs none.
fn flush_folder(dir: &Dir) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    dir.open(".")?.sync_all()
}
