//! Promises of [`Metering`](crate::Metering).

use super::{Backend, answer, claimed, completed, session};
use crate::{UsageRow, UsageTotals};
use domain::{Clock, MicroUsd, ModelId, ProviderId, TokenCount, UnixMillis, Usage};

fn direct(at: UnixMillis, output: Option<u64>, cost: Option<i64>) -> UsageRow {
    UsageRow {
        at,
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
    }
}

/// Calls inside runs and direct calls are in one sum; what nobody reported stays unknown.
pub async fn adds_up_both_paths(backend: &dyn Backend) {
    let state = backend.open().await;
    let now = backend.clock().now();
    let all = (UnixMillis(i64::MIN), UnixMillis(i64::MAX));
    assert_eq!(
        state.metering.totals(all.0, all.1).await.unwrap(),
        UsageTotals::default()
    );
    let claim = claimed(&state, &session("a")).await;
    let records = vec![answer(Some(7), Some(100)), answer(Some(5), None)];
    state
        .queue
        .finish(&claim, records, completed())
        .await
        .unwrap();
    let rows = vec![direct(now, Some(0), Some(-30)), direct(now, None, None)];
    state.metering.record(rows).await.unwrap();
    state.metering.record(Vec::new()).await.unwrap();
    let expected = UsageTotals {
        calls: 4,
        unpriced: 2,
        usage: Usage {
            input: Some(TokenCount(12)),
            output: Some(TokenCount(0)),
            ..Usage::default()
        },
        cost: MicroUsd(70),
    };
    assert_eq!(state.metering.totals(all.0, all.1).await.unwrap(), expected);
}

/// The first moment counts, the last does not.
pub async fn time_is_half_open(backend: &dyn Backend) {
    let state = backend.open().await;
    let rows = (10..14)
        .map(|at| direct(UnixMillis(at), Some(1), None))
        .collect();
    state.metering.record(rows).await.unwrap();
    let totals = state
        .metering
        .totals(UnixMillis(11), UnixMillis(13))
        .await
        .unwrap();
    assert_eq!(
        (totals.calls, totals.usage.output),
        (2, Some(TokenCount(2)))
    );
    let nothing = state
        .metering
        .totals(UnixMillis(13), UnixMillis(11))
        .await
        .unwrap();
    assert_eq!(nothing, UsageTotals::default());
}

/// Absurd reports of a provider break neither the session nor the sums.
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
    let totals = state
        .metering
        .totals(UnixMillis(0), UnixMillis(i64::MAX))
        .await
        .unwrap();
    assert!(totals.usage.input >= Some(largest), "{totals:?}");
    assert_eq!(totals.cost, MicroUsd(i64::MAX));
}
