//! Promises of [`SessionLog`](crate::SessionLog).

use super::{Backend, answer, claimed, completed, fold, kinds, session, whole_log};
use crate::{Error, Fence, Seq, SessionFilter};
use domain::Record;
use std::sync::Arc;

/// Records come back in the order of the appends, numbered from 1.
pub async fn appends_in_order_without_gaps(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let claim = claimed(&state, &key).await;
    let records = vec![answer(Some(1), None), answer(Some(2), None)];
    let last = state
        .log
        .append(&key, claim.fence, Some(&claim.run), records)
        .await
        .unwrap();
    assert_eq!(last, Seq(5));
    let log = fold::check(&state, &key).await;
    assert_eq!(log[3].record, answer(Some(1), None));
    assert_eq!(log[4].record, answer(Some(2), None));
    assert_eq!(log[4].run, Some(claim.run));
    let nothing = state
        .log
        .append(&key, claim.fence, None, Vec::new())
        .await
        .unwrap();
    assert_eq!(nothing, Seq(5));
}

/// A record that cannot be written takes the whole append with it.
pub async fn all_or_nothing(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let claim = claimed(&state, &key).await;
    let outdated = Fence(claim.fence.0 - 1);
    let records = vec![answer(Some(1), None), answer(Some(2), None)];
    let refused = state.log.append(&key, outdated, None, records).await;
    assert!(
        matches!(refused, Err(Error::LeaseLost { .. })),
        "{refused:?}"
    );
    assert_eq!(
        kinds(&state, &key).await,
        ["sessionOpened", "turnAccepted", "runStarted"]
    );
    assert_eq!(fold::check(&state, &key).await.len(), 3);
}

/// After a takeover the earlier holder writes nothing, and is told which fence is in force.
pub async fn refuses_outdated_fences(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let old = claimed(&state, &key).await;
    let new = state.queue.claim(&old.run).await.unwrap();
    let refused = state
        .log
        .append(&key, old.fence, None, vec![answer(None, None)])
        .await;
    let Err(Error::LeaseLost { held, current }) = refused else {
        unreachable!("an outdated fence wrote: {refused:?}");
    };
    assert_eq!((held, current), (old.fence, new.fence));
    state
        .log
        .append(&key, new.fence, None, vec![answer(None, None)])
        .await
        .unwrap();
    assert_eq!(fold::check(&state, &key).await.len(), 5);
}

/// A session is opened by a turn only.
pub async fn needs_a_session(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("nobody");
    let refused = state
        .log
        .append(&key, Fence(9), None, vec![answer(None, None)])
        .await;
    assert!(
        matches!(&refused, Err(Error::NoSession(missing)) if *missing == key),
        "{refused:?}"
    );
    assert_eq!(whole_log(&state, &key).await, []);
}

/// What a newer program wrote is read, and written, as it is.
pub async fn carries_unknown_kinds(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let claim = claimed(&state, &key).await;
    let strange = Record::Unknown {
        kind: "compacted".to_owned(),
        version: 7,
        payload: "{\"from\": 1,  \"odd\": \"ü\\u0000\"}".to_owned(),
    };
    state
        .log
        .append(&key, claim.fence, None, vec![strange.clone()])
        .await
        .unwrap();
    assert_eq!(fold::check(&state, &key).await[3].record, strange);
}

/// Pages begin after the given number and hold at most the limit.
pub async fn reads_in_pages(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let claim = claimed(&state, &key).await;
    state
        .queue
        .finish(&claim, vec![answer(None, None)], completed())
        .await
        .unwrap();
    let numbers = |page: Vec<crate::Recorded>| page.iter().map(|it| it.seq.0).collect::<Vec<_>>();
    assert_eq!(
        numbers(state.log.read(&key, Seq(0), 2).await.unwrap()),
        [1, 2]
    );
    assert_eq!(
        numbers(state.log.read(&key, Seq(2), 100).await.unwrap()),
        [3, 4, 5]
    );
    assert_eq!(
        numbers(state.log.read(&key, Seq(5), 100).await.unwrap()),
        Vec::<i64>::new()
    );
    assert_eq!(
        numbers(state.log.read(&key, Seq(0), 0).await.unwrap()),
        Vec::<i64>::new()
    );
}

/// Closing and opening changes nothing.
pub async fn reopens_with_everything(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let claim = claimed(&state, &key).await;
    let records = vec![answer(Some(3), Some(4))];
    state
        .log
        .append(&key, claim.fence, Some(&claim.run), records)
        .await
        .unwrap();
    let before = (
        whole_log(&state, &key).await,
        state
            .sessions
            .list(&SessionFilter::default(), 0, 9)
            .await
            .unwrap()
            .rows,
    );
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let after = (
        whole_log(&state, &key).await,
        state
            .sessions
            .list(&SessionFilter::default(), 0, 9)
            .await
            .unwrap()
            .rows,
    );
    assert_eq!(after, before);
    // The fence is remembered too.
    state
        .log
        .append(&key, claim.fence, None, vec![answer(None, None)])
        .await
        .unwrap();
    fold::check(&state, &key).await;
}

/// Many writers at once leave each session gapless and each append whole.
pub async fn concurrent_appends_leave_no_gap(backend: &dyn Backend) {
    let state = Arc::new(backend.open().await);
    let mut writers = tokio::task::JoinSet::new();
    for name in ["a", "b"] {
        let claim = claimed(&state, &session(name)).await;
        for _ in 0..20 {
            let (state, claim) = (state.clone(), claim.clone());
            writers.spawn(async move {
                let pair = vec![answer(Some(1), Some(2)), answer(Some(3), Some(4))];
                state
                    .log
                    .append(&claim.session, claim.fence, None, pair)
                    .await
                    .unwrap()
            });
        }
    }
    writers.join_all().await;
    for name in ["a", "b"] {
        let log = fold::check(&state, &session(name)).await;
        assert_eq!(log.len(), 43);
        for pair in log[3..].chunks(2) {
            assert_eq!(pair[0].record, answer(Some(1), Some(2)));
            assert_eq!(pair[1].record, answer(Some(3), Some(4)));
        }
    }
}
