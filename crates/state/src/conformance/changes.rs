//! Promises of [`Sessions`](crate::Sessions) about what changes a session as a whole.

use super::{Backend, admission, answer, claimed, completed, fold, kinds, queued, session};
use crate::{Admitted, Error, Seq, SessionFilter, State};
use domain::{AgentId, SessionEntry, UnixMillis};
use std::time::Duration;

fn labelled(label: &str) -> SessionEntry {
    SessionEntry {
        label: Some(label.to_owned()),
        ..SessionEntry::default()
    }
}

/// Answers a turn in a session that may be there already.
async fn answered(state: &State, name: &str) {
    let claim = claimed(state, &session(name)).await;
    let finished = state
        .queue
        .finish(&claim, vec![answer(Some(5), Some(7))], completed());
    finished.await.unwrap();
}

/// A session may be opened before anything is said in it; opening it again changes nothing.
pub async fn opened_once_without_a_turn(backend: &dyn Backend) {
    let state = backend.open().await;
    let (key, main) = (session("a"), AgentId::new("main"));
    let first = state
        .sessions
        .create(&key, &main, "s1", labelled("Lab"))
        .await
        .unwrap();
    assert_eq!((first.last_seq, first.turns), (Seq(1), 0));
    let again = state.sessions.create(&key, &main, "s2", labelled("Other"));
    assert_eq!(again.await.unwrap(), first);
    let admitted = state.queue.admit(admission(&key, "hello")).await.unwrap();
    assert!(
        matches!(admitted, Admitted::Accepted { fresh: false, .. }),
        "{admitted:?}"
    );
    fold::check(&state, &key).await;
    let found = state.sessions.by_session_id("s1").await.unwrap().unwrap();
    assert_eq!((found.key, found.entry), (key, labelled("Lab")));
    assert_eq!(state.sessions.by_session_id("s2").await.unwrap(), None);
}

/// What is set stays over turns and restarts, and counts as a change.
pub async fn what_is_set_is_kept(backend: &dyn Backend) {
    let state = backend.open().await;
    answered(&state, "a").await;
    backend.clock().advance(Duration::from_secs(1));
    answered(&state, "b").await;
    backend.clock().advance(Duration::from_secs(1));
    let row = state
        .sessions
        .set_entry(&session("a"), labelled("Lab"))
        .await
        .unwrap();
    let page = state.sessions.list(&SessionFilter::default(), 0, 1).await;
    assert_eq!(page.unwrap().rows, [row]);
    answered(&state, "a").await;
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let row = state.sessions.get(&session("a")).await.unwrap().unwrap();
    assert_eq!((row.entry, row.turns), (labelled("Lab"), 2));
    let nowhere = state
        .sessions
        .set_entry(&session("z"), labelled("Lab"))
        .await;
    assert!(matches!(nowhere, Err(Error::NoSession(_))), "{nowhere:?}");
}

/// How a filter differs from one that asks for all.
type Change = Box<dyn Fn(&mut SessionFilter)>;

/// Three sessions, a second between each, and when the second one was changed.
async fn three(backend: &dyn Backend, state: &State) -> UnixMillis {
    let away = SessionEntry {
        archived: true,
        spawned_by: Some(session("a")),
        ..SessionEntry::default()
    };
    let shown = SessionEntry {
        display_name: Some("laboratory".to_owned()),
        ..SessionEntry::default()
    };
    let mut times = Vec::new();
    for (name, agent, entry) in [
        ("a", "main", labelled("Lab Notes")),
        ("b", "main", away),
        ("c", "coder", shown),
    ] {
        backend.clock().advance(Duration::from_secs(1));
        let (key, agent) = (session(name), AgentId::new(agent));
        let row = state.sessions.create(&key, &agent, name, entry).await;
        times.push(row.unwrap().updated_at);
    }
    times[1]
}

/// Each part of a filter leaves out what it does not ask for, and the total counts every page.
pub async fn lists_are_filtered_and_paged(backend: &dyn Backend) {
    let state = backend.open().await;
    let second = three(backend, &state).await;
    let text = |text: &str| Some(text.to_owned());
    let cases: [(Change, &[&str]); 11] = [
        (Box::new(|_| {}), &["c", "b", "a"]),
        (
            Box::new(|it| it.agent = Some(AgentId::new("coder"))),
            &["c"],
        ),
        (Box::new(move |it| it.search = text("LAB")), &["c", "a"]),
        (Box::new(move |it| it.search = text("Main:B")), &["b"]),
        (Box::new(move |it| it.label = text("Lab Notes")), &["a"]),
        (Box::new(move |it| it.label = text("Lab")), &[]),
        (Box::new(|it| it.spawned_by = Some(session("a"))), &["b"]),
        (
            Box::new(move |it| it.updated_after = Some(second)),
            &["c", "b"],
        ),
        (
            Box::new(|it| it.updated_after = Some(UnixMillis(i64::MAX))),
            &[],
        ),
        (Box::new(|it| it.archived = Some(true)), &["b"]),
        (Box::new(|it| it.archived = Some(false)), &["c", "a"]),
    ];
    for (change, expected) in cases {
        let mut filter = SessionFilter::default();
        change(&mut filter);
        let page = state.sessions.list(&filter, 0, 9).await.unwrap();
        let ids: Vec<_> = page
            .rows
            .iter()
            .map(|row| row.session_id.as_str())
            .collect();
        assert_eq!(ids, expected, "{filter:?}");
        assert_eq!(page.total, u64::try_from(expected.len()).unwrap());
    }
    let all = SessionFilter::default();
    let page = state.sessions.list(&all, 1, 1).await.unwrap();
    assert_eq!((page.rows[0].session_id.as_str(), page.total), ("b", 3));
}

