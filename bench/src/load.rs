//! The closed-loop load generator: each connection asks again as soon as it was answered.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::process;
use crate::side::Side;

/// One session in this many is remembered, to be looked at afterwards.
const SAMPLE: u64 = 199;
/// How long work may go on after the last answer and still count as that answer's.
const SETTLE: Duration = Duration::from_millis(100);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Whole,
    Streamed,
}

/// What one burst of load showed.
#[derive(Debug, Default)]
pub(crate) struct Burst {
    /// Answers, all of them right: anything else ends the run.
    pub(crate) answers: u64,
    /// From the first question to the last answer.
    pub(crate) elapsed: Duration,
    /// From question to complete answer, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// From question to the first word, sorted.
    pub(crate) first_words: Vec<Duration>,
    /// CPU time of the process under test.
    pub(crate) cpu: Duration,
    /// Some of the sessions.
    pub(crate) sessions: Vec<String>,
}

/// Loads one side with so many connections for so long. The last question of each connection is
/// answered before the burst ends, so every answer is counted.
///
/// # Errors
/// When any answer is wrong: a throughput with errors in it means nothing.
pub(crate) async fn burst(
    side: &Side,
    shape: Shape,
    connections: u32,
    time: Duration,
) -> anyhow::Result<Burst> {
    let mut ready = Vec::new();
    for _ in 0..connections {
        ready.push(Connection::open(side.address).await?);
    }
    let cpu = process::cpu(side.pid)?;
    let begin = Instant::now();
    let until = begin + time;
    let mut workers = JoinSet::new();
    for connection in ready {
        let request = match shape {
            Shape::Whole => side.whole.clone(),
            Shape::Streamed => side.streamed.clone(),
        };
        workers.spawn(work(connection, request, until));
    }
    let mut total = Burst::default();
    while let Some(part) = workers.join_next().await {
        let part = part.context("a worker broke")?;
        let part = part.with_context(|| format!("load on {}", side.kind.name()))?;
        total.answers += part.answers;
        total.latencies.extend(part.latencies);
        total.first_words.extend(part.first_words);
        total.sessions.extend(part.sessions);
    }
    total.elapsed = begin.elapsed();
    tokio::time::sleep(SETTLE).await;
    total.cpu = process::cpu(side.pid)?.saturating_sub(cpu);
    total.latencies.sort_unstable();
    total.first_words.sort_unstable();
    Ok(total)
}

async fn work(
    mut connection: Connection,
    request: Vec<u8>,
    until: Instant,
) -> anyhow::Result<Burst> {
    let mut part = Burst::default();
    while Instant::now() < until {
        let begin = Instant::now();
        let exchange = connection.exchange(&request).await?;
        part.latencies.push(exchange.end - begin);
        part.first_words.push(exchange.first_word - begin);
        if part.answers % SAMPLE == 0 {
            part.sessions.extend(exchange.session);
        }
        part.answers += 1;
    }
    Ok(part)
}
