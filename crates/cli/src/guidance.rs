//! What to type instead of a command that is not there: words that people bring from elsewhere.

use crate::args::Args;
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Words that are no commands here, and what does the same or why nothing does.
const INSTEAD: [(&str, &str); 17] = [
    ("start", RUN),
    ("install", RUN),
    (
        "uninstall",
        "openclaw gateway stop, then take it out of the system's service manager",
    ),
    (
        "restart",
        "openclaw gateway stop, then: openclaw gateway run",
    ),
    (
        "run",
        "openclaw gateway run, or for a node: openclaw node run",
    ),
    (
        "update",
        "replace this program by a newer one, then: openclaw gateway stop, openclaw gateway run",
    ),
    ("version", "openclaw --version"),
    (
        "configure",
        "openclaw onboard, or: openclaw config set <PATH> <VALUE>",
    ),
    (
        "login",
        "openclaw onboard for a model's key; openclaw dashboard for a browser",
    ),
    ("security", "openclaw doctor"),
    ("audit", "openclaw doctor"),
    ("plugins", "this version has no plugins"),
    (
        "tasks",
        "openclaw sessions; this version has no tasks in the background",
    ),
    (
        "pairing",
        "openclaw devices; this version has no chat networks whose senders would be paired",
    ),
    ("memory", "this version has no memory search"),
    ("browser", "this version has no browser"),
    ("webhooks", "this version has no webhooks"),
];

const RUN: &str =
    "openclaw gateway run; to keep it running, put that into the system's service manager";

/// What to do about a command line that cannot be read, where the parser's own words do not say it.
pub(crate) fn instead(error: &clap::Error) -> Option<String> {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        Some(_) | None => None,
    };
    if error.kind() == ErrorKind::InvalidSubcommand {
        let word = word(ContextKind::InvalidSubcommand)?;
        let found = INSTEAD.iter().find(|(name, _)| *name == word);
        return found.map(|(_, instead)| (*instead).to_owned());
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let word = word(ContextKind::InvalidArg)?;
    let usage = error.to_string();
    if usage.contains("Usage: openclaw agent ") && !word.starts_with('-') {
        return Some("write what you want to say behind -m: openclaw agent -m \"…\"".to_owned());
    }
    let at_root = usage.contains("Usage: openclaw [OPTIONS]");
    (at_root && is_of_the_gateway(word)).then(|| format!("openclaw gateway run {word} …"))
}

/// Whether an option is one of `gateway run`.
fn is_of_the_gateway(option: &str) -> bool {
    let name = option.trim_start_matches('-');
    let command = Args::command();
    let Some(gateway) = command.find_subcommand("gateway") else {
        return false;
    };
    let mut options = gateway.get_arguments();
    options.any(|it| it.get_long() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn said(line: &[&str]) -> Option<String> {
        let words = ["openclaw"].iter().chain(line);
        instead(&Args::try_parse_from(words).unwrap_err())
    }

    #[test]
    fn words_of_elsewhere_lead_to_what_there_is() {
        for (line, part) in [
            (&["gateway", "start"][..], "openclaw gateway run"),
            (&["version"], "openclaw --version"),
            (&["agent", "hello"], "openclaw agent -m"),
            (&["--port", "3000"], "openclaw gateway run --port"),
        ] {
            let said = said(line).unwrap_or_default();
            assert!(said.contains(part), "{line:?}: {said}");
        }
        assert_eq!(said(&["no-such-word"]), None);
        assert_eq!(said(&["sessions", "--no-such-option"]), None);
    }

    #[test]
    fn no_word_of_the_table_is_a_command() {
        let command = Args::command();
        for (word, _) in INSTEAD {
            assert!(command.find_subcommand(word).is_none(), "{word}");
        }
    }
}
