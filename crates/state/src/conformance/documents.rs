//! Promises of [`Documents`](crate::Documents).

use super::Backend;
use crate::State;
use std::time::Duration;

async fn texts(state: &State, kind: &str) -> Vec<(String, String)> {
    let found = state.documents.documents(kind).await.unwrap();
    found.into_iter().map(|it| (it.id, it.text)).collect()
}

fn pair(id: &str, text: &str) -> (String, String) {
    (id.to_owned(), text.to_owned())
}

/// The last write of an id stands, over a restart as well; ids come in order.
pub async fn the_last_one_put_is_found(backend: &dyn Backend) {
    let state = backend.open().await;
    for (id, text) in [("b", "1"), ("a", "2"), ("b", "3")] {
        backend.clock().advance(Duration::from_secs(1));
        let put = state.documents.put("device", id, text.to_owned());
        put.await.unwrap();
    }
    state.health.close().await.unwrap();
    let state = backend.open().await;
    assert_eq!(
        texts(&state, "device").await,
        [pair("a", "2"), pair("b", "3")]
    );
    let found = state.documents.documents("device").await.unwrap();
    assert!(found[0].updated_at < found[1].updated_at, "{found:?}");
}

/// One id under two kinds is two documents.
pub async fn kinds_never_meet(backend: &dyn Backend) {
    let state = backend.open().await;
    for kind in ["device", "node"] {
        let put = state.documents.put(kind, "a", kind.to_owned());
        put.await.unwrap();
    }
    assert!(state.documents.remove("device", "a").await.unwrap());
    assert_eq!(texts(&state, "node").await, [pair("a", "node")]);
}

/// What was removed is not found, and removing it again does nothing.
pub async fn what_was_removed_is_gone(backend: &dyn Backend) {
    let state = backend.open().await;
    let put = state.documents.put("device", "a", "1".to_owned());
    put.await.unwrap();
    assert!(state.documents.remove("device", "a").await.unwrap());
    assert!(!state.documents.remove("device", "a").await.unwrap());
    assert_eq!(texts(&state, "device").await, []);
}
