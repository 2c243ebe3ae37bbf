//! How long a reservation and its settlement take, and how many there are a second.
//!
//! Target: both together within 50 microseconds (99th percentile), journal write included.
//! Run it with `cargo run --release -p state --example ledger [directory]`.

use domain::ledger::{Ask, CallId, CallNote, CallOutcome, Payer, Purse, Settlement};
use domain::{AgentId, MicroUsd, ModelId, ProviderId, RunId, SessionKey, SystemClock};
use domain::{TokenCount, Usage};
use state::ledger::{BudgetsSettings, Ledger};
use state::sqlite::{self, SqliteConfig};
use state::{GatewayLock, LockInfo};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Calls of each client.
const CALLS: usize = 50_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let home = tempfile::tempdir_in(root)?;
    let lock = GatewayLock::acquire(home.path(), &LockInfo::default())?;
    let state = sqlite::open(SqliteConfig::new(home.path()), &lock).await?;
    let budgets = serde_json::from_str::<BudgetsSettings>(
        r#"{ "daily": 1000, "monthly": 10000, "perAgent": { "daily": 900 },
             "perSession": { "daily": 900 } }"#,
    )?;
    let clock = Arc::new(SystemClock);
    let ledger = Arc::new(Ledger::open(&state, home.path(), clock, budgets).await?);
    for clients in [1, 8] {
        let started = Instant::now();
        let mut working = tokio::task::JoinSet::new();
        for number in 0..clients {
            let ledger = Arc::clone(&ledger);
            working.spawn(async move { client(&ledger, number, CALLS / clients).await });
        }
        let mut all = Vec::new();
        for times in working.join_all().await {
            all.extend(times);
        }
        let millis = started.elapsed().as_millis().max(1);
        all.sort_unstable();
        let at = |per_mille: usize| all.get(all.len() * per_mille / 1000).copied();
        let at = |per_mille| at(per_mille).unwrap_or_default();
        writeln!(
            std::io::stdout(),
            "{clients} clients: {} calls/s, reserve + settle p50 {:?} p99 {:?} p99.9 {:?}",
            u128::try_from(all.len())? * 1000 / millis,
            at(500),
            at(990),
            at(999),
        )?;
    }
    ledger.close().await;
    state.health.close().await?;
    Ok(())
}

/// One call after the other; returns how long each took.
async fn client(ledger: &Ledger, number: usize, calls: usize) -> Vec<Duration> {
    let payer = Payer {
        key: None,
        agent: Some(AgentId::new("main")),
        session: Some(SessionKey::new(format!("agent:main:{number}"))),
        run: Some(RunId::generate()),
    };
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let ask = Ask {
            call: CallId::generate(),
            payer: payer.clone(),
            provider: ProviderId::new("openai"),
            model: ModelId::new("gpt-5.4"),
            least: MicroUsd(100),
            most: MicroUsd(2_000),
            run_left: Some(MicroUsd(2_000_000)),
            priced: true,
            wait: Duration::from_secs(5),
        };
        let settlement = settlement(ask.call.clone());
        let started = Instant::now();
        let reserved = ledger.reserve(ask).await;
        let reserving = started.elapsed();
        // In between a real call waits for its provider.
        tokio::task::yield_now().await;
        if reserved.is_ok() {
            let started = Instant::now();
            ledger.settle(settlement);
            times.push(reserving + started.elapsed());
        }
    }
    times
}

fn settlement(call: CallId) -> Settlement {
    Settlement {
        call,
        usage: Usage {
            input: Some(TokenCount(1_200)),
            output: Some(TokenCount(150)),
            cache_read: Some(TokenCount(1_024)),
            ..Usage::default()
        },
        cost: Some(MicroUsd(17)),
        estimated: false,
        outcome: CallOutcome::Answered,
        duration_ms: 800,
        note: CallNote {
            why: "the agent's first model".to_owned(),
            credential: "openai#1".to_owned(),
            attempt: 1,
            reserved: MicroUsd(2_000),
            price: Some([1_250_000, 10_000_000, 125_000, 0]),
            ..CallNote::default()
        },
    }
}
