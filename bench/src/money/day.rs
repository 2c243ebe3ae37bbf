//! An assistant's day, played again and again against a model server that charges and caches like
//! the real one: first with naive settings, then with one feature more each time, at last with
//! everything.
//!
//! The day is [`script`]ed. What differs between the rounds is in [`Round`], and nothing else:
//! the same messages are sent, and the same answers must come back.

mod play;
mod script;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::bail;

use crate::stats::number;
use play::Played;

/// A round. Each has everything switched on that the ones before it have, and one feature more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// Nothing.
    Naive,
    /// The system text stays the same from turn to turn.
    Cache,
    /// Pings that ask what was asked before are answered from memory.
    Idle,
    /// Tools are found by searching when there are many.
    Tools,
    /// `auto` is the model.
    Router,
}

impl Round {
    fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Cache => "+ cache",
            Self::Idle => "+ idle",
            Self::Tools => "+ tools",
            Self::Router => "+ router",
        }
    }
}

/// The rounds: what was switched on in each, and what came of it.
#[derive(Debug)]
pub(super) struct Day {
    rounds: Vec<(Round, Played)>,
}

/// Plays all rounds.
///
/// # Errors
/// When a turn fails that should not, or is answered otherwise than in the first round, or the
/// ledger differs from the bill.
pub(super) async fn measure(binary: &Path, place: &Path) -> anyhow::Result<Day> {
    // The first round has to wait for the gateway to see each change of a file, so the others are
    // played meanwhile.
    let naive = play::play(binary, place, Round::Naive);
    let (naive, others) = tokio::try_join!(naive, others(binary, place))?;
    for (round, other) in &others {
        if naive.answers != other.answers {
            bail!("the round {round:?} was answered otherwise than the naive one");
        }
    }
    let mut rounds = vec![(Round::Naive, naive)];
    rounds.extend(others);
    Ok(Day { rounds })
}

/// One feature more each time.
async fn others(binary: &Path, place: &Path) -> anyhow::Result<Vec<(Round, Played)>> {
    let mut played = Vec::new();
    for round in [Round::Cache, Round::Idle, Round::Tools, Round::Router] {
        played.push((round, play::play(binary, place, round).await?));
    }
    Ok(played)
}

impl Day {
    /// How much less the last round cost than the first, in percent.
    pub(super) fn saved(&self) -> f64 {
        match (self.rounds.first(), self.rounds.last()) {
            (Some((_, first)), Some((_, last))) => share(first.bill - last.bill, first.bill),
            _ => 0.0,
        }
    }

    /// The table, and what it was measured with.
    pub(super) fn render(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "| assistant day | model calls | prompt tokens | read from cache | written to cache | \
             answer tokens | bill | saved by this |\n|---|---:|---:|---:|---:|---:|---:|---:|"
        )?;
        let naive = self.rounds.first().map_or(0, |(_, round)| round.bill);
        let mut before = naive;
        for (round, played) in &self.rounds {
            let by_this = if *round == Round::Naive {
                String::new()
            } else {
                format!("{:.1} %", share(before - played.bill, naive))
            };
            writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {:.4} USD | {by_this} |",
                round.name(),
                played.calls,
                played.used.input,
                played.used.cache_read,
                played.used.cache_write,
                played.used.output,
                dollars(played.bill),
            )?;
            before = played.bill;
        }
        writeln!(
            text,
            "| **together** | | | | | | | **{:.1} %** |\n",
            self.saved()
        )?;
        text.push_str(CONDITIONS);
        Ok(())
    }
}

/// What the numbers mean; a claim that is not switched on by default says how it is.
const CONDITIONS: &str = "\
- Day: 48 pings of a heartbeat, and 44 turns in 4 sessions: small talk, office work with the tools \
of a client, code with files, questions about a document of about 30,000 tokens; two turns that \
fail at first, one that breaks off. 60 tools of a client are on offer in every turn.
- Charged by the fake model with the public prices of Claude Opus 4.6, Sonnet 4.6 and Haiku 4.5 and \
with Anthropic's cache rules; a token is 4 bytes. The cache's five minutes pass as they would \
between these turns.
- *naive*: Opus for everything, all tools in every prompt, the time in the system text, pings in \
the main session.
- *cache*: the time is not in the system text; the default.
- *idle*: pings are requests of their own with `x-openclaw-cache: on` and \
`gateway.http.responseCache.ttlSeconds` of a day; the state they ask about changes three times.
- *tools*: `tools.search` as it is by default.
- *router*: `agents.defaults.model: \"auto\"`, one setting; tiers and rules by default.
- The features are switched on one after the other, in this order; each percentage is of the naive \
bill. In every round the same turns got the same answers, and the gateway's ledger was equal to \
the bill to the micro-dollar.

";

fn share(part: i64, whole: i64) -> f64 {
    let number = |amount: i64| number(u64::try_from(amount.max(0)).unwrap_or_default());
    let sign = if part < 0 { -1.0 } else { 1.0 };
    sign * number(part.abs()) / number(whole) * 100.0
}

fn dollars(micros: i64) -> f64 {
    number(u64::try_from(micros).unwrap_or_default()) / 1e6
}
