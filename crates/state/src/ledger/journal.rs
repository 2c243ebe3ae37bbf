//! The journal file: what is not yet in the database, on disk before anybody goes on.
//!
//! A line is handed to the system with one plain write, so it survives the death of the process.
//! The keeper syncs the file soon after; a power cut can lose what was written since.

use super::entry::{self, Entry, Replay, Reserved};
use crate::{CallRow, Error, directory};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FILE: &str = "ledger.journal";
const NEXT: &str = "ledger.journal.new";

/// The open journal.
pub(super) struct Journal {
    path: PathBuf,
    file: Arc<File>,
    /// Bytes of whole lines. The next line is written here, over what a failed write left.
    len: u64,
    /// Whether something was written since the last sync began.
    dirty: bool,
    /// Why nothing may be written until the file was replaced.
    broken: Option<Error>,
    line: Vec<u8>,
}

impl Journal {
    /// Opens the journal of a state directory, or makes it, and reads it.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::DiskFull`].
    pub(super) fn open(dir: &Path) -> Result<(Self, Replay), Error> {
        let path = dir.join(FILE);
        let file = directory::open_private(&path)?;
        directory::sync(dir)?;
        let bytes = std::fs::read(&path).map_err(|error| directory::failed(&path, &error))?;
        let replay = entry::replay(&bytes);
        let journal = Self {
            path,
            file: Arc::new(file),
            len: replay.whole,
            dirty: false,
            broken: None,
            line: Vec::with_capacity(1024),
        };
        Ok((journal, replay))
    }

    /// Writes one line. Returns whether the journal was in sync before.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`]; the journal is as before then.
    pub(super) fn append(&mut self, entry: &Entry<&Reserved, &CallRow>) -> Result<bool, Error> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.line.clear();
        entry::write(entry, &mut self.line).map_err(|error| Error::Record(error.to_string()))?;
        self.file
            .write_all_at(&self.line, self.len)
            .map_err(|error| directory::failed(&self.path, &error))?;
        self.len = self.len.saturating_add(size(&self.line));
        let was_in_sync = !self.dirty;
        self.dirty = true;
        Ok(was_in_sync)
    }

    /// Bytes of whole lines.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has to be replaced before anything can be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// The file to sync, if there is something to sync; what is written from now on needs another
    /// one.
    pub(super) fn begin_sync(&mut self) -> Option<Arc<File>> {
        std::mem::take(&mut self.dirty).then(|| Arc::clone(&self.file))
    }

    /// Notes that a sync failed: what the system holds of the file cannot be trusted any more.
    pub(super) fn sync_failed(&mut self, error: &io::Error) -> Error {
        let error = directory::failed(&self.path, error);
        self.broken = Some(error.clone());
        error
    }

    /// Puts `next` in the place of this file, with everything that was written since its making
    /// began.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`]; this file stays in use.
    pub(super) fn replace(&mut self, next: Next) -> Result<(), Error> {
        let fail = |error| directory::failed(&self.path, &error);
        let since = usize::try_from(self.len.saturating_sub(next.since)).unwrap_or(usize::MAX);
        let mut tail = vec![0; since];
        self.file
            .read_exact_at(&mut tail, next.since)
            .map_err(fail)?;
        next.file.write_all_at(&tail, next.len).map_err(fail)?;
        std::fs::rename(&next.path, &self.path).map_err(fail)?;
        self.file = Arc::new(next.file);
        self.len = next.len.saturating_add(size(&tail));
        self.dirty = true;
        self.broken = None;
        Ok(())
    }
}

/// A journal that is to follow the present one: only what is still needed.
pub(super) struct Next {
    path: PathBuf,
    file: File,
    len: u64,
    /// The length of the present one when this was begun.
    since: u64,
}

impl Next {
    /// Writes and syncs a journal of the given calls. `since` is the length of the present one from
    /// which on its lines are to be carried over.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Unavailable`].
    pub(super) fn make(
        dir: &Path,
        since: u64,
        open: &[Reserved],
        settled: &[Arc<CallRow>],
    ) -> Result<Self, Error> {
        let path = dir.join(NEXT);
        let fail = |error| directory::failed(&path, &error);
        let record = |error: serde_json::Error| Error::Record(error.to_string());
        let mut lines = Vec::new();
        for reserved in open {
            entry::write(&Entry::Reserved(reserved), &mut lines).map_err(record)?;
        }
        for row in settled {
            entry::write(&Entry::Settled(&**row), &mut lines).map_err(record)?;
        }
        let file = directory::open_private(&path)?;
        file.set_len(0).map_err(fail)?;
        file.write_all_at(&lines, 0).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        let len = size(&lines);
        Ok(Self {
            path,
            file,
            len,
            since,
        })
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
