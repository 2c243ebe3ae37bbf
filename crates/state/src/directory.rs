//! The state directory and its files are for their owner only, whatever the umask.

use crate::Error;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
const OTHERS: u32 = 0o077;
const WORLD_WRITABLE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Makes sure that `dir` exists and nobody else can enter it.
///
/// # Errors
/// [`Error::Unavailable`] when it cannot be made, is not a directory, belongs to somebody else, or
/// lies in a directory where everybody may replace it. [`Error::DiskFull`].
pub(crate) fn prepare(dir: &Path) -> Result<(), Error> {
    let fail = |error| failed(dir, &error);
    match std::fs::metadata(dir) {
        Ok(metadata) if !metadata.is_dir() => {
            return Err(unavailable(dir, "it is not a directory"));
        }
        Ok(metadata) => {
            let mode = metadata.permissions().mode();
            if mode & OTHERS != 0 {
                let closed = Permissions::from_mode(mode & DIRECTORY_MODE);
                std::fs::set_permissions(dir, closed).map_err(fail)?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new()
                .recursive(true)
                .mode(DIRECTORY_MODE)
                .create(dir)
                .map_err(fail)?;
            std::fs::set_permissions(dir, Permissions::from_mode(DIRECTORY_MODE)).map_err(fail)?;
        }
        Err(error) => return Err(fail(error)),
    }
    let whole = dir.canonicalize().map_err(fail)?;
    let Some(parent) = whole.parent() else {
        return Ok(());
    };
    let mode = std::fs::metadata(parent)
        .map_err(fail)?
        .permissions()
        .mode();
    if mode & WORLD_WRITABLE != 0 && mode & STICKY == 0 {
        let detail = format!(
            "every user may replace it; run chmod o-w {} first",
            parent.display()
        );
        return Err(unavailable(dir, &detail));
    }
    Ok(())
}

/// Opens a file for reading and writing, makes it if needed, and takes everybody else's rights.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::DiskFull`].
pub(crate) fn open_private(path: &Path) -> Result<File, Error> {
    let fail = |error| failed(path, &error);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)
        .map_err(fail)?;
    let mode = file.metadata().map_err(fail)?.permissions().mode();
    if mode & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))
            .map_err(fail)?;
    }
    Ok(file)
}

/// Makes what was created, renamed or removed in `dir` survive a power cut.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::DiskFull`].
pub(crate) fn sync(dir: &Path) -> Result<(), Error> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| failed(dir, &error))
}

/// The typed error for a failed call of the operating system.
pub(crate) fn failed(path: &Path, error: &io::Error) -> Error {
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    if full.contains(&error.kind()) {
        return Error::DiskFull {
            path: path.to_owned(),
        };
    }
    unavailable(path, &error.to_string())
}

fn unavailable(path: &Path, detail: &str) -> Error {
    Error::Unavailable {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}
