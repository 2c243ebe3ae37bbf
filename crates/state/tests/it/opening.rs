//! Opening: files of others, damage, missing rights, file modes.

use crate::backend::{Sqlite, open};
use crate::child;
use rusqlite::Connection;
use state::conformance::{Backend, admission, claimed, session, whole_log};
use state::sqlite::SqliteConfig;
use state::{Error, State};
use std::fs::{Permissions, set_permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A store with one session, closed again.
async fn used() -> Sqlite {
    let backend = Sqlite::new();
    let state = backend.open().await;
    claimed(&state, &session("a")).await;
    state.health.close().await.unwrap();
    backend
}

fn refusal(opened: Result<State, Error>) -> Error {
    opened.err().unwrap()
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let backend = used().await;
    let file = backend.dir.path().join("state.db");
    Connection::open(&file)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = std::fs::read(&file).unwrap();
    let refused = refusal(open(backend.config()).await);
    assert!(
        matches!(
            refused,
            Error::NewerSchema {
                found: 99,
                known: 4,
                ..
            }
        ),
        "{refused:?}"
    );
    assert!(
        refused.to_string().contains("use a newer openclaw"),
        "{refused}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let backend = Sqlite::new();
    let file = backend.dir.path().join("state.db");
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE photo (id INTEGER)")
        .unwrap();
    let refused = refusal(open(backend.config()).await);
    assert!(
        refused
            .to_string()
            .ends_with("it is the database of another program"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let backend = Sqlite::new();
    std::fs::write(
        backend.dir.path().join("state.db"),
        "no database ".repeat(1000),
    )
    .unwrap();
    let refused = refusal(open(backend.config()).await);
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
}

#[tokio::test]
async fn damage_is_found_when_a_small_database_is_opened() {
    let backend = used().await;
    scribble(&backend.dir.path().join("state.db"), 2 * 4096, 4096);
    let refused = refusal(open(backend.config()).await);
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_cut_off_database_is_damaged() {
    let backend = used().await;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(backend.dir.path().join("state.db"));
    file.unwrap().set_len(5 * 4096).unwrap();
    let refused = refusal(open(backend.config()).await);
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
}

#[tokio::test]
async fn damage_is_found_when_a_large_database_is_used() {
    let backend = Sqlite::new();
    let state = backend.open().await;
    for number in 0..6 {
        let long = admission(&session(&number.to_string()), &"x".repeat(1 << 20));
        state.queue.admit(long).await.unwrap();
    }
    state.health.close().await.unwrap();
    scribble(&backend.dir.path().join("state.db"), 100 * 4096, 4096);
    // Too large to be read whole at every start, so it is found by whoever needs the damaged part.
    let state = backend.open().await;
    state.health.probe().await.unwrap();
    let read = state.log.read(&session("0"), state::Seq(0), 9).await;
    assert!(matches!(read, Err(Error::Corrupt { .. })), "{read:?}");
    let probed = state.health.probe().await;
    assert!(matches!(probed, Err(Error::Corrupt { .. })), "{probed:?}");
}

#[tokio::test]
async fn a_file_in_place_of_the_directory_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state");
    std::fs::write(&dir, "").unwrap();
    let refused = refusal(open(SqliteConfig::new(&dir)).await);
    let text = format!("cannot use {}: it is not a directory", dir.display());
    assert_eq!(refused.to_string(), text);
}

#[tokio::test]
async fn a_directory_everybody_can_replace_is_refused() {
    let home = tempfile::tempdir().unwrap();
    set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
    let refused = refusal(open(SqliteConfig::new(home.path().join("state"))).await);
    assert!(refused.to_string().contains("run chmod o-w"), "{refused}");
}

/// A disk that became read-only. Where nothing may be mounted we are not root, and then the rights
/// of the directory are enough.
#[tokio::test]
async fn an_unwritable_directory_is_refused() {
    let mount = tempfile::tempdir().unwrap();
    let test = "opening::a_read_only_disk";
    if let Some(mut child) = child::in_memory_disk(4 << 20, test, mount.path()) {
        child::passes(&mut child);
        return;
    }
    let backend = used().await;
    set_permissions(backend.dir.path(), Permissions::from_mode(0o500)).unwrap();
    let refused = refusal(open(backend.config()).await);
    set_permissions(backend.dir.path(), Permissions::from_mode(0o700)).unwrap();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
}

/// On the disk of its parent, made read-only; alone, without the right to make it so, the same
/// store on a writable disk.
#[tokio::test]
async fn a_read_only_disk() {
    let home = tempfile::tempdir().unwrap();
    let mount = child::workplace();
    let config = SqliteConfig::new(mount.as_deref().unwrap_or(home.path()).join("state"));
    let state = open(config.clone()).await.unwrap();
    claimed(&state, &session("a")).await;
    state.health.close().await.unwrap();
    let Some(mount) = mount else {
        open(config).await.unwrap();
        return;
    };
    let mut remount = std::process::Command::new("mount");
    assert!(
        remount
            .args(["-o", "remount,ro"])
            .arg(mount)
            .status()
            .unwrap()
            .success()
    );
    let refused = refusal(open(config).await);
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
    assert!(
        refused.to_string().contains("Read-only file system"),
        "{refused}"
    );
}

#[tokio::test]
async fn files_are_private_whatever_the_umask() {
    let home = tempfile::tempdir().unwrap();
    let mut child = child::after("umask 000", "opening::make_every_file", home.path());
    child::passes(&mut child);
    assert_private(&home.path().join("state"));
}

/// Leaves an open store behind, as a crash would.
#[tokio::test]
async fn make_every_file() {
    let home = tempfile::tempdir().unwrap();
    let dir = child::workplace()
        .unwrap_or(home.path().to_owned())
        .join("state");
    let state = open(SqliteConfig::new(&dir)).await.unwrap();
    claimed(&state, &session("a")).await;
    assert_private(&dir);
    for file in ["state.db", "state.db-wal", "state.db-shm", "gateway.lock"] {
        assert!(dir.join(file).try_exists().unwrap(), "{file} is missing");
    }
}

#[tokio::test]
async fn rights_given_to_others_are_taken_back() {
    let backend = used().await;
    let state = backend.dir.path().join("state.db");
    set_permissions(&state, Permissions::from_mode(0o666)).unwrap();
    set_permissions(backend.dir.path(), Permissions::from_mode(0o755)).unwrap();
    let state = backend.open().await;
    assert_private(backend.dir.path());
    assert_eq!(whole_log(&state, &session("a")).await.len(), 3);
}

fn assert_private(dir: &Path) {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir), 0o700);
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

/// Overwrites part of a file.
fn scribble(file: &Path, from: u64, length: usize) {
    let mut file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xa5; length]).unwrap();
}
