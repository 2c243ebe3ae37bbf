//! Models and money: how fast answers are decoded, models chosen and money booked, and what a day
//! with the defaults costs against a day without them.

mod choice;
mod day;
mod decode;
mod ledger;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::targets::Target;

use day::Day;
use decode::Decoded;

/// Everything this section measured.
#[derive(Debug)]
pub(crate) struct Money {
    decoded: Vec<Decoded>,
    choice: Times,
    ledger: Times,
    day: Day,
}

/// Two percentiles.
#[derive(Debug, Clone, Copy)]
struct Times {
    p50: Duration,
    p99: Duration,
}

impl Times {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self {
            p50: crate::stats::percentile(&all, 50),
            p99: crate::stats::percentile(&all, 99),
        }
    }
}

/// Measures all of it. `binary` is the gateway's; `place` is on the disk that is measured.
///
/// # Errors
/// When anything does not work, or an answer of the day is not the one expected.
pub(crate) async fn measure(binary: &Path, place: &Path, quick: bool) -> anyhow::Result<Money> {
    Ok(Money {
        decoded: decode::measure(quick).await?,
        choice: choice::measure(quick)?,
        ledger: ledger::measure(place, quick).await?,
        day: day::measure(binary, place).await?,
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

impl Money {
    /// What was promised.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let (choice, ledger) = (micros(self.choice.p50), micros(self.ledger.p99));
        let saved = self.day.saved();
        vec![
            Target {
                what: "choice of a model among 50, p50",
                value: format!("{choice:.1} µs"),
                promise: "≤ 5 µs",
                kept: choice <= 5.0,
            },
            Target {
                what: "money reserved and settled, added p99",
                value: format!("{ledger:.1} µs"),
                promise: "≤ 50 µs",
                kept: ledger <= 50.0,
            },
            Target {
                what: "assistant day, saved against naive settings",
                value: format!("{saved:.0} %"),
                promise: "≥ 60 %, goal 89 %",
                kept: saved >= 60.0,
            },
        ]
    }

    /// The section of the report.
    pub(crate) fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        self.day.render(&mut text)?;
        writeln!(text, "| wire | stream | decoded |\n|---|---:|---:|")?;
        for row in &self.decoded {
            writeln!(
                text,
                "| {} | {:.1} MB | {:.0} MB/s |",
                row.wire, row.megabytes, row.per_second
            )?;
        }
        writeln!(
            text,
            "\n- Decoding: a stream of the fake model, cut into pieces of 16 KiB, through framing \
             and codec to events; one core, median of {} passes.\n\
             - Choice: `auto` over 50 models in three tiers, for a conversation of 40 messages with \
             40 tools; p50 {:.1} µs, p99 {:.1} µs.\n\
             - Ledger: one call after the other under a daily and a session budget, journal and \
             database on the disk; reserve and settle together p50 {:.1} µs, p99 {:.1} µs.",
            decode::PASSES,
            micros(self.choice.p50),
            micros(self.choice.p99),
            micros(self.ledger.p50),
            micros(self.ledger.p99),
        )?;
        Ok(text)
    }
}
