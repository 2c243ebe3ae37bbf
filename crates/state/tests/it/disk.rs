//! No room: writes are refused with the reason, reads go on, and room makes writes work again.

use crate::backend::{Sqlite, open};
use crate::child;
use state::conformance::{Backend, admission, answer, claimed, fold, session};
use state::sqlite::SqliteConfig;
use state::{Admitted, Error, State};
use std::io::Write;
use std::path::Path;

const DISK: u64 = 4 << 20;

#[test]
fn a_full_disk_refuses_writes_and_recovers() {
    let mount = tempfile::tempdir().unwrap();
    // Where nothing may be mounted, the worker fills the space it is allowed instead.
    let mut child =
        child::in_memory_disk(DISK, "disk::worker", mount.path()).unwrap_or_else(|| {
            let mut plain = child::command("disk::worker", mount.path());
            plain.env_remove("STATE_TEST_WORKPLACE");
            plain
        });
    child::passes(&mut child);
}

/// On the small disk of its parent; alone, within a small allowance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker() {
    match child::workplace() {
        Some(disk) => on_a_small_disk(&disk).await,
        None => within_an_allowance().await,
    }
}

async fn on_a_small_disk(disk: &Path) {
    let config = SqliteConfig::new(disk.join("state"));
    let state = open(config.clone()).await.unwrap();
    let claim = claimed(&state, &session("a")).await;
    let ballast = disk.join("ballast");
    fill(&ballast);
    let accepted = admit_until_full(&state, 0).await;
    let probed = state.health.probe().await;
    assert!(matches!(probed, Err(Error::DiskFull { .. })), "{probed:?}");
    // Everybody who waited in the same transaction is told.
    let mut together = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (queue, admission) = (state.queue.clone(), admission(&session("b"), "hello"));
        together.spawn(async move { queue.admit(admission).await });
    }
    for answer in together.join_all().await {
        assert!(matches!(answer, Err(Error::DiskFull { .. })), "{answer:?}");
    }
    assert_eq!(fold::check(&state, &session("a")).await.len(), 3);
    assert_eq!(state.sessions.count().await.unwrap(), accepted + 1);
    let elsewhere = open(SqliteConfig::new(disk.join("another"))).await;
    assert!(
        matches!(elsewhere, Err(Error::DiskFull { .. })),
        "{:?}",
        elsewhere.err()
    );

    std::fs::remove_file(&ballast).unwrap();
    state.health.probe().await.unwrap();
    let records = vec![answer(Some(1), None)];
    state
        .log
        .append(&session("a"), claim.fence, None, records)
        .await
        .unwrap();
    state.health.close().await.unwrap();
    let state = open(config).await.unwrap();
    assert_eq!(fold::check(&state, &session("a")).await.len(), 4);
    assert_eq!(state.sessions.count().await.unwrap(), accepted + 1);
}

async fn within_an_allowance() {
    let backend = Sqlite::new();
    let small = SqliteConfig {
        max_bytes: Some(512 << 10),
        ..backend.config()
    };
    let state = open(small).await.unwrap();
    let claim = claimed(&state, &session("a")).await;
    let accepted = admit_until_full(&state, 16 << 10).await;
    assert_eq!(fold::check(&state, &claim.session).await.len(), 3);
    assert_eq!(state.sessions.count().await.unwrap(), accepted + 1);
    state.health.close().await.unwrap();
    let state = backend.open().await;
    claimed(&state, &session("one more")).await;
    assert_eq!(state.sessions.count().await.unwrap(), accepted + 2);
}

/// Opens one session after the other until the store refuses; returns how many there are.
async fn admit_until_full(state: &State, text: usize) -> u64 {
    for number in 0..1000 {
        let admission = admission(&session(&format!("s{number}")), &"x".repeat(text));
        match state.queue.admit(admission).await {
            Ok(Admitted::Accepted { .. }) => {}
            Err(Error::DiskFull { path }) => {
                assert!(path.ends_with("state.db"), "{}", path.display());
                return number;
            }
            other => unreachable!("{other:?}"),
        }
    }
    unreachable!("the disk never filled up")
}

/// Takes every free byte of a disk.
pub(crate) fn fill(ballast: &Path) {
    let mut file = std::fs::File::create(ballast).unwrap();
    let mut piece = vec![0_u8; 64 << 10];
    while !piece.is_empty() {
        match file.write_all(&piece) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                piece.truncate(piece.len() / 2);
            }
            Err(error) => unreachable!("{error}"),
        }
    }
}