/// After a reset there is another id, nothing was used, and what is set is still set.
pub async fn a_reset_begins_anew(backend: &dyn Backend) {
    let state = backend.open().await;
    answered(&state, "a").await;
    state
        .sessions
        .set_entry(&session("a"), labelled("Lab"))
        .await
        .unwrap();
    let row = state
        .sessions
        .reset(&session("a"), "s2", "new")
        .await
        .unwrap();
    assert_eq!(
        (row.session_id.as_str(), row.turns, row.start),
        ("s2", 0, Seq(7))
    );
    assert_eq!((row.usage.input, row.cost.0), (None, 0));
    assert_eq!(row.entry, labelled("Lab"));
    answered(&state, "a").await;
    let log = fold::check(&state, &session("a")).await;
    assert_eq!(log.len(), 10);
    let found = state.sessions.by_session_id("s2").await.unwrap().unwrap();
    assert_eq!((found.turns, found.cost.0), (1, 7));
    let nowhere = state.sessions.reset(&session("z"), "s", "new").await;
    assert!(matches!(nowhere, Err(Error::NoSession(_))), "{nowhere:?}");
}

/// A removed session is in no list, its log is still there, and its key can be used again.
pub async fn a_removed_session_frees_its_key(backend: &dyn Backend) {
    let state = backend.open().await;
    let mut kept = Vec::new();
    // Twice at the same moment.
    for _ in 0..2 {
        answered(&state, "a").await;
        let removed = state.sessions.remove(&session("a")).await.unwrap();
        kept.push(removed.unwrap());
        assert_eq!(state.sessions.get(&session("a")).await.unwrap(), None);
        assert_eq!(state.sessions.count().await.unwrap(), 0);
        let page = state.sessions.list(&SessionFilter::default(), 0, 9).await;
        assert_eq!(page.unwrap().total, 0);
        let id = state.sessions.by_session_id("id-of-agent:main:a").await;
        assert_eq!(id.unwrap(), None);
    }
    assert_ne!(kept[0], kept[1]);
    for key in &kept {
        assert!(key.as_str().starts_with("archived:agent:main:a:"), "{key}");
        assert_eq!(kinds(&state, key).await.len(), 5);
    }
    assert_eq!(state.sessions.remove(&session("a")).await.unwrap(), None);
}

/// A trim never cuts into a turn, and cuts only what was said longer ago.
pub async fn a_trim_keeps_whole_turns(backend: &dyn Backend) {
    let state = backend.open().await;
    for _ in 0..3 {
        answered(&state, "a").await;
    }
    let row = async || state.sessions.get(&session("a")).await.unwrap().unwrap();
    assert_eq!(state.sessions.trim(&session("a"), 99).await.unwrap(), 6);
    assert_eq!(row().await.start, Seq(1));
    // Four records for each turn after the one that opened the session.
    assert_eq!(state.sessions.trim(&session("a"), 3).await.unwrap(), 4);
    assert_eq!(row().await.start, Seq(6));
    assert_eq!(state.sessions.trim(&session("a"), 1).await.unwrap(), 2);
    assert_eq!((row().await.start, row().await.turns), (Seq(10), 3));
    assert_eq!(state.sessions.trim(&session("a"), 1).await.unwrap(), 2);
    let log = fold::check(&state, &session("a")).await;
    assert_eq!(
        log.iter()
            .filter(|it| it.record.kind() == "trimmed")
            .count(),
        2
    );
    // Two turns that overlap in the log stay together.
    let first = claimed(&state, &session("b")).await;
    queued(&state, &session("b")).await;
    let second = state
        .queue
        .finish(&first, vec![answer(None, None)], completed());
    let second = second.await.unwrap().unwrap();
    let last = state
        .queue
        .finish(&second, vec![answer(None, None)], completed());
    assert_eq!(last.await.unwrap(), None);
    assert_eq!(state.sessions.trim(&session("b"), 1).await.unwrap(), 4);
}

/// While a run waits or goes on, nothing is taken from under it.
pub async fn what_is_under_way_is_left_alone(backend: &dyn Backend) {
    let state = backend.open().await;
    let claim = claimed(&state, &session("a")).await;
    let before = kinds(&state, &session("a")).await;
    let refused = [
        state.sessions.reset(&session("a"), "s2", "new").await.err(),
        state.sessions.remove(&session("a")).await.err(),
        state.sessions.trim(&session("a"), 1).await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::Busy(_))), "{error:?}");
    }
    assert_eq!(kinds(&state, &session("a")).await, before);
    let finished = state.queue.finish(&claim, Vec::new(), completed());
    finished.await.unwrap();
    state
        .sessions
        .reset(&session("a"), "s2", "new")
        .await
        .unwrap();
}
