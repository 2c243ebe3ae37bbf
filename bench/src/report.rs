//! The table, on the screen and in the page.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;

use crate::durable::Durable;
use crate::machine::Machine;
use crate::money::Money;
use crate::rounds::{Plan, Results};
use crate::side::Kind;
use crate::sockets::Sockets;
use crate::startup::Starts;
use crate::stats::number;
use crate::targets::{self, Target};

/// Between these two lines the page belongs to this program.
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// Everything one run measured. Memory is in bytes.
pub(crate) struct Measured {
    pub(crate) starts: Starts,
    pub(crate) idle: u64,
    pub(crate) loaded: u64,
    pub(crate) nginx_memory: u64,
    pub(crate) results: Results,
    pub(crate) durable: Durable,
    pub(crate) sockets: Sockets,
    pub(crate) money: Money,
    pub(crate) machine: Machine,
    pub(crate) plan: Plan,
}

/// The report as Markdown.
///
/// # Errors
/// When a side was not measured.
pub(crate) fn render(measured: &Measured) -> anyhow::Result<String> {
    let mut text = String::new();
    promises(&mut text, targets::all(measured)?)?;
    figures(&mut text, measured)?;
    conditions(&mut text, measured)?;
    text.push_str("\n### WebSockets\n\n");
    text.push_str(&measured.sockets.render()?);
    text.push_str("\n### Models and money\n\n");
    text.push_str(&measured.money.render()?);
    Ok(text)
}

/// The section about models and money alone, with its promises.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub(crate) fn of_money(money: &Money) -> anyhow::Result<String> {
    let mut text = String::new();
    promises(&mut text, money.targets())?;
    text.push_str(&money.render()?);
    Ok(text)
}

/// The section about `WebSocket` alone, with its promises.
///
/// # Errors
/// Never in practice: writing to a string does not fail.
pub(crate) fn of_sockets(sockets: &Sockets) -> anyhow::Result<String> {
    let mut text = String::new();
    promises(&mut text, sockets.targets())?;
    text.push_str(&sockets.render()?);
    Ok(text)
}

fn promises(text: &mut String, targets: Vec<Target>) -> anyhow::Result<()> {
    writeln!(text, "| what | measured | target | |\n|---|---:|---:|---|")?;
    for target in targets {
        let mark = if target.kept { "pass" } else { "**miss**" };
        writeln!(
            text,
            "| {} | {} | {} | {mark} |",
            target.what, target.value, target.promise
        )?;
    }
    writeln!(text)?;
    Ok(())
}

fn figures(text: &mut String, measured: &Measured) -> anyhow::Result<()> {
    writeln!(
        text,
        "| side | of nginx's requests/s | requests/s at 1 | at 16 | at 64 | streams/s at 64 | \
         p50 | added p50 | added p99 | added first word p50 | p99 | CPU s per 1,000 |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    let nginx = measured.results.side(Kind::Nginx)?.per_second[2];
    for kind in Kind::ALL {
        let side = measured.results.side(kind)?;
        let [one, some, many] = side.per_second;
        writeln!(
            text,
            "| {} | {:.0} % | {one:.0} | {some:.0} | {many:.0} | {:.0} | {:.3} ms | {:+.3} ms | \
             {:+.3} ms | {:+.3} ms | {:+.3} ms | {:.3} |",
            kind.name(),
            many / nginx * 100.0,
            side.streams_per_second,
            side.p50,
            side.added_p50,
            side.added_p99,
            side.added_first_word_p50,
            side.added_first_word_p99,
            side.cpu_per_thousand,
        )?;
    }
    writeln!(text)?;
    Ok(())
}

fn conditions(text: &mut String, measured: &Measured) -> anyhow::Result<()> {
    let Measured {
        machine,
        plan,
        durable,
        starts,
        ..
    } = measured;
    let mb = |bytes| number(bytes) / 1e6;
    writeln!(text, "- Commit: {}. Command: `make bench`.", machine.commit)?;
    writeln!(text, "- Machine: {}.", machine.hardware)?;
    writeln!(text, "- Software: {}.", machine.software)?;
    writeln!(text, "- Disk: {}.", machine.disk)?;
    writeln!(
        text,
        "- Method: closed loop; {} interleaved rounds with bursts of {:.1} s, median of each \
         figure; latencies at concurrency 1; CPU at concurrency 64; starts: median of {}.",
        plan.rounds,
        plan.burst.as_secs_f64(),
        starts.count,
    )?;
    writeln!(
        text,
        "- Gateway memory: {:.1} MB idle, {:.1} MB after the load. \
         nginx after the load, master and workers: {:.1} MB.",
        mb(measured.idle),
        mb(measured.loaded),
        mb(measured.nginx_memory),
    )?;
    writeln!(
        text,
        "- Durability: after the load the gateway was killed with SIGKILL and started again; \
         {} turns had been acknowledged, each in a session of its own; {} sessions were there, \
         and {} of them were read back whole, the question and the answer.",
        durable.acknowledged, durable.found, durable.read_back,
    )?;
    writeln!(
        text,
        "- nginx: one worker per core, connections to the upstream kept open, no access log, \
         no buffering. The gateway runs with its default settings and a fake model of price 0."
    )?;
    Ok(())
}

/// Shows the report.
#[expect(clippy::print_stdout, reason = "the report is this program's output")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

/// Puts the report between the marks of the page.
///
/// # Errors
/// When the page cannot be read or written, or has no marks.
pub(crate) fn write_page(page: &Path, text: &str) -> anyhow::Result<()> {
    let shown = page.display();
    let old = std::fs::read_to_string(page).with_context(|| format!("cannot read {shown}"))?;
    let new = spliced(&old, text).with_context(|| format!("{shown} has no {BEGIN} and {END}"))?;
    std::fs::write(page, new).with_context(|| format!("cannot write {shown}"))
}

fn spliced(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_between_the_marks_changes() {
        let page = format!("# A\n{BEGIN}\nold\n{END}\nrest\n");
        let new = spliced(&page, "new\n").unwrap();
        assert_eq!(new, format!("# A\n{BEGIN}\n\nnew\n\n{END}\nrest\n"));
        assert_eq!(spliced("no marks", "new"), None);
    }
}
