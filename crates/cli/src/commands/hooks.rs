//! `openclaw hooks …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::table::{Table, cell, rows};
use clap::Subcommand;
use serde_json::{Value, json};

/// Arguments of `hooks`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: openclaw hooks list --agent main")]
pub(crate) struct HooksArgs {
    #[command(subcommand)]
    command: HooksCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum HooksCommand {
    /// The programs that run when something happens to an agent
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Which agent [default: the default agent]
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Only those that can run
    #[arg(long)]
    eligible: bool,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &HooksArgs) -> Result<Exit, Failure> {
    let HooksCommand::List(list) = &args.command;
    let params = list
        .agent
        .as_ref()
        .map_or_else(|| json!({}), |agent| json!({ "agentId": agent }));
    let mut answer = args.remote.ask(home, "hooks.status", &params)?;
    if list.eligible
        && let Some(hooks) = answer.get_mut("hooks").and_then(Value::as_array_mut)
    {
        hooks.retain(can_run);
    }
    args.remote.print(&answer, |answer| {
        let mut table = Table::new(&["name", "ready", "events", "source", "description"]);
        for row in rows(answer, "hooks") {
            let ready = if can_run(row) { "yes" } else { "no" };
            table.row([
                cell(row, "/name"),
                ready.to_owned(),
                cell(row, "/events"),
                cell(row, "/source"),
                cell(row, "/description"),
            ]);
        }
        table.text("there are no hooks")
    })
}

fn can_run(hook: &Value) -> bool {
    hook.get("loadable") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_loaded_can_run() {
        assert!(can_run(&json!({ "loadable": true })));
        assert!(!can_run(&json!({ "loadable": false })));
        assert!(!can_run(&json!({})));
    }
}
