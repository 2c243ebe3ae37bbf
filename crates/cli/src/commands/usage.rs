//! `openclaw usage`

mod csv;
mod table;

use crate::access::{self, AccessArgs, Line};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::{runtime, screen};
use clap::{Subcommand, ValueEnum};
use protocol::Scope;
use protocol::methods::usage::{
    CallEntry, UsageBy, UsageCallsParams, UsageReportParams, UsageReportReply,
};
use protocol::methods::{UsageCalls, UsageReport};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Arguments of `usage`.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  openclaw usage --by day --days 7\n  openclaw usage --by agent --csv > agents.csv\n  \
                  openclaw usage export --format json > calls.jsonl"
)]
pub(crate) struct UsageArgs {
    #[command(subcommand)]
    command: Option<UsageCommand>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Subcommands of `usage`.
#[derive(Debug, Subcommand)]
enum UsageCommand {
    /// Every model call, one per line
    Export(ExportArgs),
}

/// Arguments of the report.
#[derive(Debug, clap::Args)]
struct ReportArgs {
    /// By what to add up
    #[arg(long, value_enum, default_value_t = By::Model)]
    by: By,
    /// How many days back, today included [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3660), conflicts_with = "since")]
    days: Option<u32>,
    /// Only this agent's calls
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Print the result as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// Arguments of `usage export`.
#[derive(Debug, clap::Args)]
struct ExportArgs {
    /// csv: with a header line; json: one object per line
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// Which days.
#[derive(Debug, clap::Args)]
struct SpanArgs {
    /// The first day (UTC), like 2026-11-01
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// The last day (UTC) [default: today]
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

/// By what usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Provider and model
    Model,
    /// The provider
    Provider,
    /// The agent
    Agent,
    /// The session
    Session,
    /// The key or user
    Key,
    /// The day (UTC)
    Day,
}

/// How calls are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values
    Csv,
    /// JSON Lines
    Json,
}

impl UsageArgs {
    /// Whether a failure is wanted as JSON.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Some(UsageCommand::Export(args)) => args.format == Format::Json,
            None => self.report.json,
        }
    }
}

/// Prints usage added up, or every call. Calls no model.
pub(crate) fn run(home: &Home, args: UsageArgs) -> Result<Exit, Failure> {
    match args.command {
        Some(UsageCommand::Export(args)) => runtime::block_on(export(home, args))?,
        None => report(home, args.report)?,
    }
    Ok(Exit::Ok)
}

fn report(home: &Home, args: ReportArgs) -> Result<(), Failure> {
    let params = UsageReportParams {
        by: Some(match args.by {
            By::Model => UsageBy::Model,
            By::Provider => UsageBy::Provider,
            By::Agent => UsageBy::Agent,
            By::Session => UsageBy::Session,
            By::Key => UsageBy::Key,
            By::Day => UsageBy::Day,
        }),
        days: args.days,
        since: args.span.since,
        until: args.span.until,
        agent_id: args.agent,
    };
    let asked = access::ask::<UsageReport>(home, &args.access, PATIENCE, &params);
    let reply: UsageReportReply = runtime::block_on(asked)?;
    if args.json {
        screen::json(&reply)
    } else if args.csv {
        screen::say(csv::report(&reply))
    } else {
        screen::say(table::report(&reply))
    }
}

async fn export(home: &Home, args: ExportArgs) -> Result<(), Failure> {
    let line = Line::open(home, &args.access, &[Scope::Read], PATIENCE).await?;
    if args.format == Format::Csv {
        screen::say(csv::CALL_HEADER)?;
    }
    let mut cursor = None;
    loop {
        let page = page(&line, &args.span, cursor).await?;
        for call in &page.0 {
            match args.format {
                Format::Csv => screen::say(csv::call(call))?,
                Format::Json => {
                    let text = serde_json::to_string(call).map_err(std::io::Error::from)?;
                    screen::say(text)?;
                }
            }
        }
        cursor = page.1;
        if cursor.is_none() {
            line.close().await;
            return Ok(());
        }
    }
}

async fn page(
    line: &Line,
    span: &SpanArgs,
    cursor: Option<i64>,
) -> Result<(Vec<CallEntry>, Option<i64>), Failure> {
    let params = UsageCallsParams {
        since: span.since.clone(),
        until: span.until.clone(),
        cursor,
        limit: None,
    };
    let reply = line.call::<UsageCalls>(&params).await?;
    Ok((reply.calls, reply.next_cursor))
}
