//! Promises of [`Admission::idempotency`](crate::Admission).

use super::{Backend, admission, completed, fold, session};
use crate::{Admission, Admitted, Error, IdempotencyKey, State};
use domain::RunId;
use std::sync::Arc;
use std::time::Duration;

const TTL: Duration = Duration::from_mins(1);

fn keyed(scope: &str, key: &str, fingerprint: &str) -> Admission {
    let idempotency = IdempotencyKey {
        scope: scope.to_owned(),
        key: key.to_owned(),
        fingerprint: fingerprint.to_owned(),
        ttl: TTL,
    };
    Admission {
        idempotency: Some(idempotency),
        ..admission(&session("a"), "hello")
    }
}

async fn accepted(state: &State, admission: Admission) -> RunId {
    let run = admission.run.clone();
    let admitted = state.queue.admit(admission).await.unwrap();
    assert!(
        matches!(admitted, Admitted::Accepted { .. }),
        "{admitted:?}"
    );
    run
}

/// The same key and the same request: the same run, and nothing written.
pub async fn a_repeated_request_finds_its_run(backend: &dyn Backend) {
    let state = backend.open().await;
    let run = accepted(&state, keyed("chat", "k1", "f1")).await;
    let again = state.queue.admit(keyed("chat", "k1", "f1")).await.unwrap();
    assert_eq!(again, Admitted::Duplicate { run });
    assert_eq!(fold::check(&state, &session("a")).await.len(), 3);
}

/// The same key for something else.
pub async fn a_different_request_is_refused(backend: &dyn Backend) {
    let state = backend.open().await;
    accepted(&state, keyed("chat", "k1", "f1")).await;
    let refused = state.queue.admit(keyed("chat", "k1", "f2")).await;
    assert!(
        matches!(&refused, Err(Error::KeyReused { key }) if key == "k1"),
        "{refused:?}"
    );
    assert_eq!(fold::check(&state, &session("a")).await.len(), 3);
}

/// Two callers may use the same key.
pub async fn scopes_never_meet(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = accepted(&state, keyed("ada", "k1", "f1")).await;
    let second = accepted(&state, keyed("bob", "k1", "f2")).await;
    assert_ne!(first, second);
}

/// After its time a key is free, and only then.
pub async fn keys_are_forgotten(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = accepted(&state, keyed("chat", "k1", "f1")).await;
    backend
        .clock()
        .advance(TTL.saturating_sub(Duration::from_millis(1)));
    let again = state.queue.admit(keyed("chat", "k1", "f1")).await.unwrap();
    assert_eq!(again, Admitted::Duplicate { run: first });
    backend.clock().advance(Duration::from_millis(1));
    let second = accepted(&state, keyed("chat", "k1", "f2")).await;
    let again = state.queue.admit(keyed("chat", "k1", "f2")).await.unwrap();
    assert_eq!(again, Admitted::Duplicate { run: second });
}

/// Of many copies at once, one is let in and the others find it.
pub async fn concurrent_duplicates_make_one_run(backend: &dyn Backend) {
    let state = Arc::new(backend.open().await);
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let state = state.clone();
        senders.spawn(async move {
            let admission = keyed("chat", "k1", "f1");
            let run = admission.run.clone();
            match state.queue.admit(admission).await.unwrap() {
                Admitted::Accepted { .. } => (true, run),
                Admitted::Duplicate { run } => (false, run),
            }
        });
    }
    let answers = senders.join_all().await;
    assert_eq!(answers.iter().filter(|(accepted, _)| *accepted).count(), 1);
    assert!(
        answers.iter().all(|(_, run)| *run == answers[0].1),
        "{answers:?}"
    );
    assert_eq!(fold::check(&state, &session("a")).await.len(), 3);
}

/// A crash between the answer and the client's retry does not run a turn twice.
pub async fn survives_a_restart(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = keyed("chat", "k1", "f1");
    let run = first.run.clone();
    let Admitted::Accepted {
        claim: Some(claim), ..
    } = state.queue.admit(first).await.unwrap()
    else {
        unreachable!("the first turn of a session is claimed");
    };
    state
        .queue
        .finish(&claim, Vec::new(), completed())
        .await
        .unwrap();
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let again = state.queue.admit(keyed("chat", "k1", "f1")).await.unwrap();
    assert_eq!(again, Admitted::Duplicate { run });
}
