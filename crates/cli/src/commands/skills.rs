//! `openclaw skills …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::table::{Table, cell, rows};
use clap::Subcommand;
use serde_json::{Value, json};

/// Arguments of `skills`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: openclaw skills list --agent main")]
pub(crate) struct SkillsArgs {
    #[command(subcommand)]
    command: SkillsCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum SkillsCommand {
    /// The skills an agent finds, and what keeps others from being used
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Which agent [default: the default agent]
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &SkillsArgs) -> Result<Exit, Failure> {
    let SkillsCommand::List(list) = &args.command;
    let params = list
        .agent
        .as_ref()
        .map_or_else(|| json!({}), |agent| json!({ "agentId": agent }));
    args.remote.show(home, "skills.status", &params, |answer| {
        let mut table = Table::new(&["name", "ready", "source", "description"]);
        for row in rows(answer, "skills") {
            let ready = row.get("eligible") == Some(&Value::Bool(true));
            table.row([
                cell(row, "/name"),
                if ready { "yes" } else { "no" }.to_owned(),
                cell(row, "/source"),
                cell(row, "/description"),
            ]);
        }
        table.text("there are no skills")
    })
}
