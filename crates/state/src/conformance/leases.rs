//! Promises of [`Leases`](crate::Leases).

use super::Backend;
use crate::{Error, Lease};
use std::time::Duration;

const TTL: Duration = Duration::from_secs(10);

/// While its time runs, nobody else gets it; other names are free.
pub async fn one_holder_at_a_time(backend: &dyn Backend) {
    let state = backend.open().await;
    state.leases.acquire("cron", "ada", TTL).await.unwrap();
    let refused = state.leases.acquire("cron", "bob", TTL).await;
    assert!(
        matches!(&refused, Err(Error::Held { name, holder }) if name == "cron" && holder == "ada"),
        "{refused:?}"
    );
    state.leases.acquire("telegram", "bob", TTL).await.unwrap();
}

/// The holder prolongs it as often as it likes.
pub async fn renewing_keeps_the_fence(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = state.leases.acquire("cron", "ada", TTL).await.unwrap();
    backend.clock().advance(TTL / 2);
    assert_eq!(
        state.leases.acquire("cron", "ada", TTL).await.unwrap(),
        first
    );
    backend
        .clock()
        .advance(TTL.saturating_sub(Duration::from_millis(1)));
    assert!(
        state.leases.acquire("cron", "bob", TTL).await.is_err(),
        "it was not prolonged"
    );
    // Nobody came in between, so nobody was outdated.
    backend.clock().advance(TTL);
    assert_eq!(
        state.leases.acquire("cron", "ada", TTL).await.unwrap(),
        first
    );
}

/// An expired lease goes to whoever asks, with a larger fence, across restarts too.
pub async fn expiry_lets_others_in(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = state.leases.acquire("cron", "ada", TTL).await.unwrap();
    state.health.close().await.unwrap();
    let state = backend.open().await;
    assert!(
        state.leases.acquire("cron", "bob", TTL).await.is_err(),
        "it was forgotten"
    );
    backend.clock().advance(TTL);
    let second = state.leases.acquire("cron", "bob", TTL).await.unwrap();
    assert!(second.fence > first.fence, "the fence did not grow");
}

/// After giving it back it is free at once, and the next fence is larger.
pub async fn giving_back_outdates(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = state.leases.acquire("cron", "ada", TTL).await.unwrap();
    state.leases.release(&first).await.unwrap();
    let second = state.leases.acquire("cron", "bob", TTL).await.unwrap();
    assert!(second.fence > first.fence, "the fence did not grow");
}

/// Who was overtaken cannot free what another holds.
pub async fn an_outdated_release_does_nothing(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = state.leases.acquire("cron", "ada", TTL).await.unwrap();
    backend.clock().advance(TTL);
    let second = state.leases.acquire("cron", "bob", TTL).await.unwrap();
    state.leases.release(&first).await.unwrap();
    state
        .leases
        .release(&Lease {
            holder: "ada".to_owned(),
            ..second
        })
        .await
        .unwrap();
    let refused = state.leases.acquire("cron", "eve", TTL).await;
    assert!(
        matches!(&refused, Err(Error::Held { holder, .. }) if holder == "bob"),
        "{refused:?}"
    );
}
