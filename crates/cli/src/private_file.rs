//! Files for their owner only, replaced as a whole.

use crate::failure::Failure;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder with mode 0700, unless it is there.
///
/// # Errors
/// What the system said.
pub(crate) fn folder(path: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Failure::file("create", path, &error))
}

/// Replaces `path` by a file with mode 0600 that holds `text`. A reader sees the old file or the
/// new one; after a power cut it is one of the two.
///
/// # Errors
/// What the system said; the old file is then untouched.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::file("write", path, &error);
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = parent.join(name);
    let written = fill(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if let Err(error) = written {
        drop(std::fs::remove_file(&temporary));
        return Err(failed(error));
    }
    std::fs::File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(failed)
}

fn fill(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
