//! `openclaw costs`

use crate::access::{AccessArgs, Line};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, count, dollars};
use crate::{runtime, screen};
use protocol::Scope;
use protocol::methods::usage::{
    BudgetEntry, UsageBy, UsageReportParams, UsageReportReply, UsageStatusParams, UsageStatusReply,
};
use protocol::methods::{UsageReport, UsageStatus};
use serde_json::json;
use std::time::Duration;

/// How many of the most expensive models are shown.
const SHOWN: usize = 5;

/// What is said where no budget is set.
pub(crate) const NO_BUDGET: &str = "none; set one: openclaw config set budgets.daily 5";

/// Arguments of `costs`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Raise a budget: openclaw config set budgets.daily 10\n\
                        Per model, agent, session or day: openclaw usage")]
pub(crate) struct CostsArgs {
    /// How many days back, today included
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Says what was spent and what is left. Calls no model.
pub(crate) fn run(home: &Home, args: &CostsArgs) -> Result<Exit, Failure> {
    let (status, today, span) = runtime::block_on(async {
        let limit = Duration::from_secs(30);
        let line = Line::open(home, &args.access, &[Scope::Read], limit).await?;
        let status = line
            .call::<UsageStatus>(&UsageStatusParams::default())
            .await?;
        let today = report(&line, 1).await?;
        let span = report(&line, args.days).await?;
        line.close().await;
        Ok((status, today, span))
    })?;
    if args.json {
        screen::json(&json!({ "budgets": status.budgets, "today": today, "span": span }))?;
    } else {
        screen::say(as_text(&status, &today, &span))?;
    }
    Ok(Exit::Ok)
}

async fn report(line: &Line, days: u32) -> Result<UsageReportReply, Failure> {
    let params = UsageReportParams {
        by: Some(UsageBy::Model),
        days: Some(days),
        ..UsageReportParams::default()
    };
    line.call::<UsageReport>(&params).await
}

fn as_text(status: &UsageStatusReply, today: &UsageReportReply, span: &UsageReportReply) -> String {
    let mut list = Listing::new();
    list.row("today", total(today));
    list.row(&format!("since {}", span.since), total(span));
    for row in span.rows.iter().take(SHOWN) {
        let calls = count(row.calls, "call");
        list.row(
            "",
            format_args!("{} {} ({calls})", dollars(&row.cost_usd), row.name),
        );
    }
    if status.budgets.is_empty() {
        list.row("budget", NO_BUDGET);
    }
    for entry in &status.budgets {
        list.row("budget", budget(entry));
    }
    list.text()
}

fn total(report: &UsageReportReply) -> String {
    let total = &report.total;
    let mut parts = vec![format!(
        "{} for {}",
        dollars(&total.cost_usd),
        count(total.calls, "call")
    )];
    if total.estimated_calls > 0 {
        parts.push(format!("{} by estimate", total.estimated_calls));
    }
    if total.unpriced_calls > 0 {
        parts.push(format!("{} with an unknown price", total.unpriced_calls));
    }
    parts.join(", ")
}

/// `5.00 USD a day, 1.20 USD spent`
pub(crate) fn budget(entry: &BudgetEntry) -> String {
    let whose = match (&*entry.scope, &entry.name) {
        ("gateway", _) | (_, None) => String::new(),
        (scope, Some(name)) => format!("{scope} {name}: "),
    };
    let mut parts = vec![
        format!("{whose}{} a {}", dollars(&entry.limit_usd), entry.window),
        format!("{} spent", dollars(&entry.spent_usd)),
    ];
    if entry.reserved_usd != "0.000000" {
        parts.push(format!("{} reserved", dollars(&entry.reserved_usd)));
    }
    parts.join(", ")
}
