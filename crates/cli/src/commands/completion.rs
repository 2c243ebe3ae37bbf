//! `openclaw completion <shell>`

use crate::args::Args;
use crate::failure::{Exit, Failure};
use crate::screen;
use clap::CommandFactory;
use clap_complete::Shell;

/// Arguments of `completion`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: openclaw completion bash > ~/.local/share/bash-completion/completions/openclaw"
)]
pub(crate) struct CompletionArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &CompletionArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "openclaw", &mut script);
    screen::bytes(&script)?;
    Ok(Exit::Ok)
}
