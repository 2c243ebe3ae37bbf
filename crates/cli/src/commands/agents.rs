//! `openclaw agents …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::table::{Table, cell, rows};
use clap::Subcommand;
use serde_json::json;

/// Arguments of `agents`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: openclaw agents list")]
pub(crate) struct AgentsArgs {
    #[command(subcommand)]
    command: Option<AgentsCommand>,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum AgentsCommand {
    /// Who answers, with which model, from which folder; the same as `agents` alone
    List,
}

/// Lists the agents.
pub(crate) fn run(home: &Home, args: &AgentsArgs) -> Result<Exit, Failure> {
    match args.command {
        None | Some(AgentsCommand::List) => {}
    }
    args.remote.show(home, "agents.list", &json!({}), |answer| {
        let default = cell(answer, "/defaultId");
        let mut table = Table::new(&["id", "name", "model", "workspace"]);
        for row in rows(answer, "agents") {
            let id = cell(row, "/id");
            let mark = if id == default { " (default)" } else { "" };
            table.row([
                format!("{id}{mark}"),
                cell(row, "/name"),
                cell(row, "/model/primary"),
                cell(row, "/workspace"),
            ]);
        }
        table.text("no agent is configured")
    })
}
