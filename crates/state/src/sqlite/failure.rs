//! SQLite's errors in the words of the store.

use crate::Error;
use rusqlite::ErrorCode;
use std::path::Path;

/// What a statement or a job can fail with, before it is known where the database lies.
#[derive(Debug)]
pub(super) enum Failure {
    /// A verdict of ours.
    Known(Error),
    /// SQLite's.
    Sql(rusqlite::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Known(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Failure {
    /// The error for the caller.
    pub(super) fn typed(self, path: &Path) -> Error {
        match self {
            Self::Known(error) => error,
            Self::Sql(error) => typed(path, &error),
        }
    }
}

/// Names an error of SQLite by what the caller can do about it.
pub(super) fn typed(path: &Path, error: &rusqlite::Error) -> Error {
    if is_unreadable(error) {
        return Error::Record(error.to_string());
    }
    let path = path.to_owned();
    let is = |codes: &[ErrorCode]| {
        error
            .sqlite_error_code()
            .is_some_and(|it| codes.contains(&it))
    };
    // The shared-memory file and flushes report a full disk as a failed operation.
    let io_failed = is(&[ErrorCode::SystemIoFailure, ErrorCode::CannotOpen]);
    if is(&[ErrorCode::DiskFull]) || (io_failed && has_no_room(&path)) {
        return Error::DiskFull { path };
    }
    let detail = error.to_string();
    if is(&[ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase]) {
        return Error::Corrupt { path, detail };
    }
    Error::Unavailable { path, detail }
}

/// Whether a column does not hold what the store once wrote there.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// Whether the disk that holds `path` has not one free block for us.
fn has_no_room(path: &Path) -> bool {
    let dir = path.parent().unwrap_or(path);
    rustix::fs::statvfs(dir).is_ok_and(|room| room.f_bavail == 0)
}
