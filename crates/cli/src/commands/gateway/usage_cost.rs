//! `openclaw gateway usage-cost`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, count};
use crate::table::{Table, cell, rows};
use serde_json::{Value, json};

/// Arguments of `gateway usage-cost`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  openclaw gateway usage-cost --days 7
  openclaw usage --by model          (by model, agent, session or key)")]
pub(crate) struct UsageCostArgs {
    /// How many days back, today included
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    /// Only this agent's calls
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// All agents' calls, as without --agent
    #[arg(long, conflicts_with = "agent")]
    all_agents: bool,
    #[command(flatten)]
    pub(super) remote: RemoteArgs,
}

/// Prints tokens and costs by day. Calls no model.
pub(super) fn run(home: &Home, args: &UsageCostArgs) -> Result<Exit, Failure> {
    let mut params = json!({ "days": args.days });
    if let Some(agent) = &args.agent {
        params = json!({ "days": args.days, "agentId": agent });
    } else if args.all_agents {
        params = json!({ "days": args.days, "agentScope": "all" });
    }
    args.remote.show(home, "usage.cost", &params, as_text)
}

fn as_text(answer: &Value) -> String {
    let number = |row: &Value, pointer: &str| row.pointer(pointer).and_then(Value::as_u64);
    let mut list = Listing::new();
    let days = number(answer, "/days").unwrap_or_default();
    let tokens = number(answer, "/totals/totalTokens").unwrap_or_default();
    list.row(
        "total",
        format_args!(
            "{} for {} in {}",
            dollars(answer, "/totals/totalCost"),
            count(tokens, "token"),
            count(days, "day")
        ),
    );
    let unpriced = number(answer, "/totals/missingCostEntries").unwrap_or_default();
    if unpriced > 0 {
        list.row(
            "",
            format_args!("{} with an unknown price", count(unpriced, "call")),
        );
    }
    let mut table = Table::new(&["day", "input", "output", "cached", "tokens", "cost"]);
    let used = |row: &&Value| number(row, "/totalTokens").is_some_and(|tokens| tokens > 0);
    for row in rows(answer, "daily").iter().filter(used) {
        table.row([
            cell(row, "/date"),
            cell(row, "/input"),
            cell(row, "/output"),
            cell(row, "/cacheRead"),
            cell(row, "/totalTokens"),
            dollars(row, "/totalCost"),
        ]);
    }
    format!("{}\n\n{}", list.text(), table.text("no model was called"))
}

/// An amount, to the micro-dollar where it has that much.
fn dollars(row: &Value, pointer: &str) -> String {
    let amount = row.pointer(pointer).and_then(Value::as_f64);
    crate::listing::dollars(&format!("{:.6}", amount.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_with_calls_are_listed() {
        let day = |date: &str, tokens: u64| {
            json!({ "date": date, "input": tokens, "output": 0, "cacheRead": 0,
                "totalTokens": tokens, "totalCost": 0.5 })
        };
        let answer = json!({ "days": 2, "daily": [day("2026-11-20", 0), day("2026-11-21", 7)],
            "totals": { "totalTokens": 7, "totalCost": 0.5, "missingCostEntries": 1 } });
        let text = as_text(&answer);
        assert!(
            text.starts_with("total  0.50 USD for 7 tokens in 2 days"),
            "{text}"
        );
        assert!(text.contains("1 call with an unknown price"), "{text}");
        assert!(
            text.contains("2026-11-21") && !text.contains("2026-11-20"),
            "{text}"
        );
    }
}
