//! An assistant's day, played again and again against a model server that charges and caches like
//! the real one: first with naive settings, then with one feature more each time, at last with
//! everything.
//!
//! The day is [`script`]ed. What differs between the rounds is in [`Features`], and nothing else:
//! the same messages are sent, and the same answers must come back.

mod play;
mod script;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::bail;

use crate::stats::number;
use play::Played;

/// What a round has switched on.
#[derive(Debug, Clone, Copy, Default)]
struct Features {
    /// Pings that ask what was asked before are answered from memory.
    idle: bool,
    /// The system text stays the same from turn to turn.
    cache: bool,
    /// Tools are found by searching when there are many.
    tools: bool,
    /// `auto` is the model.
    router: bool,
}

/// The rounds: what was switched on in each, and what came of it.
#[derive(Debug)]
pub(super) struct Day {
    rounds: Vec<(&'static str, Played)>,
}

/// Plays all rounds.
///
/// # Errors
/// When a turn fails that should not, or is answered otherwise than in the first round, or the
/// ledger differs from the bill.
pub(super) async fn measure(binary: &Path, place: &Path) -> anyhow::Result<Day> {
    let mut features = Features::default();
    let mut rounds = vec![("naive", play::play(binary, place, features).await?)];
    let steps: [(&str, fn(&mut Features)); 4] = [
        ("+ idle", |features| features.idle = true),
        ("+ cache", |features| features.cache = true),
        ("+ tools", |features| features.tools = true),
        ("+ router", |features| features.router = true),
    ];
    for (name, switch) in steps {
        switch(&mut features);
        let played = play::play(binary, place, features).await?;
        if let Some((_, first)) = rounds.first()
            && first.answers != played.answers
        {
            bail!("the round {name:?} was answered otherwise than the naive one");
        }
        rounds.push((name, played));
    }
    Ok(Day { rounds })
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
        for (name, round) in &self.rounds {
            let by_this = if round.bill == naive && before == naive {
                String::new()
            } else {
                format!("{:.1} %", share(before - round.bill, naive))
            };
            writeln!(
                text,
                "| {name} | {} | {} | {} | {} | {} | {:.4} USD | {by_this} |",
                round.calls,
                round.used.input,
                round.used.cache_read,
                round.used.cache_write,
                round.used.output,
                dollars(round.bill),
            )?;
            before = round.bill;
        }
        writeln!(text, "| **together** | | | | | | | **{:.1} %** |\n", self.saved())?;
        text.push_str(CONDITIONS);
        Ok(())
    }
}

/// What the numbers mean; a claim that is not switched on by default says how it is.
const CONDITIONS: &str = "\
- Day: 48 pings of a heartbeat, and 45 turns in 4 sessions: small talk, office work with the tools \
of a client, code with files, questions about a document of about 30,000 tokens; two turns that \
fail at first, one that breaks off. 60 tools of a client are on offer in every turn.
- Charged by the fake model with the public prices of Claude Opus 4.6, Sonnet 4.6 and Haiku 4.5 and \
with Anthropic's cache rules; a token is 4 bytes. The cache's five minutes pass as they would \
between these turns.
- *naive*: Opus for everything, all tools in every prompt, the time in the system text, pings in \
the main session.
- *idle*: pings are requests of their own with `x-openclaw-cache: on` and \
`gateway.http.responseCache.ttlSeconds` of a day; the state they ask about changes four times.
- *cache*: the time is not in the system text; the default.
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
