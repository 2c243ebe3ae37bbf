//! No room: calls that cost money are refused with the reason, what was settled is kept.

use super::rig::{DOLLAR, Rig, ask, settlement};
use crate::backend::{Sqlite, open};
use crate::child;
use domain::SystemClock;
use domain::ledger::{Purse, Refused};
use serde_json::json;
use state::conformance::Backend;
use state::sqlite::SqliteConfig;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const DISK: u64 = 4 << 20;

#[test]
fn a_full_disk_refuses_paid_calls_and_loses_nothing() {
    let mount = tempfile::tempdir().unwrap();
    // Where nothing may be mounted, only the database is kept small.
    let mut child = child::in_memory_disk(DISK, "ledger::disk::worker", mount.path())
        .unwrap_or_else(|| {
            let mut plain = child::command("ledger::disk::worker", mount.path());
            plain.env_remove("STATE_TEST_WORKPLACE");
            plain
        });
    child::passes(&mut child);
}

/// On the small disk of its parent; alone, with a small database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker() {
    match child::workplace() {
        Some(disk) => on_a_small_disk(&disk).await,
        None => with_a_small_database().await,
    }
}

async fn on_a_small_disk(disk: &Path) {
    let config = SqliteConfig::new(disk.join("state"));
    let (dir, clock) = (config.dir.clone(), Arc::new(SystemClock));
    let state = open(config.clone()).await.unwrap();
    let rig = Rig::on(state, &dir, clock.clone(), json!({ "daily": 1000 })).await;
    let early = rig.reserved(DOLLAR).await;
    let ballast = disk.join("ballast");
    crate::disk::fill(&ballast);
    let mut granted = vec![early];
    let refused = loop {
        let ask = ask(100);
        let call = ask.call.clone();
        match rig.ledger.reserve(ask).await {
            Ok(_) => granted.push(call),
            Err(refused) => break refused,
        }
        assert!(granted.len() < 100_000, "the disk never filled up");
    };
    let Refused::Unavailable { detail } = refused else {
        unreachable!("{refused}");
    };
    assert!(detail.contains("is full; free some space"), "{detail}");
    // What costs nothing goes on, and what was granted is settled in memory.
    rig.ledger.reserve(ask(0)).await.unwrap();
    for call in &granted {
        rig.ledger.settle(settlement(call, 3));
    }
    let expected = 3 * i64::try_from(granted.len()).unwrap();
    assert_eq!(rig.ledger.spent_today().0, expected);
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(rig.cost().await, expected);
    rig.reserved(7).await;
    rig.die().await;
    let state = open(config).await.unwrap();
    let rig = Rig::on(state, &dir, clock, json!({})).await;
    assert_eq!(rig.cost().await, expected + 7);
    rig.close().await;
}

async fn with_a_small_database() {
    let backend = Sqlite::new();
    let small = SqliteConfig {
        max_bytes: Some(200 << 10),
        ..backend.config()
    };
    let dir = backend.dir.path();
    let state = open(small.clone()).await.unwrap();
    let rig = Rig::on(state, dir, small.clock.clone(), json!({ "daily": 1000 })).await;
    for _ in 0..3000 {
        let call = rig.reserved(1000).await;
        rig.ledger.settle(settlement(&call, 3));
    }
    rig.ledger.flush().await;
    rig.die().await;
    // The database cannot take the rows at the next start either; the books know them all the same.
    let state = open(small.clone()).await.unwrap();
    let rig = Rig::on(state, dir, small.clock, json!({ "daily": 1000 })).await;
    assert_eq!(rig.ledger.spent_today().0, 9000);
    rig.reserved(1).await;
    rig.die().await;
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.cost().await, 9001);
    assert_eq!(rig.ledger.spent_today().0, 9001);
    backend.clock().advance(Duration::from_millis(1));
    rig.close().await;
}
