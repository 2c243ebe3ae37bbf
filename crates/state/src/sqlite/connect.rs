//! Opens and closes connections: pragmas, file modes, the check for damage.

use super::failure::typed;
use super::migrate;
use crate::{Error, directory};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Page size of the database in bytes.
const PAGE: u64 = 4096;
/// Pages in the write-ahead log from which a commit moves them into the database, idle or not.
const LOG_PAGES: i64 = 4096;
/// The log keeps what it has grown to before it is moved: writing over old blocks syncs in half the
/// time of adding new ones, and cutting it off would make every other round add them again.
const LOG_BYTES: i64 = 18 << 20;
/// A database up to this size in bytes is checked whole when it is opened; it takes milliseconds.
const CHECKED_BYTES: u64 = 4 << 20;
/// How long to wait for a foreign process, such as a backup, that holds the database.
const BUSY: Duration = Duration::from_secs(5);
/// More than the store has statements.
const STATEMENTS: usize = 64;

/// The writer's connection, on a database of the current schema.
pub(super) fn for_writing(path: &Path, max_bytes: Option<u64>) -> Result<Connection, Error> {
    let fail = |error| typed(path, &error);
    let file = directory::open_private(path)?;
    let size = file
        .metadata()
        .map_err(|error| directory::failed(path, &error))?
        .len();
    drop(file);
    if size == 0 {
        directory::sync(path.parent().unwrap_or(path))?;
    }
    for beside in ["-wal", "-shm"] {
        // Left by a crash, maybe with the modes of an older program.
        let beside = sibling(path, beside);
        if matches!(beside.try_exists(), Ok(true)) {
            directory::open_private(&beside)?;
        }
    }
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
    migrate::check_version(&connection, path)?;
    prepare(&connection, max_bytes).map_err(fail)?;
    if size <= CHECKED_BYTES {
        check(&connection, path)?;
    }
    migrate::run(&mut connection, path, migrate::ALL)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn for_reading(path: &Path) -> Result<Connection, Error> {
    let fail = |error| typed(path, &error);
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(fail)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(fail)?;
    Ok(connection)
}

fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    // Each connection has one user at a time; SQLite's own mutexes would only cost.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    // Without it SQLite plans a statement anew whenever another value is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn prepare(connection: &Connection, max_bytes: Option<u64>) -> rusqlite::Result<()> {
    let set = |name: &str, value: &dyn rusqlite::ToSql| {
        connection.pragma_update_and_check(None, name, value, |_row| Ok(()))
    };
    connection.pragma_update(None, "page_size", i64::try_from(PAGE).unwrap_or(0))?;
    set("journal_mode", &"WAL")?;
    set("wal_autocheckpoint", &LOG_PAGES)?;
    set("journal_size_limit", &LOG_BYTES)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Undo data of single jobs; they are small and die with the transaction.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8192)?;
    if let Some(bytes) = max_bytes {
        set(
            "max_page_count",
            &i64::try_from((bytes / PAGE).max(1)).unwrap_or(i64::MAX),
        )?;
    }
    Ok(())
}

fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| typed(path, &error))?;
    if found == "ok" {
        return Ok(());
    }
    Err(Error::Corrupt {
        path: path.to_owned(),
        detail: found,
    })
}

/// Moves the write-ahead log into the database, as far as readers allow.
pub(super) fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_row| Ok(()))
}

/// Empties the write-ahead log and closes.
pub(super) fn close(connection: Connection, path: &Path) -> Result<(), Error> {
    let moved = checkpoint(&connection, "TRUNCATE");
    let closed = connection.close().map_err(|(_connection, error)| error);
    moved.and(closed).map_err(|error| typed(path, &error))
}

/// The path with something appended to its file name.
pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
