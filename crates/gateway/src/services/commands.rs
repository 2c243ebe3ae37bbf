//! The slash commands of the chat: one table for those who run them and those who list them.

use super::Services;
use protocol::methods::catalog::{CommandArg, CommandRow, CommandsListParams, CommandsListReply};

/// A slash command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlashCommand {
    /// Its name, without the slash.
    pub(crate) name: &'static str,
    /// `session`, `options` or `status`.
    pub(crate) category: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
    /// What may follow it: a name and what it is.
    pub(crate) argument: Option<(&'static str, &'static str)>,
}

const fn command(
    name: &'static str,
    category: &'static str,
    about: &'static str,
    argument: Option<(&'static str, &'static str)>,
) -> SlashCommand {
    SlashCommand {
        name,
        category,
        about,
        argument,
    }
}

/// Every slash command.
pub(crate) const COMMANDS: &[SlashCommand] = &[
    command("help", "status", "Show what can be typed.", None),
    command("commands", "status", "List all slash commands.", None),
    command(
        "status",
        "status",
        "Show the session, its model and its cost.",
        None,
    ),
    command(
        "model",
        "options",
        "Show or change the model of this session.",
        Some(("model", "provider/model, or default")),
    ),
    command("models", "options", "List the models there are.", None),
    command(
        "think",
        "options",
        "Show or change how hard the model thinks in this session.",
        Some(("level", "off, minimal, low, medium, high or xhigh")),
    ),
    command(
        "verbose",
        "options",
        "Show or change how much is shown of tools in this session.",
        Some(("level", "off, on or full")),
    ),
    command(
        "usage",
        "status",
        "Show what this session used, or change what answers tell of it.",
        Some(("mode", "off, tokens or full")),
    ),
    command(
        "new",
        "session",
        "Begin the session anew.",
        Some(("message", "the first message")),
    ),
    command(
        "reset",
        "session",
        "Begin the session anew.",
        Some(("message", "the first message")),
    ),
    command(
        "stop",
        "session",
        "Stop what is going on in this session.",
        None,
    ),
];

impl Services {
    /// The slash commands of the chat.
    pub(crate) fn commands_list(params: &CommandsListParams) -> CommandsListReply {
        let with_args = params.include_args.unwrap_or(true);
        let row = |command: &SlashCommand| CommandRow {
            name: command.name.to_owned(),
            native_name: command.name.to_owned(),
            text_aliases: vec![format!("/{}", command.name)],
            description: command.about.to_owned(),
            category: command.category.to_owned(),
            source: "native".to_owned(),
            scope: "both".to_owned(),
            accepts_args: command.argument.is_some(),
            args: command
                .argument
                .filter(|_| with_args)
                .map(|(name, about)| CommandArg {
                    name: name.to_owned(),
                    description: about.to_owned(),
                    kind: "string".to_owned(),
                })
                .into_iter()
                .collect(),
        };
        CommandsListReply {
            commands: COMMANDS.iter().map(row).collect(),
        }
    }
}
