//! Promises of [`SessionLog`](crate::SessionLog) beside appending: reading from its end, notes, and
//! who hears of what was appended.

use super::{Backend, admission, answer, claimed, completed, fold, kinds, session};
use crate::{Appended, Error, Fence, Seq};
use tokio::sync::broadcast::error::TryRecvError;

/// Pages from the end hold what pages from the beginning hold.
pub async fn reads_backwards(backend: &dyn Backend) {
    let state = backend.open().await;
    let claim = claimed(&state, &session("a")).await;
    let records = vec![answer(Some(1), None), answer(Some(2), None)];
    let finished = state.queue.finish(&claim, records, completed());
    finished.await.unwrap();
    let mut forwards = fold::check(&state, &session("a")).await;
    forwards.reverse();
    let mut backwards = Vec::new();
    let mut before = None;
    loop {
        let page = state.log.read_back(&session("a"), before, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        backwards.extend(page);
    }
    assert_eq!(backwards, forwards);
    assert_eq!(
        state.log.read_back(&session("z"), None, 4).await.unwrap(),
        []
    );
}

/// A note is appended while a run goes on, without a word to it.
pub async fn notes_belong_to_no_run(backend: &dyn Backend) {
    let state = backend.open().await;
    let claim = claimed(&state, &session("a")).await;
    let seq = state
        .log
        .note(&session("a"), vec![answer(None, None)])
        .await;
    assert_eq!(seq.unwrap(), Seq(4));
    let finished = state.queue.finish(&claim, Vec::new(), completed());
    finished.await.unwrap();
    let log = fold::check(&state, &session("a")).await;
    let runs: Vec<_> = log.iter().map(|it| it.run.is_some()).collect();
    assert_eq!(runs, [false, true, true, false, true]);
    let nowhere = state
        .log
        .note(&session("z"), vec![answer(None, None)])
        .await;
    assert!(matches!(nowhere, Err(Error::NoSession(_))), "{nowhere:?}");
}

/// Whoever listens hears of every append, and finds it in the log.
pub async fn tells_what_is_on_disk(backend: &dyn Backend) {
    let state = backend.open().await;
    let mut tail = state.log.tail();
    let claim = claimed(&state, &session("a")).await;
    let news = |last| Appended {
        session: session("a"),
        last: Seq(last),
    };
    assert_eq!(tail.try_recv().unwrap(), news(3));
    assert_eq!(kinds(&state, &session("a")).await.len(), 3);
    state
        .log
        .note(&session("a"), vec![answer(None, None)])
        .await
        .unwrap();
    let finished = state.queue.finish(&claim, Vec::new(), completed());
    finished.await.unwrap();
    assert_eq!(tail.try_recv().unwrap(), news(4));
    assert_eq!(tail.try_recv().unwrap(), news(5));
    assert_eq!(tail.try_recv().unwrap_err(), TryRecvError::Empty);
}

/// What was refused is not told of.
pub async fn tells_nothing_that_failed(backend: &dyn Backend) {
    let state = backend.open().await;
    let mut tail = state.log.tail();
    let claim = claimed(&state, &session("a")).await;
    tail.try_recv().unwrap();
    let outdated = Fence(claim.fence.0 - 1);
    let records = vec![answer(None, None)];
    let key = session("a");
    let refused = state.log.append(&key, outdated, None, records);
    refused.await.unwrap_err();
    // The id of a run that is there already.
    let mut again = admission(&session("b"), "hello");
    again.run = claim.run.clone();
    let refused = state.queue.admit(again).await;
    assert!(
        matches!(refused, Err(Error::KeyReused { .. })),
        "{refused:?}"
    );
    assert_eq!(tail.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(state.sessions.count().await.unwrap(), 1);
}
