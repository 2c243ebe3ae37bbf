//! The queue in front of the writer has a bound, in writes and in bytes.

use crate::backend::{Sqlite, open};
use rusqlite::Connection;
use state::conformance::{admission, session};
use state::sqlite::SqliteConfig;
use state::{Admission, Admitted, Error, State};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Admitting = Pin<Box<dyn Future<Output = Result<Admitted, Error>> + Send>>;

/// Hands a turn over without waiting for the answer.
fn hand_over(state: &State, admission: Admission) -> (Admitting, Poll<Result<Admitted, Error>>) {
    let queue = state.queue.clone();
    let mut admitting: Admitting = Box::pin(async move { queue.admit(admission).await });
    let polled = admitting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    (admitting, polled)
}

/// A foreign process that keeps the writer from committing until it is dropped.
fn obstacle(backend: &Sqlite) -> Connection {
    let other = Connection::open(backend.dir.path().join("state.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[tokio::test]
async fn too_many_waiting_writes_are_refused() {
    let backend = Sqlite::new();
    let state = open(SqliteConfig {
        max_waiting: 3,
        ..backend.config()
    })
    .await
    .unwrap();
    let obstacle = obstacle(&backend);
    let mut waiting = Vec::new();
    for number in 0..3 {
        let (admitting, polled) =
            hand_over(&state, admission(&session(&number.to_string()), "hello"));
        assert!(polled.is_pending(), "{polled:?}");
        waiting.push(admitting);
    }
    let refused = state
        .queue
        .admit(admission(&session("late"), "hello"))
        .await;
    assert!(
        matches!(refused, Err(Error::Overloaded { waiting: 3 })),
        "{refused:?}"
    );
    drop(obstacle);
    for admitting in waiting {
        admitting.await.unwrap();
    }
    state
        .queue
        .admit(admission(&session("late"), "hello"))
        .await
        .unwrap();
    assert_eq!(state.sessions.count().await.unwrap(), 4);
}

#[tokio::test]
async fn too_many_waiting_bytes_are_refused() {
    let backend = Sqlite::new();
    let small = SqliteConfig {
        max_waiting_bytes: 4096,
        ..backend.config()
    };
    let state = open(small).await.unwrap();
    let obstacle = obstacle(&backend);
    // One that is larger than the bound is let in when it is alone.
    let (first, polled) = hand_over(&state, admission(&session("a"), &"x".repeat(9000)));
    assert!(polled.is_pending(), "{polled:?}");
    let refused = state.queue.admit(admission(&session("b"), "hello")).await;
    assert!(
        matches!(refused, Err(Error::Overloaded { waiting: 1 })),
        "{refused:?}"
    );
    drop(obstacle);
    first.await.unwrap();
    state
        .queue
        .admit(admission(&session("b"), "hello"))
        .await
        .unwrap();
}
