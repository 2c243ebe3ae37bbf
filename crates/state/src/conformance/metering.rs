//! Promises of [`Metering`](crate::Metering).

use super::Backend;
use crate::{CallRow, GroupBy, Spending, State, UsageGroup, UsageTotals};
use domain::ledger::{CacheBreak, CallId, CallNote, CallOutcome, ShadowChoice};
use domain::{
    AgentId, FailureKind, MicroUsd, ModelId, ProviderId, RunId, SessionKey, TokenCount, UnixMillis,
    Usage,
};
use std::sync::Arc;

const ALL: (UnixMillis, UnixMillis) = (UnixMillis(i64::MIN), UnixMillis(i64::MAX));

/// A direct call named after the moment it ended.
fn direct(at: i64, output: Option<u64>, cost: Option<i64>) -> CallRow {
    CallRow {
        call: CallId::new(format!("call-{at}")),
        at: UnixMillis(at),
        key: None,
        run: None,
        session: None,
        agent: None,
        provider: ProviderId::new("openai"),
        model: ModelId::new("gpt-5.4"),
        usage: Usage {
            output: output.map(TokenCount),
            ..Usage::default()
        },
        cost: cost.map(MicroUsd),
        estimated: false,
        outcome: CallOutcome::Answered,
        duration_ms: 12,
        note: CallNote::default(),
    }
}

/// A call of a run with everything there can be.
fn full(at: i64, run: &str) -> CallRow {
    CallRow {
        key: Some("ci".into()),
        run: Some(RunId::new(run)),
        session: Some(SessionKey::new("agent:main:a")),
        agent: Some(AgentId::new("main")),
        usage: Usage {
            input: Some(TokenCount(100)),
            output: Some(TokenCount(20)),
            cache_read: Some(TokenCount(60)),
            cache_write: Some(TokenCount(30)),
            media: Some(TokenCount(5)),
            reasoning: Some(TokenCount(7)),
        },
        estimated: true,
        outcome: CallOutcome::Failed(FailureKind::BrokenStream),
        note: CallNote {
            why: "auto: code in the prompt → tier strong".to_owned(),
            tier: Some("strong".to_owned()),
            shadow: Some(ShadowChoice {
                tier: "cheap".to_owned(),
                model: "openai/gpt-5.4-mini".to_owned(),
                why: "short".to_owned(),
                cost: Some(MicroUsd(3)),
            }),
            credential: "openai#1".to_owned(),
            attempt: 2,
            error: Some("the stream broke".to_owned()),
            reserved: MicroUsd(500),
            price: Some([1, 2, 3, 4]),
            cache_break: Some(CacheBreak {
                source: "system".to_owned(),
                at_byte: 40,
                was: "10:00".to_owned(),
                now: "10:01".to_owned(),
                lost_tokens: 900,
                cost: None,
            }),
        },
        ..direct(at, None, Some(400))
    }
}

async fn record(state: &State, rows: Vec<CallRow>) {
    state.metering.record(rows).await.unwrap();
}

async fn totals(state: &State) -> UsageTotals {
    state.metering.totals(ALL.0, ALL.1).await.unwrap()
}

/// What is recorded is added up; what nobody reported stays unknown.
pub async fn adds_up(backend: &dyn Backend) {
    let state = backend.open().await;
    assert_eq!(totals(&state).await, UsageTotals::default());
    let unknown = direct(2, None, None);
    record(
        &state,
        vec![full(1, "r"), unknown, direct(3, Some(0), Some(70))],
    )
    .await;
    record(&state, Vec::new()).await;
    let expected = UsageTotals {
        calls: 3,
        unpriced: 1,
        estimated: 1,
        usage: full(1, "r").usage,
        cost: MicroUsd(470),
    };
    assert_eq!(totals(&state).await, expected);
}

/// A call is counted once however often it is recorded; the first row stays.
pub async fn a_call_is_counted_once(backend: &dyn Backend) {
    let state = backend.open().await;
    let other = CallRow {
        cost: Some(MicroUsd(9)),
        ..full(1, "r")
    };
    record(&state, vec![full(1, "r"), other.clone()]).await;
    record(&state, vec![other, direct(2, None, Some(1))]).await;
    assert_eq!(totals(&state).await.calls, 2);
    let found = state.metering.call(&CallId::new("call-1")).await.unwrap();
    assert_eq!(found, Some(full(1, "r")));
    let missing = state.metering.call(&CallId::new("call-9")).await.unwrap();
    assert_eq!(missing, None);
}

/// The first moment counts, the last does not.
pub async fn time_is_half_open(backend: &dyn Backend) {
    let state = backend.open().await;
    record(
        &state,
        (10..14).map(|at| direct(at, Some(1), None)).collect(),
    )
    .await;
    let within = |since, until| {
        let metering = Arc::clone(&state.metering);
        async move {
            metering
                .totals(UnixMillis(since), UnixMillis(until))
                .await
                .unwrap()
        }
    };
    let some = within(11, 13).await;
    assert_eq!((some.calls, some.usage.output), (2, Some(TokenCount(2))));
    assert_eq!(within(13, 11).await, UsageTotals::default());
}

