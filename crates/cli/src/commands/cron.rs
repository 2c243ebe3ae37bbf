//! `openclaw cron …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::Listing;
use crate::table::{Table, age, cell, rows};
use clap::Subcommand;
use serde_json::json;

/// Arguments of `cron`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: openclaw cron list --all")]
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
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Also those that are switched off
    #[arg(long)]
    all: bool,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &CronArgs) -> Result<Exit, Failure> {
    match &args.command {
        CronCommand::List(list) => {
            let params = json!({ "includeDisabled": list.all });
            args.remote.show(home, "cron.list", &params, |answer| {
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
            })
        }
        CronCommand::Status => args.remote.show(home, "cron.status", &json!({}), |answer| {
            let mut list = Listing::new();
            list.row("enabled", cell(answer, "/enabled"));
            list.row("jobs", cell(answer, "/jobs"));
            let next = age(answer, "/nextWakeAtMs");
            list.row("next", if next.is_empty() { "never" } else { &next });
            list.text()
        }),
    }
}
