//! One file per command: its arguments, their documentation, what it does.

pub(crate) mod agent;
pub(crate) mod agents;
pub(crate) mod approvals;
pub(crate) mod channels;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod costs;
pub(crate) mod cron;
pub(crate) mod dashboard;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod hooks;
pub(crate) mod logs;
pub(crate) mod message;
pub(crate) mod models;
pub(crate) mod nodes;
pub(crate) mod onboard;
pub(crate) mod secrets;
pub(crate) mod sessions;
pub(crate) mod skills;
pub(crate) mod status;
pub(crate) mod system;
pub(crate) mod tui;
pub(crate) mod usage;

use crate::args::{Args, Command};
use crate::failure::{Exit, Failure};
use crate::home::Home;

/// Does what the command line asks.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    let Args { globals, command } = args;
    if let Command::Completion(args) = command {
        return completion::run(&args);
    }
    let home = Home::find(globals)?;
    match command {
        Command::Gateway(args) => gateway::run(&home, args),
        Command::Onboard(args) => onboard::run(&home, args),
        Command::Agent(args) => agent::run(&home, args),
        Command::Status(args) => status::run(&home, &args),
        Command::Health(args) => health::run(&home, &args),
        Command::Costs(args) => costs::run(&home, &args),
        Command::Usage(args) => usage::run(&home, args),
        Command::Explain(args) => explain::run(&home, &args),
        Command::Doctor(args) => doctor::run(&home, &args),
        Command::Config(args) => config::run(&home, args),
        Command::Node(args) => crate::node::run(&home, args),
        Command::Dashboard(args) => dashboard::run(&home, &args),
        Command::Agents(args) => agents::run(&home, &args),
        Command::Approvals(args) => approvals::run(&home, &args),
        Command::Channels(args) => channels::run(&home, &args),
        Command::Cron(args) => cron::run(&home, &args),
        Command::Devices(args) => devices::run(&home, &args),
        Command::Hooks(args) => hooks::run(&home, &args),
        Command::Logs(args) => logs::run(&home, &args),
        Command::Message(args) => message::run(&home, &args),
        Command::Models(args) => models::run(&home, &args),
        Command::Nodes(args) => nodes::run(&home, &args),
        Command::Secrets(args) => secrets::run(&home, &args),
        Command::Sessions(args) => sessions::run(&home, &args),
        Command::Skills(args) => skills::run(&home, &args),
        Command::System(args) => system::run(&home, &args),
        Command::Tui(args) => tui::run(&home, args),
        Command::Completion(args) => completion::run(&args),
    }
}
