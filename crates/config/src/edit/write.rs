//! Puts a new text in the place of a file, so that a crash leaves the old or the new one.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Why a settings file was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Somebody else wrote it since it was read. Read it again and repeat the edit.
    #[error("{} was changed by someone else; read it again and repeat the edit", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// SHA-256 of a text, in lowercase hexadecimal.
pub fn hash(text: &str) -> String {
    hash_bytes(text.as_bytes())
}

fn hash_bytes(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Replaces the settings file at `path` by `text`, keeping up to five earlier versions.
///
/// `expected_hash` is the [`hash`] of the text the edit started from, or `None` if there was no
/// file. The new file has mode 0600 and is on disk when this returns; earlier versions are
/// `<name>.bak` (newest), `.bak.1` … `.bak.4`. A symbolic link is followed, not replaced.
/// The content is not looked at: check it before.
///
/// # Errors
/// [`WriteError::Changed`] if the file is not what the edit started from.
pub fn write(path: &Path, text: &str, expected_hash: Option<&str>) -> Result<(), WriteError> {
    let path = real(path);
    let _turn = take_turn(&path);
    let current = match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(WriteError::Io { path, source }),
    };
    if current.as_deref().map(hash_bytes).as_deref() != expected_hash {
        return Err(WriteError::Changed { path });
    }
    if let Some(bytes) = current {
        if bytes == text.as_bytes() {
            return Ok(());
        }
        keep(&path, &bytes)?;
    }
    replace(&path, text)
}

/// Replaces a file without looking at what it was.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), WriteError> {
    put(path, text.as_bytes()).map_err(|source| WriteError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Shifts the backups by one and makes `bytes` the newest.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let chain = [
        name(".bak"),
        name(".bak.1"),
        name(".bak.2"),
        name(".bak.3"),
        name(".bak.4"),
    ];
    for pair in chain.windows(2).rev() {
        if let [newer, older] = pair {
            match std::fs::rename(newer, older) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(WriteError::Io {
                        path: newer.clone(),
                        source: error,
                    });
                }
                _ => {}
            }
        }
    }
    let newest = name(".bak");
    put(&newest, bytes).map_err(|source| WriteError::Io {
        path: newest,
        source,
    })
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    // Two writers never share a temporary file.
    name.push(format!(
        ".{:016x}.tmp",
        RandomState::new().build_hasher().finish()
    ));
    let temporary = folder.join(name);
    let written = fill(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one to tell; a left-over temporary file does no harm.
        drop(std::fs::remove_file(&temporary));
        return Err(error);
    }
    // Only with the folder on disk does the new name survive a power cut.
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Holds the folder until dropped, so that no one else writes between our look and our rename.
///
/// Where folders cannot be locked the hash alone guards, as it does against editors.
fn take_turn(path: &Path) -> Option<File> {
    let folder = File::open(path.parent()?).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
