//! Promises of [`Sessions`](crate::Sessions).

use super::{Backend, admission, answer, claimed, completed, session};
use crate::{SessionFilter, State};
use domain::{AgentId, MicroUsd, TokenCount, Usage};
use std::time::Duration;

async fn keys(state: &State, agent: Option<&AgentId>, limit: usize) -> Vec<String> {
    let filter = SessionFilter {
        agent: agent.cloned(),
        ..SessionFilter::default()
    };
    let page = state.sessions.list(&filter, 0, limit).await.unwrap();
    page.rows.iter().map(|row| row.key.to_string()).collect()
}

/// The session that changed last comes first; an agent sees its own.
pub async fn lists_newest_first(backend: &dyn Backend) {
    let state = backend.open().await;
    let first = claimed(&state, &session("a")).await;
    backend.clock().advance(Duration::from_secs(1));
    let mut other = admission(&session("b"), "hello");
    other.turn.agent = AgentId::new("coder");
    state.queue.admit(other).await.unwrap();
    backend.clock().advance(Duration::from_secs(1));
    claimed(&state, &session("c")).await;
    assert_eq!(
        keys(&state, None, 9).await,
        ["agent:main:c", "agent:main:b", "agent:main:a"]
    );
    backend.clock().advance(Duration::from_secs(1));
    state
        .queue
        .finish(&first, Vec::new(), completed())
        .await
        .unwrap();
    assert_eq!(
        keys(&state, None, 2).await,
        ["agent:main:a", "agent:main:c"]
    );
    let main = AgentId::new("main");
    assert_eq!(
        keys(&state, Some(&main), 9).await,
        ["agent:main:a", "agent:main:c"]
    );
    assert_eq!(
        keys(&state, Some(&AgentId::new("nobody")), 9).await,
        Vec::<String>::new()
    );
}

/// Known sessions are found and counted, others are not.
pub async fn counts_and_finds(backend: &dyn Backend) {
    let state = backend.open().await;
    assert_eq!(state.sessions.count().await.unwrap(), 0);
    claimed(&state, &session("a")).await;
    claimed(&state, &session("b")).await;
    assert_eq!(state.sessions.count().await.unwrap(), 2);
    let found = state.sessions.get(&session("a")).await.unwrap().unwrap();
    assert_eq!(
        (found.session_id.as_str(), found.turns),
        ("id-of-agent:main:a", 1)
    );
    assert_eq!(state.sessions.get(&session("z")).await.unwrap(), None);
}

/// Counts that no provider reported are unknown, not zero.
pub async fn unknown_counts_stay_unknown(backend: &dyn Backend) {
    let state = backend.open().await;
    let claim = claimed(&state, &session("a")).await;
    let records = vec![answer(None, None), answer(Some(0), None)];
    state
        .queue
        .finish(&claim, records, completed())
        .await
        .unwrap();
    let row = state.sessions.get(&session("a")).await.unwrap().unwrap();
    assert_eq!(
        row.usage,
        Usage {
            input: Some(TokenCount(0)),
            ..Usage::default()
        }
    );
}

/// Absurd reports of a provider do not break the sums of a session.
pub async fn nothing_overflows(backend: &dyn Backend) {
    let state = backend.open().await;
    let largest = TokenCount(u64::try_from(i64::MAX).unwrap());
    let claim = claimed(&state, &session("a")).await;
    let huge = || answer(Some(u64::MAX), Some(i64::MAX));
    state
        .queue
        .finish(&claim, vec![huge(), huge()], completed())
        .await
        .unwrap();
    let row = state.sessions.get(&session("a")).await.unwrap().unwrap();
    assert!(row.usage.input >= Some(largest), "{row:?}");
    assert_eq!(row.cost, MicroUsd(i64::MAX));
}
