//! `openclaw config …`: the settings file, read and changed in its own form.

mod change;
mod get;
pub(crate) mod validate;

use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::screen;
use clap::Subcommand;
use gateway::settings;

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print a setting, or all of them; secrets are hidden
    Get(get::GetArgs),
    /// Change a setting; comments and order of the file stay
    Set(change::SetArgs),
    /// Remove a setting, so that its default applies
    Unset(change::UnsetArgs),
    /// Say everything that is wrong with the settings
    Validate(validate::ValidateArgs),
    /// Print the JSON schema of the settings
    Schema,
    /// Print the path of the settings file
    File,
}

impl ConfigArgs {
    /// Whether the result is wanted as JSON.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            ConfigCommand::Get(args) => args.json,
            ConfigCommand::Set(args) => args.json,
            ConfigCommand::Unset(args) => args.json,
            ConfigCommand::Validate(args) => args.json,
            ConfigCommand::Schema => true,
            ConfigCommand::File => false,
        }
    }
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: ConfigArgs) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Get(args) => get::run(home, &args),
        ConfigCommand::Set(args) => change::set(home, &args),
        ConfigCommand::Unset(args) => change::unset(home, &args),
        ConfigCommand::Validate(args) => validate::run(home, &args),
        ConfigCommand::Schema => {
            screen::json(&settings::rules().schema)?;
            Ok(Exit::Ok)
        }
        ConfigCommand::File => {
            screen::say(home.config_file()?.path.display())?;
            Ok(Exit::Ok)
        }
    }
}
