//! What reserving and settling adds to a call.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ledger::{Ask, CallId, CallNote, CallOutcome, Payer, Purse as _, Settlement};
use domain::{
    AgentId, MicroUsd, ModelId, ProviderId, RunId, SessionKey, SystemClock, TokenCount, Usage,
};
use serde_json::json;
use state::ledger::{BudgetsSettings, Ledger};
use state::lock::{GatewayLock, LockInfo};
use state::sqlite::{self, SqliteConfig};

use super::Times;

/// One call after the other, on a store of its own.
pub(super) async fn measure(place: &Path, quick: bool) -> anyhow::Result<Times> {
    let home = tempfile::Builder::new()
        .prefix("ledger-")
        .tempdir_in(place)?;
    let lock = GatewayLock::acquire(home.path(), &LockInfo::default())?;
    let state = sqlite::open(SqliteConfig::new(home.path()), &lock).await?;
    let budgets: BudgetsSettings =
        serde_json::from_value(json!({"daily": 1_000_000, "perSession": {"daily": 1_000_000}}))?;
    let clock = Arc::new(SystemClock);
    let ledger = Ledger::open(&state, home.path(), clock, budgets).await?;
    let rounds = if quick { 1_000 } else { 50_000 };
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let ask = ask(round);
        let settlement = settlement(&ask.call);
        let begun = Instant::now();
        ledger.reserve(ask).await?;
        let reserved = begun.elapsed();
        // A call takes its time; what others do meanwhile is not added by the ledger.
        tokio::task::yield_now().await;
        let begun = Instant::now();
        ledger.settle(settlement);
        times.push(reserved + begun.elapsed());
    }
    ledger.close().await;
    state.health.close().await?;
    Ok(Times::of(times))
}

fn ask(round: usize) -> Ask {
    Ask {
        call: CallId::generate(),
        payer: Payer {
            key: None,
            agent: Some(AgentId::new("main")),
            session: Some(SessionKey::new(format!("agent:main:{}", round % 100))),
            run: Some(RunId::generate()),
        },
        provider: ProviderId::new("anthropic"),
        model: ModelId::new("claude-sonnet-4-6"),
        least: MicroUsd(1_000),
        most: MicroUsd(200_000),
        run_left: None,
        priced: true,
        wait: Duration::ZERO,
    }
}

fn settlement(call: &CallId) -> Settlement {
    Settlement {
        call: call.clone(),
        usage: Usage {
            input: Some(TokenCount(9_000)),
            output: Some(TokenCount(300)),
            cache_read: Some(TokenCount(8_000)),
            ..Usage::default()
        },
        cost: Some(MicroUsd(9_900)),
        estimated: false,
        outcome: CallOutcome::Answered,
        duration_ms: 1_200,
        note: CallNote {
            why: "auto: short question → tier cheap".to_owned(),
            credential: "anthropic#1".to_owned(),
            attempt: 1,
            reserved: MicroUsd(200_000),
            price: Some([3_000_000, 15_000_000, 300_000, 3_750_000]),
            ..CallNote::default()
        },
    }
}
