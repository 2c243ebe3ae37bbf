//! The schema and how older databases reach it.

use super::connect::sibling;
use super::failure::typed;
use crate::{Error, directory};
use rusqlite::Connection;
use std::path::Path;
use tracing::info;

/// Every step, in order; the version of a database is how many of them it has seen.
pub(super) const ALL: &[&str] = &[
    include_str!("../migrations/sqlite/0001_sessions.sql"),
    include_str!("../migrations/sqlite/0002_money.sql"),
    include_str!("../migrations/sqlite/0003_control.sql"),
    include_str!("../migrations/sqlite/0004_last_run.sql"),
];

/// Marks the file as ours: "OCGW" in ASCII.
const APPLICATION: i32 = 0x4f43_4757;

/// Refuses a database of a newer program or of another one, before anything is changed.
pub(super) fn check_version(connection: &Connection, path: &Path) -> Result<(), Error> {
    let fail = |error| typed(path, &error);
    let found = version(connection).map_err(fail)?;
    let known = number(ALL.len());
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(fail)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fail)?;
    if tables > 0 && application != APPLICATION {
        return Err(Error::Unavailable {
            path: path.to_owned(),
            detail: "it is the database of another program".to_owned(),
        });
    }
    if found > known {
        return Err(Error::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

/// Brings the database to the newest of `steps`, each step in its own transaction. A database that
/// held data is copied to `<file>.v<version>.bak` first.
pub(super) fn run(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), Error> {
    let fail = |error| typed(path, &error);
    let found = version(connection).map_err(fail)?;
    let todo: Vec<_> = (1_u32..)
        .zip(steps)
        .skip_while(|(number, _)| *number <= found)
        .collect();
    if found > 0 && !todo.is_empty() {
        back_up(connection, path, found)?;
    }
    for (number, step) in todo {
        let transaction = connection.transaction().map_err(fail)?;
        transaction.execute_batch(step).map_err(fail)?;
        transaction
            .pragma_update(None, "application_id", APPLICATION)
            .map_err(fail)?;
        transaction
            .pragma_update(None, "user_version", number)
            .map_err(fail)?;
        transaction.commit().map_err(fail)?;
        info!(version = number, "migrated {}", path.display());
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn back_up(connection: &Connection, path: &Path, version: u32) -> Result<(), Error> {
    let kept = sibling(path, &format!(".v{version}.bak"));
    let part = sibling(path, &format!(".v{version}.bak.part"));
    let io = |error| directory::failed(&part, &error);
    // An earlier attempt may have been cut off; SQLite only writes into an empty file.
    let file = directory::open_private(&part)?;
    file.set_len(0).map_err(io)?;
    let Some(target) = part.to_str() else {
        return Err(Error::Unavailable {
            path: part,
            detail: "the path is not UTF-8".to_owned(),
        });
    };
    connection
        .execute("VACUUM INTO ?1", [target])
        .map_err(|error| typed(&part, &error))?;
    file.sync_all().map_err(io)?;
    std::fs::rename(&part, &kept).map_err(io)?;
    directory::sync(path.parent().unwrap_or(path))?;
    info!(
        "copied {} to {} before migrating it",
        path.display(),
        kept.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE note (text TEXT) STRICT; INSERT INTO note VALUES ('kept');";
    const SECOND: &str = "ALTER TABLE note ADD COLUMN length INTEGER;";

    fn notes(path: &Path, columns: &str) -> rusqlite::Result<String> {
        let sql = format!("SELECT {columns} FROM note");
        Connection::open(path)?.query_row(&sql, [], |row| row.get(0))
    }

    #[test]
    fn an_older_database_is_copied_and_brought_forward() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        run(&mut connection, &path, &[FIRST]).unwrap();
        let copy = sibling(&path, ".v1.bak");
        assert!(!copy.try_exists().unwrap(), "an empty database was copied");
        // What a copy that was cut off leaves behind.
        std::fs::write(sibling(&path, ".v1.bak.part"), "half").unwrap();
        run(&mut connection, &path, &[FIRST, SECOND]).unwrap();
        assert_eq!(version(&connection).unwrap(), 2);
        assert_eq!(notes(&path, "text || ifnull(length, 0)").unwrap(), "kept0");
        assert_eq!(notes(&copy, "text").unwrap(), "kept");
        assert_eq!(version(&Connection::open(&copy).unwrap()).unwrap(), 1);
        run(&mut connection, &path, &[FIRST, SECOND]).unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        let broken = "CREATE TABLE half (id INTEGER); SELECT nonsense;";
        run(&mut connection, &path, &[FIRST, broken]).unwrap_err();
        assert_eq!(version(&connection).unwrap(), 1);
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'";
        let half: i64 = connection.query_row(tables, [], |row| row.get(0)).unwrap();
        assert_eq!(half, 0);
    }

    #[test]
    fn usage_of_the_first_version_is_carried_over() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        run(&mut connection, &path, &ALL[..1]).unwrap();
        let old =
            "INSERT INTO usage (at_ms, run, session, agent, provider, model, input_tokens, cost)
          VALUES (7, 'r', 's', 'main', 'openai', 'gpt-5.4', 12, 34)";
        connection.execute(old, []).unwrap();
        run(&mut connection, &path, ALL).unwrap();
        let new = "SELECT concat_ws(' ', id, call, at_ms, run, session, agent, provider, model,
            input_tokens, cost, estimated, outcome, duration_ms, note) FROM usage
          WHERE output_tokens IS NULL AND media_tokens IS NULL AND key IS NULL";
        let row: String = connection.query_row(new, [], |row| row.get(0)).unwrap();
        assert_eq!(
            row,
            "1 v1-1 7 r s main openai gpt-5.4 12 34 0 \"answered\" 0 {}"
        );
    }
}
