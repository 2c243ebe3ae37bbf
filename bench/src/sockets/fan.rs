//! One streamed answer, told to everybody, and a second session beside it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::task::JoinSet;

use super::client::{Client, Door};
use crate::stats::percentile;

/// Turns of the second session that are timed.
const TURNS: usize = 15;

/// A streamed answer with a pause before each piece.
const ANSWER: &str = "SLOW:200";

/// What was measured.
#[derive(Debug)]
pub(super) struct Fan {
    pub(super) subscribers: usize,
    pub(super) arrivals: usize,
    /// Behind the first arrival of the same event.
    pub(super) late_p50: Duration,
    pub(super) late_p99: Duration,
    /// A turn of another session without the answer, and beside it.
    pub(super) alone: Duration,
    pub(super) beside: Duration,
}

/// When each event came to one subscriber, by what it says.
type Seen = Vec<(u64, Instant)>;

/// # Errors
/// When anything does not work.
pub(super) async fn measure(door: &Door, subscribers: usize) -> anyhow::Result<Fan> {
    let mut second = Client::connect(door).await?;
    let mut asking = Client::connect(door).await?;
    let connecting = stream::iter(0..subscribers).map(|_| Client::connect(door));
    let crowd: Vec<Client> = connecting.buffer_unordered(32).try_collect().await?;
    // They read from here on; turns without the answer are told to them as well.
    let mut reading = JoinSet::new();
    for client in crowd {
        reading.spawn(read(client));
    }
    let alone = turns(&mut second, "alone").await?;
    let stream = json!({ "message": ANSWER, "sessionKey": "fan", "idempotencyKey": "fan" });
    asking.call("agent", &stream).await?;
    let beside = turns(&mut second, "beside").await?;
    let done = json!({ "runId": "fan", "timeoutMs": 20_000 });
    asking.call("agent.wait", &done).await?;
    // The mark after which every subscriber stops reading.
    let last = json!({ "message": "SAY:enough", "sessionKey": "end", "idempotencyKey": "the-end" });
    asking.call("agent", &last).await?;
    let mut seen = Vec::new();
    while let Some(read) = reading.join_next().await {
        seen.push(read.context("a subscriber broke")??);
    }
    let late = lateness(&seen);
    Ok(Fan {
        subscribers,
        arrivals: late.len(),
        late_p50: percentile(&late, 50),
        late_p99: percentile(&late, 99),
        alone,
        beside,
    })
}

/// The median time of a turn in a session of its own.
async fn turns(client: &mut Client, name: &str) -> anyhow::Result<Duration> {
    let mut times = Vec::new();
    for number in 0..TURNS {
        let run = format!("{name}-{number}");
        let turn = json!({ "message": "SAY:yes", "sessionKey": "second", "idempotencyKey": run });
        let since = Instant::now();
        client.call("agent", &turn).await?;
        let done = json!({ "runId": run, "timeoutMs": 20_000 });
        client.call("agent.wait", &done).await?;
        times.push(since.elapsed());
    }
    times.sort_unstable();
    Ok(percentile(&times, 50))
}

/// Notes when the events of the streamed answer come, until the last run begins.
async fn read(mut client: Client) -> anyhow::Result<Seen> {
    let mut seen = Vec::new();
    loop {
        let frame = client.next().await?;
        let now = Instant::now();
        if frame.contains("\"runId\":\"the-end\"") {
            return Ok(seen);
        }
        if frame.contains("\"runId\":\"fan\"") {
            // The count of each connection stands at the end; what is before it is the same for all.
            let end = frame.rfind(",\"seq\":").unwrap_or(frame.len());
            let mut hasher = DefaultHasher::new();
            frame.get(..end).hash(&mut hasher);
            seen.push((hasher.finish(), now));
        }
    }
}

/// How much later than at the first subscriber each event came, sorted.
fn lateness(seen: &[Seen]) -> Vec<Duration> {
    let mut first: HashMap<u64, Instant> = HashMap::new();
    for (event, at) in seen.iter().flatten() {
        let earliest = first.entry(*event).or_insert(*at);
        *earliest = (*earliest).min(*at);
    }
    let behind = |(event, at): &(u64, Instant)| {
        let earliest = first.get(event)?;
        Some(at.duration_since(*earliest))
    };
    let mut late: Vec<_> = seen.iter().flatten().filter_map(behind).collect();
    late.sort_unstable();
    late
}
