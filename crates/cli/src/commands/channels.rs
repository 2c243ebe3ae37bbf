//! `openclaw channels …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::table::{Table, cell, rows};
use clap::Subcommand;
use serde_json::{Value, json};

/// Arguments of `channels`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: openclaw channels status --json")]
pub(crate) struct ChannelsArgs {
    #[command(subcommand)]
    command: ChannelsCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum ChannelsCommand {
    /// Which chat networks are connected
    Status(StatusArgs),
}

#[derive(Debug, clap::Args)]
struct StatusArgs {
    /// Ask each network now instead of reporting what is known
    #[arg(long)]
    probe: bool,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &ChannelsArgs) -> Result<Exit, Failure> {
    let ChannelsCommand::Status(status) = &args.command;
    let params = json!({ "probe": status.probe });
    args.remote
        .show(home, "channels.status", &params, connected)
}

/// The accounts of chat networks, as a table.
pub(crate) fn connected(answer: &Value) -> String {
    let mut table = Table::new(&["channel", "account", "configured", "running", "connected"]);
    let accounts = answer.get("channelAccounts").and_then(Value::as_object);
    let order = rows(answer, "channelOrder");
    for id in order.iter().filter_map(Value::as_str) {
        let of = accounts.and_then(|all| all.get(id)?.as_array());
        for row in of.into_iter().flatten() {
            table.row([
                id.to_owned(),
                cell(row, "/accountId"),
                cell(row, "/configured"),
                cell(row, "/running"),
                cell(row, "/connected"),
            ]);
        }
    }
    table.text("no chat network is connected")
}
