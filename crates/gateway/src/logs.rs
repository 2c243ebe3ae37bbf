//! The log file: written by whoever runs the gateway, read by `logs.tail`.
//!
//! One JSON object per line, readable by its owner only. A full file is put aside under a number
//! and begun anew. Source: gateway RPC methods, `logs.tail`; security specification, R32.

use crate::error::ApiError;
use crate::services::{Services, rfc3339};
use domain::{Clock, SystemClock};
use protocol::ErrorCode;
use protocol::methods::system::{LogsTailParams, LogsTailReply};
use serde_json::{Map, Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A larger file is put aside.
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// How many files are kept beside the present one.
const KEPT: u32 = 4;

/// Lines of a reply unless told otherwise, and at most.
const LINES: (u64, u64) = (500, 5_000);

/// Bytes that are read unless told otherwise, and at most.
const BYTES: (u64, u64) = (250_000, 1_000_000);

/// Where the log of a state directory is.
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("logs").join("openclaw.log")
}

/// The log file, open for writing. Shared; a line is written whole or not at all.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    max_bytes: u64,
    open: Mutex<Option<(File, u64)>>,
}

impl LogFile {
    /// Opens the log of a state directory; makes its folder (mode 0700) if it is not there.
    ///
    /// # Errors
    /// What the file system said.
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        Self::with_size(state_dir, MAX_BYTES)
    }

    /// The same with another size of a full file, in bytes.
    ///
    /// # Errors
    /// What the file system said.
    pub fn with_size(state_dir: &Path, max_bytes: u64) -> io::Result<Self> {
        let path = path(state_dir);
        let folder = path.parent().unwrap_or(state_dir);
        let existed = folder.try_exists()?;
        std::fs::create_dir_all(folder)?;
        #[cfg(unix)]
        if !existed {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
        #[cfg(not(unix))]
        drop(existed);
        let opened = append(&path)?;
        Ok(Self {
            path,
            max_bytes,
            open: Mutex::new(Some(opened)),
        })
    }

    /// Adds what was said, now, in the form clients know: the message under `1`, other fields under
    /// `2`, the level and the speaker under `_meta`.
    pub fn entry(&self, level: &str, speaker: &str, message: &str, fields: Map<String, Value>) {
        let time = rfc3339(SystemClock.now());
        let subsystem = json!({ "subsystem": speaker }).to_string();
        let mut entry = json!({
            "0": subsystem,
            "1": message,
            "_meta": { "name": subsystem, "date": time, "logLevelName": level },
            "time": time,
        });
        if let Some(members) = entry.as_object_mut()
            && !fields.is_empty()
        {
            members.insert("2".to_owned(), Value::Object(fields));
        }
        self.line(&entry.to_string());
    }

    /// Adds a line; line breaks within it become spaces. A log that cannot be written is tried again
    /// with the next line: it must not take the gateway down.
    pub fn line(&self, text: &str) {
        let mut line = text.replace(['\n', '\r'], " ");
        line.push('\n');
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |(_, size): &(File, u64)| *size > 0 && size + length > self.max_bytes;
        if open.as_ref().is_some_and(is_full) {
            *open = None;
            put_aside(&self.path);
        }
        let held = match open.take() {
            Some(held) => Ok(held),
            None => append(&self.path),
        };
        *open = held
            .and_then(|(mut file, size)| {
                file.write_all(line.as_bytes())?;
                Ok((file, size + length))
            })
            .ok();
    }
}

impl Services {
    /// The end of the log, or what came after a cursor. Blocks shortly on the file system.
    ///
    /// # Errors
    /// [`ApiError`] when a bound is out of range or the file cannot be read.
    pub(crate) fn logs_tail(&self, params: &LogsTailParams) -> Result<LogsTailReply, ApiError> {
        let limit = bounded(params.limit, LINES, "limit")?;
        let max_bytes = bounded(params.max_bytes, BYTES, "maxBytes")?;
        let database = self.runtime.database_path();
        let file = path(database.parent().unwrap_or(database));
        tail(&file, params.cursor, limit, max_bytes).map_err(|error| {
            let shown = file.display();
            ApiError::new(
                ErrorCode::Unavailable,
                format!("cannot read the log {shown}: {error}"),
            )
        })
    }
}

fn bounded(asked: Option<u64>, (usual, most): (u64, u64), name: &str) -> Result<u64, ApiError> {
    let asked = asked.unwrap_or(usual);
    if !(1..=most).contains(&asked) {
        return Err(ApiError::invalid(format!(
            "invalid logs.tail params: {name} must be between 1 and {most}"
        )));
    }
    Ok(asked)
}

