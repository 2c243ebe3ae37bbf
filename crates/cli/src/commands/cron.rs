//! `openclaw cron …`

mod job;

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::Listing;
use crate::table::{Table, age, cell, rows};
use clap::Subcommand;
use job::AddArgs;
use serde_json::{Value, json};

/// Arguments of `cron`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  openclaw cron list --all
  openclaw cron add --name report --cron \"0 8 * * 1\" --message \"write the weekly report\"
  openclaw cron runs <ID>")]
pub(crate) struct CronArgs {
    #[command(subcommand)]
    command: CronCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum CronCommand {
    /// The jobs, and when each runs next
    List(ListArgs),
    /// Whether jobs run, and when the next one does
    Status,
    /// Add a job
    #[command(alias = "create")]
    Add(Box<AddArgs>),
    /// Run a job now
    Run(RunArgs),
    /// What jobs did, newest first
    Runs(RunsArgs),
    /// Remove a job
    #[command(alias = "remove")]
    Rm(JobArgs),
    /// Let a job run
    Enable(JobArgs),
    /// Keep a job from running
    Disable(JobArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Also those that are switched off
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
struct JobArgs {
    /// The job's id, as in `cron list`
    id: String,
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// The job's id, as in `cron list`
    id: String,
    /// Only if its time has come
    #[arg(long)]
    due: bool,
}

#[derive(Debug, clap::Args)]
struct RunsArgs {
    /// The job's id [default: all jobs]
    id: Option<String>,
    /// The same as an option
    #[arg(long = "id", value_name = "ID", conflicts_with = "id")]
    job: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &CronArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    match &args.command {
        CronCommand::List(list) => {
            let params = json!({ "includeDisabled": list.all });
            remote.show(home, "cron.list", &params, jobs)
        }
        CronCommand::Status => remote.show(home, "cron.status", &json!({}), status),
        CronCommand::Add(add) => remote.show(home, "cron.add", &add.params()?, |answer| {
            format!(
                "{} is added as {}",
                cell(answer, "/name"),
                cell(answer, "/id")
            )
        }),
        CronCommand::Run(run) => {
            let mode = if run.due { "due" } else { "force" };
            let params = json!({ "id": run.id, "mode": mode });
            remote.show(home, "cron.run", &params, begun)
        }
        CronCommand::Runs(runs_args) => {
            let mut params = json!({ "limit": runs_args.limit });
            if let Some(id) = runs_args.id.as_ref().or(runs_args.job.as_ref()) {
                params = json!({ "limit": runs_args.limit, "scope": "job", "id": id });
            }
            remote.show(home, "cron.runs", &params, runs)
        }
        CronCommand::Rm(job) => {
            let params = json!({ "id": job.id });
            remote.show(home, "cron.remove", &params, |answer| {
                if answer.get("removed") == Some(&Value::Bool(false)) {
                    format!("there is no job {}", job.id)
                } else {
                    format!("{} is removed", job.id)
                }
            })
        }
        CronCommand::Enable(job) => switch(home, remote, &job.id, true),
        CronCommand::Disable(job) => switch(home, remote, &job.id, false),
    }
}

fn switch(home: &Home, remote: &RemoteArgs, id: &str, enabled: bool) -> Result<Exit, Failure> {
    let params = json!({ "id": id, "patch": { "enabled": enabled } });
    remote.show(home, "cron.update", &params, |_| {
        format!("{id} is {}", if enabled { "on" } else { "off" })
    })
}

fn jobs(answer: &Value) -> String {
    let mut table = Table::new(&["id", "name", "schedule", "next", "last"]);
    for row in rows(answer, "jobs") {
        table.row([
            cell(row, "/id"),
            cell(row, "/name"),
            cell(row, "/schedule/kind"),
            age(row, "/state/nextRunAtMs"),
            cell(row, "/state/lastStatus"),
        ]);
    }
    table.text("there are no jobs")
}

fn status(answer: &Value) -> String {
    let mut list = Listing::new();
    list.row("enabled", cell(answer, "/enabled"));
    list.row("jobs", cell(answer, "/jobs"));
    let next = age(answer, "/nextWakeAtMs");
    list.row("next", if next.is_empty() { "never" } else { &next });
    list.text()
}

fn begun(answer: &Value) -> String {
    let run = cell(answer, "/runId");
    if run.is_empty() {
        return format!("it did not run: {}", cell(answer, "/reason"));
    }
    format!("run {run} is waiting; follow it with: openclaw cron runs")
}

fn runs(answer: &Value) -> String {
    let mut table = Table::new(&["when", "job", "status", "summary"]);
    for row in rows(answer, "entries") {
        let name = cell(row, "/jobName");
        table.row([
            age(row, "/ts"),
            if name.is_empty() {
                cell(row, "/jobId")
            } else {
                name
            },
            cell(row, "/status"),
            cell(row, "/summary"),
        ]);
    }
    table.text("no job has run yet")
}
