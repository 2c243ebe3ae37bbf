//! The files of a workspace that people edit from elsewhere: a fixed list of names.
//!
//! They are reached through a folder handle and never through a link, and a write replaces a file
//! whole or not at all.

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The names.
pub const EDITABLE_FILES: [&str; 8] = [
    "AGENTS.md",
    "SOUL.md",
    "TOOLS.md",
    "IDENTITY.md",
    "USER.md",
    "HEARTBEAT.md",
    "BOOTSTRAP.md",
    "MEMORY.md",
];

/// Largest file, in bytes.
pub const MAX_FILE_BYTES: u64 = super::MAX_FILE_BYTES;

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Its size in bytes.
    pub size: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at_ms: i64,
}

/// Looks at a file; `None` when it is not there.
///
/// # Errors
/// When `name` is not in [`EDITABLE_FILES`], the name is taken by a folder or a link, or what the
/// file system said.
pub fn facts(folder: &Path, name: &str) -> io::Result<Option<FileFacts>> {
    match open_folder(folder, name)? {
        Some(dir) => look(&dir, name),
        None => Ok(None),
    }
}

/// Reads a file; `None` when it is not there. What is no UTF-8 in it is replaced.
///
/// # Errors
/// As [`facts`], or when it is larger than [`MAX_FILE_BYTES`].
pub fn text(folder: &Path, name: &str) -> io::Result<Option<(FileFacts, String)>> {
    let Some(dir) = open_folder(folder, name)? else {
        return Ok(None);
    };
    let Some(facts) = look(&dir, name)? else {
        return Ok(None);
    };
    if facts.size > MAX_FILE_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    dir.open(name)?
        .take(MAX_FILE_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(Some((facts, String::from_utf8_lossy(&bytes).into_owned())))
}

/// Puts a text in the place of a file. A new file is readable by its owner only; one that is there
/// keeps its rights.
///
/// # Errors
/// As [`facts`], or when the text is larger than [`MAX_FILE_BYTES`].
pub fn put(folder: &Path, name: &str, text: &str) -> io::Result<FileFacts> {
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(too_large());
    }
    let dir = open_folder(folder, name)?.ok_or(io::ErrorKind::NotFound)?;
    let existed = look(&dir, name)?.is_some();
    let random = RandomState::new().build_hasher().finish();
    let temporary = format!(".{name}.{random:016x}.tmp");
    let written = write(&dir, &temporary, text).and_then(|()| {
        if existed {
            let rights = dir.symlink_metadata(name)?.permissions();
            dir.set_permissions(&temporary, rights)?;
        }
        dir.rename(&temporary, &dir, name)
    });
    if let Err(error) = written {
        // The first error is the one to tell.
        drop(dir.remove_file(&temporary));
        return Err(error);
    }
    look(&dir, name)?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn open_folder(folder: &Path, name: &str) -> io::Result<Option<Dir>> {
    if !EDITABLE_FILES.contains(&name) {
        let why = format!("{name:?} is not one of {}", EDITABLE_FILES.join(", "));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    match Dir::open_ambient_dir(folder, ambient_authority()) {
        Ok(dir) => Ok(Some(dir)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn look(dir: &Dir, name: &str) -> io::Result<Option<FileFacts>> {
    let metadata = match dir.symlink_metadata(name) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        let why = format!("{name} is a folder or a link, not a regular file");
        return Err(io::Error::other(why));
    }
    let modified = metadata.modified()?.into_std();
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Some(FileFacts {
        size: metadata.len(),
        updated_at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
    }))
}

fn write(dir: &Dir, name: &str, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = dir.open_with(name, &options)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn too_large() -> io::Error {
    let why = format!("larger than {MAX_FILE_BYTES} bytes");
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_files_are_reached_and_links_are_not() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("w");
        assert_eq!(facts(&folder, "SOUL.md").unwrap(), None);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(home.path().join("secret"), "SECRET").unwrap();
        for name in ["../secret", "secret", "", "AGENTS.md/..", "agents.md"] {
            assert!(
                facts(&folder, name).is_err() && put(&folder, name, "x").is_err(),
                "{name}"
            );
        }
        let facts = put(&folder, "SOUL.md", "calm").unwrap();
        assert_eq!(facts.size, 4);
        assert_eq!(text(&folder, "SOUL.md").unwrap().unwrap().1, "calm");
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt, symlink};
            let path = folder.join("SOUL.md");
            let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(), 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            put(&folder, "SOUL.md", "calmer").unwrap();
            assert_eq!(mode(), 0o640);
            symlink("../secret", folder.join("USER.md")).unwrap();
            assert!(text(&folder, "USER.md").is_err() && put(&folder, "USER.md", "x").is_err());
            assert_eq!(
                std::fs::read_to_string(home.path().join("secret")).unwrap(),
                "SECRET"
            );
        }
        let left = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(left, if cfg!(unix) { 2 } else { 1 });
    }
}
