//! Promises of [`Responses`](crate::Responses).

use super::{Backend, session};
use crate::StoredResponse;
use domain::{AgentId, Clock, RunId, UnixMillis};
use std::time::Duration;

fn response(id: &str, owner: &str, backend: &dyn Backend) -> StoredResponse {
    let now = backend.clock().now();
    StoredResponse {
        id: id.to_owned(),
        owner: owner.to_owned(),
        agent: Some(AgentId::new("main")),
        session: Some(session("a")),
        run: Some(RunId::new("r1")),
        previous: Some("resp_0".to_owned()),
        created_at: now,
        expires_at: UnixMillis(now.0 + 1000),
        status: "in_progress".to_owned(),
        body: r#"{"id":"resp_1"}"#.to_owned(),
        input: "[]".to_owned(),
    }
}

/// What was put is found by its owner, over a restart, as it was last put.
pub async fn the_last_one_put_is_found(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = response("resp_1", "owner", backend);
    state.responses.put(first.clone()).await.unwrap();
    let found = state.responses.get("owner", "resp_1").await.unwrap();
    assert_eq!(found, Some(first.clone()));
    let last = StoredResponse {
        agent: None,
        session: None,
        run: None,
        previous: None,
        status: "completed".to_owned(),
        body: "{}".to_owned(),
        input: "[1]".to_owned(),
        ..first
    };
    state.responses.put(last.clone()).await.unwrap();
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let found = state.responses.get("owner", "resp_1").await.unwrap();
    assert_eq!(found, Some(last));
}

/// To everybody but its owner a response does not exist, and nobody else can change it.
pub async fn owners_never_meet(backend: &dyn Backend) {
    let state = backend.open().await;
    let mine = response("resp_1", "me", backend);
    state.responses.put(mine.clone()).await.unwrap();
    let stolen = StoredResponse {
        body: "stolen".to_owned(),
        ..response("resp_1", "thief", backend)
    };
    state.responses.put(stolen).await.unwrap();
    let theirs = state.responses.get("thief", "resp_1").await.unwrap();
    assert_eq!(theirs, None);
    assert!(!state.responses.delete("thief", "resp_1").await.unwrap());
    let found = state.responses.get("me", "resp_1").await.unwrap();
    assert_eq!(found, Some(mine));
}

/// Deleting tells whether there was something to delete.
pub async fn what_was_deleted_is_gone(backend: &dyn Backend) {
    let state = backend.open().await;
    let one = response("resp_1", "me", backend);
    state.responses.put(one).await.unwrap();
    assert!(state.responses.delete("me", "resp_1").await.unwrap());
    assert!(!state.responses.delete("me", "resp_1").await.unwrap());
    assert_eq!(state.responses.get("me", "resp_1").await.unwrap(), None);
}

/// From the moment it expires a response is not found, and the next pruning removes it.
pub async fn what_expired_is_gone(backend: &dyn Backend) {
    let state = backend.open().await;
    state
        .responses
        .put(response("resp_1", "me", backend))
        .await
        .unwrap();
    let mut later = response("resp_2", "me", backend);
    later.expires_at.0 += 1;
    state.responses.put(later.clone()).await.unwrap();
    backend.clock().advance(Duration::from_secs(1));
    assert_eq!(state.responses.get("me", "resp_1").await.unwrap(), None);
    assert!(!state.responses.delete("me", "resp_1").await.unwrap());
    let now = backend.clock().now();
    assert_eq!(state.responses.prune(now).await.unwrap(), 1);
    assert_eq!(state.responses.prune(now).await.unwrap(), 0);
    let found = state.responses.get("me", "resp_2").await.unwrap();
    assert_eq!(found, Some(later));
}
