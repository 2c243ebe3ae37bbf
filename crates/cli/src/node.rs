//! `openclaw node …`: this machine as a node, which runs commands for the agents of a gateway.

mod commands;
mod execute;
mod fingerprint;
mod folder;
mod host;
mod report;
mod run;
mod stats;
mod system_run;

use crate::failure::{Exit, Failure};
use crate::home::Home;
use clap::Subcommand;

/// Arguments of `node`.
#[derive(Debug, clap::Args)]
pub(crate) struct NodeArgs {
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Debug, Subcommand)]
enum NodeCommand {
    /// Connect to a gateway and run what its agents ask for, until stopped
    Run(run::RunArgs),
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: NodeArgs) -> Result<Exit, Failure> {
    match args.command {
        NodeCommand::Run(args) => run::run(home, args),
    }
}
