//! Promises of [`Health`](crate::Health).

use super::{Backend, admission, claimed, fold, session};
use crate::{Error, Seq};

/// A healthy store says so, as often as it is asked.
pub async fn probes(backend: &dyn Backend) {
    let state = backend.open().await;
    state.health.probe().await.unwrap();
    state.health.probe().await.unwrap();
}

/// After closing, nothing is read or written.
pub async fn closed_means_closed(backend: &dyn Backend) {
    let state = backend.open().await;
    let claim = claimed(&state, &session("a")).await;
    state.health.close().await.unwrap();
    let admitted = state.queue.admit(admission(&session("a"), "late")).await;
    assert!(matches!(admitted, Err(Error::Closed)), "{admitted:?}");
    let read = state.log.read(&claim.session, Seq(0), 9).await;
    assert!(matches!(read, Err(Error::Closed)), "{read:?}");
    let probed = state.health.probe().await;
    assert!(matches!(probed, Err(Error::Closed)), "{probed:?}");
    state.health.close().await.unwrap();
}

/// A caller that stops waiting, and a close right after, lose nothing that was handed over.
pub async fn what_was_handed_over_is_kept(backend: &dyn Backend) {
    let state = backend.open().await;
    for number in 0..10 {
        let queue = state.queue.clone();
        let key = session(&format!("s{number}"));
        let mut admitting = Box::pin(async move { queue.admit(admission(&key, "hello")).await });
        // Polled once: handed over, and then dropped.
        let waker = std::task::Waker::noop();
        let polled = admitting
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker));
        drop(polled);
        drop(admitting);
    }
    state.health.close().await.unwrap();
    let state = backend.open().await;
    assert_eq!(state.sessions.count().await.unwrap(), 10);
    for number in 0..10 {
        assert_eq!(
            fold::check(&state, &session(&format!("s{number}")))
                .await
                .len(),
            3
        );
    }
}
