//! Rounds: every side in turn, several times, and the median of each figure.

use std::time::Duration;

use crate::load::{Burst, Shape, burst};
use crate::side::{Kind, Side};
use crate::stats::{median, ms, number, percentile};

/// The concurrencies throughput is measured at.
pub(crate) const CONCURRENCY: [u32; 3] = [1, 16, 64];

/// How long everything is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    /// One burst of load.
    pub(crate) burst: Duration,
    /// What is thrown away before the first round.
    warm_up: Duration,
}

impl Plan {
    pub(crate) fn new(quick: bool) -> Self {
        if quick {
            let short = Duration::from_millis(300);
            Self {
                rounds: 1,
                burst: short,
                warm_up: short / 2,
            }
        } else {
            let burst = Duration::from_millis(2500);
            Self {
                rounds: 3,
                burst,
                warm_up: Duration::from_secs(1),
            }
        }
    }
}

/// One side's figures of one round.
#[derive(Debug, Clone, Default)]
struct Round {
    per_second: [f64; 3],
    streams_per_second: f64,
    p50: f64,
    p99: f64,
    first_word_p50: f64,
    first_word_p99: f64,
    cpu_per_thousand: f64,
}

/// One side's medians. Times are milliseconds; added times are over the fake's of the same round.
#[derive(Debug, Clone)]
pub(crate) struct SideResult {
    pub(crate) kind: Kind,
    pub(crate) per_second: [f64; 3],
    pub(crate) streams_per_second: f64,
    pub(crate) p50: f64,
    pub(crate) added_p50: f64,
    pub(crate) added_p99: f64,
    pub(crate) added_first_word_p50: f64,
    pub(crate) added_first_word_p99: f64,
    /// CPU seconds per thousand answers at the highest concurrency.
    pub(crate) cpu_per_thousand: f64,
}

/// Everything the rounds showed.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) sides: Vec<SideResult>,
    /// Answers of the agent path, warm-up included: so many turns were acknowledged.
    pub(crate) acknowledged: u64,
    /// Some of their sessions.
    pub(crate) sessions: Vec<String>,
}

impl Results {
    pub(crate) fn side(&self, kind: Kind) -> anyhow::Result<&SideResult> {
        let found = self.sides.iter().find(|side| side.kind == kind);
        found.ok_or_else(|| anyhow::anyhow!("{} was not measured", kind.name()))
    }
}

/// Measures all sides, round by round.
pub(crate) async fn measure(sides: &[Side], plan: &Plan) -> anyhow::Result<Results> {
    let mut ledger = Ledger::default();
    for side in sides {
        for shape in [Shape::Whole, Shape::Streamed] {
            ledger.note(side, &burst(side, shape, 16, plan.warm_up).await?);
        }
    }
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); sides.len()];
    for _ in 0..plan.rounds {
        for (side, rounds) in sides.iter().zip(&mut rounds) {
            rounds.push(round(side, plan, &mut ledger).await?);
        }
    }
    let Some((floor, _)) = rounds.split_first() else {
        anyhow::bail!("no side to measure")
    };
    let results = sides
        .iter()
        .zip(&rounds)
        .map(|(side, own)| summary(side.kind, own, floor));
    Ok(Results {
        sides: results.collect(),
        acknowledged: ledger.acknowledged,
        sessions: ledger.sessions,
    })
}

/// The turns to find again afterwards.
#[derive(Default)]
struct Ledger {
    acknowledged: u64,
    sessions: Vec<String>,
}

impl Ledger {
    fn note(&mut self, side: &Side, burst: &Burst) {
        if side.kind == Kind::Agent {
            self.acknowledged += burst.answers;
            self.sessions.extend(burst.sessions.iter().cloned());
        }
    }
}

async fn round(side: &Side, plan: &Plan, ledger: &mut Ledger) -> anyhow::Result<Round> {
    let mut round = Round::default();
    for (place, connections) in CONCURRENCY.into_iter().enumerate() {
        let loaded = burst(side, Shape::Whole, connections, plan.burst).await?;
        ledger.note(side, &loaded);
        if let Some(rate) = round.per_second.get_mut(place) {
            *rate = per_second(&loaded);
        }
        if connections == 1 {
            round.p50 = ms(percentile(&loaded.latencies, 50));
            round.p99 = ms(percentile(&loaded.latencies, 99));
        }
        // The last concurrency is the highest; its figure stays.
        round.cpu_per_thousand = loaded.cpu.as_secs_f64() * 1e3 / number(loaded.answers);
    }
    let one = burst(side, Shape::Streamed, 1, plan.burst / 2).await?;
    ledger.note(side, &one);
    round.first_word_p50 = ms(percentile(&one.first_words, 50));
    round.first_word_p99 = ms(percentile(&one.first_words, 99));
    let many = burst(side, Shape::Streamed, 64, plan.burst / 2).await?;
    ledger.note(side, &many);
    round.streams_per_second = per_second(&many);
    Ok(round)
}

fn per_second(burst: &Burst) -> f64 {
    number(burst.answers) / burst.elapsed.as_secs_f64()
}

fn summary(kind: Kind, own: &[Round], floor: &[Round]) -> SideResult {
    let of = |figure: fn(&Round) -> f64| median(own.iter().map(figure));
    let over = |figure: fn(&Round) -> f64| {
        median(
            own.iter()
                .zip(floor)
                .map(|(own, floor)| figure(own) - figure(floor)),
        )
    };
    SideResult {
        kind,
        per_second: [
            of(|round| round.per_second[0]),
            of(|round| round.per_second[1]),
            of(|round| round.per_second[2]),
        ],
        streams_per_second: of(|round| round.streams_per_second),
        p50: of(|round| round.p50),
        added_p50: over(|round| round.p50),
        added_p99: over(|round| round.p99),
        added_first_word_p50: over(|round| round.first_word_p50),
        added_first_word_p99: over(|round| round.first_word_p99),
        cpu_per_thousand: of(|round| round.cpu_per_thousand),
    }
}
