//! Promises of [`RunQueue`](crate::RunQueue): how runs end, and what is left when they did not.

use super::{Backend, answer, claimed, completed, fold, kinds, queued, session, whole_log};
use crate::{Claim, Draft, Error, RunStatus};
use domain::{Clock, FailureKind, Record, RunLimit, RunOutcome};

/// The last records, the end and the handover are one transaction.
pub async fn finish_is_all_or_nothing(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let claim = claimed(&state, &key).await;
    let waiting = queued(&state, &key).await;
    let records = vec![answer(Some(1), Some(1)), answer(None, None)];
    let next = state
        .queue
        .finish(&claim, records, completed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.run, waiting);
    let ended = [
        "sessionOpened",
        "turnAccepted",
        "runStarted",
        "turnAccepted",
        "assistantMessage",
        "assistantMessage",
        "runFinished",
        "runStarted",
    ];
    assert_eq!(kinds(&state, &key).await, ended);
    // A foreign claim, of a run that is not of this session, changes nothing.
    let other = claimed(&state, &session("b")).await;
    let foreign = Claim {
        run: other.run.clone(),
        ..next
    };
    let refused = state
        .queue
        .finish(&foreign, vec![answer(None, None)], completed())
        .await;
    assert!(matches!(refused, Err(Error::NoRun(_))), "{refused:?}");
    assert_eq!(fold::check(&state, &key).await.len(), ended.len());
    assert_eq!(fold::check(&state, &other.session).await.len(), 3);
}

/// One draft per run, replaced at will, gone when the run ends.
pub async fn drafts_live_as_long_as_their_run(backend: &dyn Backend) {
    let state = backend.open().await;
    let claim = claimed(&state, &session("a")).await;
    let draft = |text: &str| Draft {
        text: text.to_owned(),
        model: "offline/demo".to_owned(),
    };
    assert_eq!(state.queue.draft(&claim.run).await.unwrap(), None);
    state.queue.save_draft(&claim, draft("Once")).await.unwrap();
    state
        .queue
        .save_draft(&claim, draft("Once upon"))
        .await
        .unwrap();
    assert_eq!(
        state.queue.draft(&claim.run).await.unwrap(),
        Some(draft("Once upon"))
    );
    state.health.close().await.unwrap();
    let state = backend.open().await;
    assert_eq!(
        state.queue.draft(&claim.run).await.unwrap(),
        Some(draft("Once upon"))
    );
    state
        .queue
        .finish(&claim, Vec::new(), completed())
        .await
        .unwrap();
    assert_eq!(state.queue.draft(&claim.run).await.unwrap(), None);
    let late = state.queue.save_draft(&claim, draft("late")).await;
    assert!(matches!(late, Err(Error::WrongStatus { .. })), "{late:?}");
}

/// Every way to end comes back as it was given.
pub async fn outcomes_are_kept(backend: &dyn Backend) {
    let state = backend.open().await;
    let outcomes = [
        completed(),
        RunOutcome::AwaitingClient,
        RunOutcome::Limited {
            limit: RunLimit::Steps { limit: 3 },
        },
        RunOutcome::Failed {
            kind: FailureKind::RateLimited,
            message: "slow down".to_owned(),
            status: Some(429),
            retry_after_ms: Some(1500),
        },
        RunOutcome::Aborted {
            reason: "the client left".to_owned(),
        },
        RunOutcome::Interrupted,
    ];
    for outcome in outcomes {
        let claim = claimed(&state, &session("a")).await;
        state
            .queue
            .finish(&claim, Vec::new(), outcome.clone())
            .await
            .unwrap();
        let row = state.queue.run(&claim.run).await.unwrap().unwrap();
        assert_eq!(row.status, RunStatus::Finished(outcome.clone()));
        assert_eq!(row.finished_at, Some(backend.clock().now()));
        let last = whole_log(&state, &session("a")).await.pop().unwrap();
        assert_eq!(last.record, Record::RunFinished(outcome));
    }
}

/// A restart finds what was running and what was waiting, oldest first.
pub async fn unfinished_runs_survive(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = claimed(&state, &session("a")).await;
    let second = queued(&state, &session("a")).await;
    let third = claimed(&state, &session("b")).await;
    let done = claimed(&state, &session("c")).await;
    state
        .queue
        .finish(&done, Vec::new(), completed())
        .await
        .unwrap();
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let rows = state.queue.unfinished().await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (row.run, row.status)).collect();
    let expected = [
        (first.run, RunStatus::Running),
        (second, RunStatus::Queued),
        (third.run, RunStatus::Running),
    ];
    assert_eq!(found, expected);
}