fn append(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

/// Numbers the files anew: the present one becomes 1, the oldest goes.
fn put_aside(path: &Path) {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    for number in (1..KEPT).rev() {
        // One that is not there has nothing to make room for.
        drop(std::fs::rename(name(number), name(number + 1)));
    }
    drop(std::fs::rename(path, name(1)));
}

fn tail(path: &Path, cursor: Option<u64>, limit: u64, max_bytes: u64) -> io::Result<LogsTailReply> {
    let mut reply = LogsTailReply {
        file: path.display().to_string(),
        ..LogsTailReply::default()
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            reply.reset = cursor.is_some_and(|cursor| cursor > 0);
            return Ok(reply);
        }
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    let earliest = size.saturating_sub(max_bytes);
    reply.reset = cursor.is_some_and(|cursor| cursor > size);
    let wanted = cursor.filter(|cursor| *cursor <= size).unwrap_or(earliest);
    let start = wanted.max(earliest);
    reply.truncated = start > cursor.filter(|_| !reply.reset).unwrap_or(0);
    // One byte more tells whether a line begins at `start`.
    let before = start.saturating_sub(1);
    file.seek(SeekFrom::Start(before))?;
    let mut bytes = Vec::new();
    file.take(size - before).read_to_end(&mut bytes)?;
    let mut chunk = bytes.as_slice();
    if start > 0 {
        let begins = chunk.iter().position(|byte| *byte == b'\n');
        chunk = begins
            .and_then(|at| chunk.get(at + 1..))
            .unwrap_or_default();
    }
    // A line without its end is still being written.
    let whole = chunk
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let rest = u64::try_from(chunk.len() - whole).unwrap_or(u64::MAX);
    let text = String::from_utf8_lossy(chunk.get(..whole).unwrap_or_default());
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let surplus = lines
        .len()
        .saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
    if surplus > 0 {
        lines.drain(..surplus);
        reply.truncated = true;
    }
    reply.size = size;
    reply.cursor = size.saturating_sub(rest);
    reply.lines = lines;
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(reply: &LogsTailReply) -> Vec<&str> {
        reply.lines.iter().map(String::as_str).collect()
    }

    #[test]
    fn a_reader_follows_a_log_through_its_changes_of_file() {
        let home = tempfile::tempdir().unwrap();
        let file = path(home.path());
        let missing = tail(&file, None, 10, 100).unwrap();
        assert_eq!((missing.cursor, missing.reset), (0, false));
        let log = LogFile::with_size(home.path(), 20).unwrap();
        log.line("one");
        log.line("two\nlines");
        let first = tail(&file, None, 10, 100).unwrap();
        assert_eq!(lines(&first), ["one", "two lines"]);
        assert_eq!((first.cursor, first.size, first.truncated), (14, 14, false));
        log.line("3");
        let next = tail(&file, Some(first.cursor), 10, 100).unwrap();
        assert_eq!(
            (lines(&next), next.reset, next.truncated),
            (vec!["3"], false, false)
        );
        let same = tail(&file, Some(next.cursor), 10, 100).unwrap();
        assert_eq!((lines(&same), same.cursor), (vec![], next.cursor));
        log.line("a new file");
        let anew = tail(&file, Some(next.cursor), 10, 100).unwrap();
        assert_eq!((lines(&anew), anew.reset), (vec!["a new file"], true));
        assert!(file.with_file_name("openclaw.log.1").is_file());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        }
    }

    #[test]
    fn an_entry_has_the_members_clients_know() {
        let home = tempfile::tempdir().unwrap();
        let log = LogFile::open(home.path()).unwrap();
        let fields = Map::from_iter([("keys".to_owned(), json!(2))]);
        log.entry("INFO", "gateway::reload", "taken\nup", fields);
        let tail = tail(&path(home.path()), None, 10, 1_000).unwrap();
        let entry: Value = serde_json::from_str(&tail.lines[0]).unwrap();
        assert_eq!(
            (&entry["0"], &entry["1"], &entry["2"]["keys"]),
            (
                &json!("{\"subsystem\":\"gateway::reload\"}"),
                &json!("taken\nup"),
                &json!(2)
            )
        );
        assert_eq!(entry["_meta"]["logLevelName"], "INFO");
        assert_eq!(entry["_meta"]["date"], entry["time"]);
    }

    #[test]
    fn bounds_cut_whole_lines_from_the_front() {
        let home = tempfile::tempdir().unwrap();
        let file = path(home.path());
        let log = LogFile::open(home.path()).unwrap();
        for number in 0..100 {
            log.line(&format!("line {number:02}"));
        }
        let few = tail(&file, None, 2, 1_000).unwrap();
        assert_eq!(
            (lines(&few), few.truncated),
            (vec!["line 98", "line 99"], true)
        );
        let short = tail(&file, Some(0), 100, 20).unwrap();
        assert_eq!(
            (lines(&short), short.truncated),
            (vec!["line 98", "line 99"], true)
        );
        std::fs::write(&file, "whole\nhalf").unwrap();
        let half = tail(&file, None, 10, 100).unwrap();
        assert_eq!(
            (lines(&half), half.cursor, half.size),
            (vec!["whole"], 6, 10)
        );
    }
}
