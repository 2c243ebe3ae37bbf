//! The WebSocket protocol: calls, handshakes, what an idle connection holds, and one answer told
//! to a thousand.

mod client;
mod crowd;
mod fan;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};
use testkit::{Home, Launch};

use crate::side;
use crate::stats::{median, ms, number};
use crate::targets::Target;

use client::{Client, Door};
use fan::Fan;

/// Connections that are open and idle at once.
const IDLE: usize = 10_000;

/// How many handshakes run side by side.
const ABREAST: usize = 16;

/// Everything this section measured.
#[derive(Debug)]
pub(crate) struct Sockets {
    calls_on_one: f64,
    calls_on_fifty: f64,
    handshakes: f64,
    idle: u64,
    bytes_each: f64,
    fan: Fan,
}

/// Measures all of it, with a gateway of its own in `place`, in front of the fake model at `model`.
///
/// # Errors
/// When anything does not work.
pub(crate) async fn measure(
    binary: &Path,
    model: &str,
    place: &Path,
    quick: bool,
) -> anyhow::Result<Sockets> {
    let home = Home::empty_in(place)?;
    let mut settings = side::settings(model);
    let limits = json!({ "maxConnections": 16_000, "maxConnectionsPerIp": 16_000 });
    if let Some(Value::Object(gateway)) = settings.pointer_mut("/gateway") {
        gateway.insert("limits".to_owned(), limits);
    }
    home.write_config(&settings)?;
    let mut gateway = Launch::with_binary(&home, binary)?.start().await?;
    let pid = gateway.pid().context("the gateway has no process id")?;
    let door = Door::new(gateway.address(), gateway.token());
    let burst = Duration::from_millis(if quick { 300 } else { 2500 });
    let handshakes = handshakes(&door, burst).await?;
    let calls_on_one = rounds(&door, 1, burst, quick).await?;
    let calls_on_fifty = rounds(&door, 50, burst, quick).await?;
    let fan = fan::measure(&door, if quick { 50 } else { 1000 }).await?;
    let wanted = if quick { 500 } else { IDLE };
    let (idle, bytes_each) = crowd::measure(&door, pid, wanted).await?;
    gateway.stop().await?;
    Ok(Sockets {
        calls_on_one,
        calls_on_fifty,
        handshakes,
        idle,
        bytes_each,
        fan,
    })
}

/// Connections made and let in, per second.
async fn handshakes(door: &Door, burst: Duration) -> anyhow::Result<f64> {
    let since = Instant::now();
    let workers = (0..ABREAST).map(|_| async {
        let mut made = 0_u64;
        while since.elapsed() < burst {
            Client::connect(door).await?.leave().await;
            made += 1;
        }
        anyhow::Ok(made)
    });
    let made = futures_util::future::try_join_all(workers).await?;
    Ok(number(made.iter().sum()) / since.elapsed().as_secs_f64())
}

/// Answers to `health` per second on so many connections, each asking again when it is answered;
/// the median of some rounds.
async fn rounds(door: &Door, count: usize, burst: Duration, quick: bool) -> anyhow::Result<f64> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(Client::connect(door).await?);
    }
    let mut rates = Vec::new();
    for _ in 0..(if quick { 1 } else { 3 }) {
        let since = Instant::now();
        let answered: Vec<anyhow::Result<u64>> = stream::iter(&mut clients)
            .map(|client| async {
                let mut answered = 0_u64;
                while since.elapsed() < burst {
                    client.call("health", &json!({})).await?;
                    answered += 1;
                }
                Ok(answered)
            })
            .buffer_unordered(count)
            .collect()
            .await;
        let answered: u64 = answered.into_iter().sum::<anyhow::Result<u64>>()?;
        rates.push(number(answered) / since.elapsed().as_secs_f64());
    }
    Ok(median(rates))
}

impl Sockets {
    /// What was promised.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let kilobytes = self.bytes_each / 1e3;
        let late = ms(self.fan.late_p99);
        let (alone, beside) = (ms(self.fan.alone), ms(self.fan.beside));
        vec![
            Target {
                what: "memory of an idle authenticated connection",
                value: format!("{kilobytes:.1} kB at {}", self.idle),
                promise: "≤ 30 kB at 10,000",
                kept: kilobytes <= 30.0 && number(self.idle) >= 10_000.0,
            },
            Target {
                what: "one streamed answer told to 1,000, added p99",
                value: format!("{late:.1} ms to {}", self.fan.subscribers),
                promise: "≤ 50 ms",
                kept: late <= 50.0,
            },
            Target {
                what: "a turn of another session meanwhile, over one without it",
                value: format!("{beside:.1} ms over {alone:.1} ms"),
                promise: "≤ 1.5 ×",
                kept: beside <= alone * 1.5,
            },
        ]
    }

    /// The section of the report.
    pub(crate) fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        writeln!(text, "| over WebSockets | |\n|---|---:|")?;
        writeln!(
            text,
            "| `health`, answers/s on 1 connection | {:.0} |",
            self.calls_on_one
        )?;
        writeln!(
            text,
            "| `health`, answers/s on 50 connections | {:.0} |",
            self.calls_on_fifty
        )?;
        writeln!(
            text,
            "| connections made and let in, per second | {:.0} |",
            self.handshakes
        )?;
        writeln!(
            text,
            "\n- Calls: closed loop, one call at a time on each connection, median of three bursts. \
             Handshakes: {ABREAST} side by side, from TCP to hello.\n\
             - Idle connections: {} open at once, what the gateway's resident memory grew by, \
             divided by their number.\n\
             - Told to many: {} connections hear every event of an answer that comes in pieces; \
             of {} arrivals the time behind the first arrival of the same piece is p50 {:.1} ms, \
             p99 {:.1} ms. The load generator shares the cores and reads all of it.",
            self.idle,
            self.fan.subscribers,
            self.fan.arrivals,
            ms(self.fan.late_p50),
            ms(self.fan.late_p99),
        )?;
        Ok(text)
    }
}
