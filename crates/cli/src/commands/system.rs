//! `openclaw system …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::Listing;
use crate::table::{Table, age, cell};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

/// Arguments of `system`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  openclaw system presence\n  openclaw system event --text \"the build is done\" --mode now"
)]
pub(crate) struct SystemArgs {
    #[command(subcommand)]
    command: SystemCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum SystemCommand {
    /// Who is connected
    Presence,
    /// Tell the agent that something happened
    Event(EventArgs),
    /// When the agent last looked around by itself
    Heartbeat(HeartbeatArgs),
}

#[derive(Debug, clap::Args)]
struct EventArgs {
    /// What happened
    #[arg(long, value_name = "TEXT")]
    text: String,
    /// Whether the agent looks at it now or at its next heartbeat
    #[arg(long, value_enum, default_value_t = When::NextHeartbeat)]
    mode: When,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    /// At once.
    Now,
    /// With its next heartbeat.
    NextHeartbeat,
}

#[derive(Debug, clap::Args)]
struct HeartbeatArgs {
    #[command(subcommand)]
    command: HeartbeatCommand,
}

#[derive(Debug, Subcommand)]
enum HeartbeatCommand {
    /// The last one, and what came of it
    Last,
    /// Let them happen
    Enable,
    /// Stop them
    Disable,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &SystemArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    match &args.command {
        SystemCommand::Presence => remote.show(home, "system-presence", &json!({}), presence),
        SystemCommand::Event(event) => {
            let mode = match event.mode {
                When::Now => "now",
                When::NextHeartbeat => "next-heartbeat",
            };
            let params = json!({ "mode": mode, "text": event.text });
            remote.show(home, "wake", &params, |_| "told".to_owned())
        }
        SystemCommand::Heartbeat(heartbeat) => match heartbeat.command {
            HeartbeatCommand::Last => remote.show(home, "last-heartbeat", &json!({}), last),
            HeartbeatCommand::Enable => switch(home, remote, true),
            HeartbeatCommand::Disable => switch(home, remote, false),
        },
    }
}

fn switch(home: &Home, remote: &RemoteArgs, enabled: bool) -> Result<Exit, Failure> {
    let params = json!({ "enabled": enabled });
    remote.show(home, "set-heartbeats", &params, |_| {
        let word = if enabled { "on" } else { "off" };
        format!("heartbeats are {word}")
    })
}

/// Who is connected, as a table.
pub(crate) fn presence(answer: &Value) -> String {
    let mut table = Table::new(&["who", "mode", "version", "platform", "state", "since"]);
    for row in answer.as_array().into_iter().flatten() {
        table.row([
            cell(row, "/host"),
            cell(row, "/mode"),
            cell(row, "/version"),
            cell(row, "/platform"),
            cell(row, "/reason"),
            age(row, "/ts"),
        ]);
    }
    table.text("nobody is connected")
}

fn last(answer: &Value) -> String {
    if answer.is_null() {
        return "none yet".to_owned();
    }
    let mut list = Listing::new();
    list.row("when", age(answer, "/ts"));
    list.row("status", cell(answer, "/status"));
    list.row("reason", cell(answer, "/reason"));
    list.text()
}
