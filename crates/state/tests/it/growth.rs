//! What could grow without end does not.

use crate::backend::Sqlite;
use rusqlite::Connection;
use state::conformance::{Backend, admission, session};
use state::{Admission, IdempotencyKey};
use std::time::Duration;

const TTL: Duration = Duration::from_secs(5);

fn keyed(number: usize) -> Admission {
    let idempotency = IdempotencyKey {
        scope: "test".to_owned(),
        key: number.to_string(),
        fingerprint: String::new(),
        ttl: TTL,
    };
    let session = session(&number.to_string());
    Admission {
        idempotency: Some(idempotency),
        ..admission(&session, "hello")
    }
}

#[tokio::test]
async fn forgotten_keys_leave_the_table() {
    let backend = Sqlite::new();
    let state = backend.open().await;
    for number in 0..30 {
        state.queue.admit(keyed(number)).await.unwrap();
    }
    backend.clock().advance(TTL);
    for number in 30..45 {
        state.queue.admit(keyed(number)).await.unwrap();
    }
    state.health.close().await.unwrap();
    let database = Connection::open(backend.dir.path().join("state.db")).unwrap();
    let count = "SELECT count(*), min(CAST(key AS INTEGER)) FROM idempotency";
    let left = database.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(left.unwrap(), (15, 30));
}

#[tokio::test]
async fn the_write_ahead_log_is_moved_while_writes_go_on() {
    let backend = Sqlite::new();
    let state = backend.open().await;
    let text = "x".repeat(1 << 20);
    for number in 0..48 {
        let session = session(&number.to_string());
        state.queue.admit(admission(&session, &text)).await.unwrap();
    }
    let size = |file: &str| {
        std::fs::metadata(backend.dir.path().join(file))
            .unwrap()
            .len()
    };
    let log = size("state.db-wal");
    assert!(log < 20 << 20, "the log has {log} bytes");
    state.health.close().await.unwrap();
    assert!(size("state.db") > 48 << 20, "something is missing");
    assert!(
        !backend
            .dir
            .path()
            .join("state.db-wal")
            .try_exists()
            .unwrap(),
        "the log is left"
    );
}
