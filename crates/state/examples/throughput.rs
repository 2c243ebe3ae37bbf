//! How many turns a second the store makes durable: each is one `admit` and one `finish`.
//!
//! Target: 8,000 turns a second with 64 sessions at once; one `admit` alone within 0.3 ms (median).
//! Run it with `cargo run --release -p state --example throughput [directory]`.

use domain::{Record, RunId, RunOutcome, SessionKey, StopReason};
use state::conformance::{admission, answer};
use state::sqlite::{self, SqliteConfig};
use state::{Admitted, Claim, Error, GatewayLock, LockInfo, State};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const LENGTH: Duration = Duration::from_secs(3);
/// Bytes of text in each turn.
const TEXT: usize = 400;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let home = tempfile::tempdir_in(root)?;
    let lock = GatewayLock::acquire(home.path(), &LockInfo::default())?;
    let state = sqlite::open(SqliteConfig::new(home.path()), &lock).await?;
    for sessions in [1, 16, 64] {
        let report = measure(&state, sessions).await?;
        writeln!(std::io::stdout(), "{report}")?;
    }
    state.health.close().await?;
    let size = std::fs::metadata(home.path().join("state.db"))?.len();
    writeln!(std::io::stdout(), "state.db {} MiB", size >> 20)?;
    Ok(())
}

async fn measure(state: &State, sessions: usize) -> Result<String, Error> {
    let started = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..sessions {
        let state = state.clone();
        let key = SessionKey::new(format!("agent:main:{sessions}:{number}"));
        clients.spawn(async move { client(&state, &key, started).await });
    }
    let mut admits = Vec::new();
    while let Some(client) = clients.join_next().await {
        admits.extend(client.map_err(|_panic| Error::Closed)??);
    }
    let turns = admits.len();
    let millis = started.elapsed().as_millis().max(1);
    let rate = u128::try_from(turns).unwrap_or(0) * 1000 / millis;
    admits.sort_unstable();
    let at = |percent: usize| {
        admits
            .get(turns * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    Ok(format!(
        "{sessions:>3} sessions: {rate:>6} turns/s, admit p50 {:?} p99 {:?}",
        at(50),
        at(99)
    ))
}

/// Admits and finishes turns of one session until the time is over; returns how long each admit
/// took.
async fn client(state: &State, key: &SessionKey, started: Instant) -> Result<Vec<Duration>, Error> {
    let mut admits = Vec::new();
    while started.elapsed() < LENGTH {
        let admission = admission(key, &"x".repeat(TEXT));
        let before = Instant::now();
        let admitted = state.queue.admit(admission).await?;
        admits.push(before.elapsed());
        if let Admitted::Accepted {
            claim: Some(claim), ..
        } = admitted
        {
            finish(state, &claim).await?;
        }
    }
    Ok(admits)
}

async fn finish(state: &State, claim: &Claim) -> Result<Option<RunId>, Error> {
    let records: Vec<Record> = vec![answer(Some(100), Some(42))];
    let outcome = RunOutcome::Completed {
        stop: StopReason::Stop,
    };
    let next = state.queue.finish(claim, records, outcome).await?;
    Ok(next.map(|claim| claim.run))
}
