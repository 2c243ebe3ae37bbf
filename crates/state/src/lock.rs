//! One gateway per state directory: an operating-system lock on `gateway.lock`.
//!
//! The lock is on the open file, so it ends with the process whatever kills it. The text in the
//! file only says who holds it and where it listens; without the lock it means nothing.

use crate::{Error, directory};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::warn;

const FILE: &str = "gateway.lock";
/// More than any text we write; a longer file is not ours.
const READ_LIMIT: u64 = 64 * 1024;
/// How often a lock that only [`holder`] is looking at is asked for again.
const ATTEMPTS: u32 = 10_000;

/// Who holds a state directory, as written in its lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockInfo {
    /// The process; 0 when it could not be read.
    #[serde(default)]
    pub pid: u32,
    /// The version of the program; empty when it could not be read.
    #[serde(default)]
    pub version: String,
    /// Where it listens, as `host:port`; empty until it does.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// The right to use a state directory.
///
/// A store opened with it shares the hold, so that dropping this while the store still writes does
/// not let another gateway in.
#[derive(Debug)]
pub struct GatewayLock {
    hold: Hold,
    path: PathBuf,
}

/// A share of the lock; the last one to go gives the directory back.
pub(crate) type Hold = Arc<LockedFile>;

/// The lock file, locked.
#[derive(Debug)]
pub(crate) struct LockedFile(File);

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Closing is not enough: a child between fork and exec still has the file open.
        if let Err(error) = self.0.unlock() {
            warn!(%error, "cannot unlock the state directory; it is free when this process ends");
        }
    }
}

impl GatewayLock {
    /// Takes the directory, making it if needed, and writes `info` into the lock file.
    ///
    /// # Errors
    /// [`Error::Locked`] when another gateway holds it; [`Error::Unavailable`],
    /// [`Error::DiskFull`] when the directory or the file cannot be made.
    pub fn acquire(dir: &Path, info: &LockInfo) -> Result<Self, Error> {
        directory::prepare(dir)?;
        let path = dir.join(FILE);
        let file = directory::open_private(&path)?;
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => {
                    let hold = Arc::new(LockedFile(file));
                    let lock = Self { hold, path };
                    lock.publish(info)?;
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) if is_held(&file, &path)? => {
                    let pid = read(&file).pid;
                    return Err(Error::Locked { path, pid });
                }
                // Somebody only looked; looking takes microseconds.
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
                Err(TryLockError::Error(error)) => return Err(directory::failed(&path, &error)),
            }
        }
        Err(Error::Locked { path, pid: 0 })
    }

    /// Replaces what the lock file says, e.g. when the addresses are known.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::DiskFull`]; the lock is still held.
    pub fn publish(&self, info: &LockInfo) -> Result<(), Error> {
        let mut text =
            serde_json::to_vec(info).map_err(|error| Error::Record(error.to_string()))?;
        text.push(b'\n');
        let fail = |error| directory::failed(&self.path, &error);
        // One write before the cut: a reader sees a whole value first, whatever follows it.
        self.hold.0.write_all_at(&text, 0).map_err(fail)?;
        self.hold
            .0
            .set_len(u64::try_from(text.len()).unwrap_or(u64::MAX))
            .map_err(fail)
    }

    /// A share for the store.
    pub(crate) fn share(&self) -> Hold {
        self.hold.clone()
    }
}

/// Who holds the state directory; `None` when nobody does, whatever the file says.
///
/// # Errors
/// [`Error::Unavailable`] when the lock file cannot be opened or asked.
pub fn holder(dir: &Path) -> Result<Option<LockInfo>, Error> {
    let path = dir.join(FILE);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(directory::failed(&path, &error)),
    };
    Ok(if is_held(&file, &path)? {
        Some(read(&file))
    } else {
        None
    })
}

/// Whether somebody holds the lock for good. Asks for a shared lock, so that two who look do not
/// take each other for a gateway.
fn is_held(file: &File, path: &Path) -> Result<bool, Error> {
    match file.try_lock_shared() {
        Ok(()) => file
            .unlock()
            .map(|()| false)
            .map_err(|error| directory::failed(path, &error)),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(directory::failed(path, &error)),
    }
}

/// What the file says; nothing known when it cannot be read, since the lock counts, not the text.
fn read(file: &File) -> LockInfo {
    let mut text = Vec::new();
    if file.take(READ_LIMIT).read_to_end(&mut text).is_err() {
        return LockInfo::default();
    }
    let mut values = serde_json::Deserializer::from_slice(&text).into_iter();
    values.next().and_then(Result::ok).unwrap_or_default()
}
