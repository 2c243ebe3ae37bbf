//! Promises of [`RunQueue`](crate::RunQueue): how turns come in and are claimed.

use super::{
    Backend, admission, answer, claimed, completed, fold, kinds, queued, session, whole_log,
};
use crate::{Admitted, Claim, Draft, Error, Fence, RunRow, RunStatus, Seq};
use domain::{AgentId, Clock, Record, RunId};

/// The first turn opens the session, is written, and is already claimed.
pub async fn an_idle_session_is_claimed_at_once(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let first = admission(&key, "hello");
    let admitted = state.queue.admit(first.clone()).await.unwrap();
    let claim = Claim {
        run: first.run.clone(),
        session: key.clone(),
        fence: Fence(1),
        attempt: 1,
    };
    let expected = Admitted::Accepted {
        seq: Seq(2),
        fresh: true,
        claim: Some(claim.clone()),
    };
    assert_eq!(admitted, expected);
    let log = fold::check(&state, &key).await;
    assert_eq!(log[1].record, Record::TurnAccepted(Box::new(first.turn)));
    assert_eq!(
        kinds(&state, &key).await,
        ["sessionOpened", "turnAccepted", "runStarted"]
    );
    state
        .queue
        .finish(&claim, Vec::new(), completed())
        .await
        .unwrap();
    let again = state.queue.admit(admission(&key, "more")).await.unwrap();
    let Admitted::Accepted {
        seq,
        fresh: false,
        claim: Some(second),
    } = again
    else {
        unreachable!("an idle session was not claimed: {again:?}");
    };
    assert_eq!(seq, Seq(5));
    assert!(second.fence > claim.fence, "the fence did not grow");
    fold::check(&state, &key).await;
}

/// A turn for a busy session is durable and waits.
pub async fn a_busy_session_queues(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let running = claimed(&state, &key).await;
    backend.clock().advance(std::time::Duration::from_secs(1));
    let waiting = queued(&state, &key).await;
    let row = RunRow {
        run: waiting.clone(),
        session: key.clone(),
        agent: AgentId::new("main"),
        status: RunStatus::Queued,
        attempt: 0,
        accepted_seq: Seq(4),
        accepted_at: backend.clock().now(),
        finished_at: None,
    };
    assert_eq!(state.queue.run(&waiting).await.unwrap(), Some(row));
    let refused = state.queue.claim(&waiting).await;
    assert!(
        matches!(&refused, Err(Error::WrongStatus { run, status: "queued" }) if *run == waiting),
        "{refused:?}"
    );
    // Waiting does not disturb the running one.
    let records = vec![answer(None, None)];
    state
        .log
        .append(&key, running.fence, None, records)
        .await
        .unwrap();
    fold::check(&state, &key).await;
}

/// Each finish hands over the run that has waited longest, already claimed.
pub async fn hands_over_in_the_order_of_acceptance(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let mut claim = claimed(&state, &key).await;
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(queued(&state, &key).await);
    }
    for expected in waiting {
        let next = state
            .queue
            .finish(&claim, Vec::new(), completed())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((&next.run, next.attempt), (&expected, 1));
        assert!(next.fence > claim.fence, "the fence did not grow");
        let last = whole_log(&state, &key).await.pop().unwrap();
        assert_eq!(last.run, Some(expected.clone()));
        assert_eq!(last.record.kind(), "runStarted");
        let row = state.queue.run(&expected).await.unwrap().unwrap();
        assert_eq!(row.status, RunStatus::Running);
        claim = next;
    }
    assert_eq!(
        state
            .queue
            .finish(&claim, Vec::new(), completed())
            .await
            .unwrap(),
        None
    );
    assert_eq!(state.queue.unfinished().await.unwrap(), []);
    fold::check(&state, &key).await;
}