/// The calls of a run are found in the order they ended, over a restart, with everything in them.
pub async fn a_run_has_its_calls(backend: &dyn Backend) {
    let state = backend.open().await;
    record(
        &state,
        vec![
            full(7, "r"),
            full(5, "r"),
            full(6, "s"),
            direct(8, None, None),
        ],
    )
    .await;
    state.health.close().await.unwrap();
    let state = backend.open().await;
    let calls = state.metering.of_run(&RunId::new("r")).await.unwrap();
    assert_eq!(calls, [full(5, "r"), full(7, "r")]);
    let none = state.metering.of_run(&RunId::new("t")).await.unwrap();
    assert_eq!(none, []);
}

/// Pages follow each other without gap or overlap.
pub async fn pages_follow_each_other(backend: &dyn Backend) {
    let state = backend.open().await;
    let rows: Vec<_> = (10..20).map(|at| full(at, "r")).collect();
    record(&state, rows.clone()).await;
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let page = state
            .metering
            .page(UnixMillis(11), UnixMillis(19), after, 3)
            .await
            .unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        assert!(page.len() <= 3);
        all.extend(page.into_iter().map(|(_number, row)| row));
    }
    assert_eq!(all, rows[1..9]);
}

async fn names(state: &State, by: GroupBy, agent: Option<&AgentId>) -> Vec<(Option<String>, i64)> {
    let groups = state.metering.grouped(by, ALL.0, ALL.1, agent).await;
    let pair = |group: UsageGroup| (group.name, group.totals.cost.0);
    groups.unwrap().into_iter().map(pair).collect()
}

/// Groups come with the most expensive first, days in their order; what has no name is a group too.
pub async fn groups_are_in_order(backend: &dyn Backend) {
    let state = backend.open().await;
    let day = |number: i64| number * 86_400_000;
    let coder = CallRow {
        agent: Some(AgentId::new("coder")),
        model: ModelId::new("o5"),
        ..full(day(1), "r")
    };
    let dear = direct(day(3), None, Some(900));
    record(
        &state,
        vec![dear, full(day(2), "r"), full(day(2) - 1, "s"), coder],
    )
    .await;
    let group = |name: &str, cost| (Some(name.to_owned()), cost);
    assert_eq!(
        names(&state, GroupBy::Model, None).await,
        [group("openai/gpt-5.4", 1700), group("openai/o5", 400)]
    );
    assert_eq!(
        names(&state, GroupBy::Provider, None).await,
        [group("openai", 2100)]
    );
    assert_eq!(
        names(&state, GroupBy::Agent, None).await,
        [(None, 900), group("main", 800), group("coder", 400)]
    );
    assert_eq!(
        names(&state, GroupBy::Session, None).await,
        [group("agent:main:a", 1200), (None, 900)]
    );
    assert_eq!(
        names(&state, GroupBy::Key, None).await,
        [group("ci", 1200), (None, 900)]
    );
    assert_eq!(
        names(&state, GroupBy::Day, None).await,
        [
            group("1970-01-02", 800),
            group("1970-01-03", 400),
            group("1970-01-04", 900)
        ]
    );
    let main = AgentId::new("main");
    assert_eq!(
        names(&state, GroupBy::Day, Some(&main)).await,
        [group("1970-01-02", 400), group("1970-01-03", 400)]
    );
}

/// What everybody spent, in two spans of time; what cost nothing known is left out.
pub async fn spending_is_known_by_payer(backend: &dyn Backend) {
    let state = backend.open().await;
    let unpriced = direct(9, None, None);
    record(
        &state,
        vec![full(4, "r"), full(5, "r"), full(6, "s"), unpriced],
    )
    .await;
    let spent = state
        .metering
        .spending(UnixMillis(5), UnixMillis(6))
        .await
        .unwrap();
    let expected = Spending {
        agent: Some(AgentId::new("main")),
        session: Some(SessionKey::new("agent:main:a")),
        key: Some("ci".into()),
        since: MicroUsd(800),
        recent: MicroUsd(400),
    };
    assert_eq!(spent, [expected]);
}

/// Absurd reports of a provider do not break the sums.
pub async fn nothing_overflows(backend: &dyn Backend) {
    let state = backend.open().await;
    let largest = TokenCount(u64::try_from(i64::MAX).unwrap());
    let huge = |at| direct(at, Some(u64::MAX), Some(i64::MAX));
    record(&state, vec![huge(1), huge(2)]).await;
    let totals = totals(&state).await;
    assert!(totals.usage.output >= Some(largest), "{totals:?}");
    assert_eq!(totals.cost, MicroUsd(i64::MAX));
    let spent = state
        .metering
        .spending(UnixMillis(0), UnixMillis(2))
        .await
        .unwrap();
    assert_eq!(
        (spent[0].since, spent[0].recent),
        (MicroUsd(i64::MAX), MicroUsd(i64::MAX))
    );
}