/// A run left by a dead process is claimed again, as the next attempt.
pub async fn takes_over_a_running_run(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let dead = claimed(&state, &key).await;
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let claim = state.queue.claim(&dead.run).await.unwrap();
    assert_eq!((claim.attempt, &claim.run), (2, &dead.run));
    assert!(claim.fence > dead.fence, "the fence did not grow");
    let last = whole_log(&state, &key).await.pop().unwrap();
    let started = Record::RunStarted(domain::record::RunStarted { attempt: 2 });
    assert_eq!((last.record, last.run), (started, Some(dead.run)));
    assert_eq!(
        state
            .queue
            .finish(&claim, Vec::new(), completed())
            .await
            .unwrap(),
        None
    );
    fold::check(&state, &key).await;
}

/// Nothing an outdated holder asks for is written.
pub async fn refuses_outdated_claims(backend: &dyn Backend) {
    let state = backend.open().await;
    let key = session("a");
    let old = claimed(&state, &key).await;
    let new = state.queue.claim(&old.run).await.unwrap();
    let before = whole_log(&state, &key).await;
    let draft = Draft {
        text: "stale".to_owned(),
        model: "offline/demo".to_owned(),
    };
    let finish = state
        .queue
        .finish(&old, vec![answer(None, None)], completed())
        .await;
    assert!(matches!(finish, Err(Error::LeaseLost { .. })), "{finish:?}");
    let save = state.queue.save_draft(&old, draft).await;
    assert!(matches!(save, Err(Error::LeaseLost { .. })), "{save:?}");
    assert_eq!(whole_log(&state, &key).await, before);
    assert_eq!(state.queue.draft(&old.run).await.unwrap(), None);
    assert_eq!(
        state.queue.run(&old.run).await.unwrap().unwrap().status,
        RunStatus::Running
    );
    // A finished predecessor has no say over its successor either.
    queued(&state, &key).await;
    state
        .queue
        .finish(&new, Vec::new(), completed())
        .await
        .unwrap()
        .unwrap();
    let late = state
        .log
        .append(&key, new.fence, None, vec![answer(None, None)])
        .await;
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "{late:?}");
}

/// Unknown runs and finished runs are told apart.
pub async fn refuses_wrong_states(backend: &dyn Backend) {
    let state = backend.open().await;
    let missing = RunId::new("00000000-0000-7000-8000-000000000000");
    let refused = state.queue.claim(&missing).await;
    assert!(
        matches!(&refused, Err(Error::NoRun(run)) if *run == missing),
        "{refused:?}"
    );
    assert_eq!(state.queue.run(&missing).await.unwrap(), None);
    assert_eq!(state.queue.draft(&missing).await.unwrap(), None);
    let claim = claimed(&state, &session("a")).await;
    state
        .queue
        .finish(&claim, Vec::new(), completed())
        .await
        .unwrap();
    let again = state.queue.finish(&claim, Vec::new(), completed()).await;
    assert!(
        matches!(
            again,
            Err(Error::WrongStatus {
                status: "finished",
                ..
            })
        ),
        "{again:?}"
    );
    let taken = state.queue.claim(&claim.run).await;
    assert!(
        matches!(
            taken,
            Err(Error::WrongStatus {
                status: "finished",
                ..
            })
        ),
        "{taken:?}"
    );
    assert_eq!(fold::check(&state, &claim.session).await.len(), 4);
}

/// Sessions run side by side; concurrent turns of one are let in one at a time.
pub async fn sessions_are_independent(backend: &dyn Backend) {
    let state = std::sync::Arc::new(backend.open().await);
    let mut senders = tokio::task::JoinSet::new();
    for number in 0..40 {
        let state = state.clone();
        let admission = admission(&session(["a", "b", "c", "d"][number % 4]), "hello");
        senders.spawn(async move { state.queue.admit(admission).await.unwrap() });
    }
    let admitted = senders.join_all().await;
    let claims = admitted
        .iter()
        .filter(|it| matches!(it, Admitted::Accepted { claim: Some(_), .. }));
    assert_eq!(claims.count(), 4);
    let fresh = admitted
        .iter()
        .filter(|it| matches!(it, Admitted::Accepted { fresh: true, .. }));
    assert_eq!(fresh.count(), 4);
    assert_eq!(state.queue.unfinished().await.unwrap().len(), 40);
    for name in ["a", "b", "c", "d"] {
        assert_eq!(fold::check(&state, &session(name)).await.len(), 12);
    }
}
