//! Slash commands: ours, those of the gateway, and what they complete to.

use super::clean;
use super::wire::CommandRow;

/// A slash command that can be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slash {
    /// With its slash.
    pub(super) name: String,
    /// What it does.
    pub(super) about: String,
    /// Whether it takes words.
    pub(super) takes_words: bool,
}

/// What our own commands do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Help,
    Agent,
    Session,
    Model,
    New,
    Reset,
    Abort,
    Approve,
    Deny,
    Think,
    Verbose,
    Reasoning,
    Usage,
    Tools,
    Thoughts,
    Copy,
    Mouse,
    Quit,
}

/// Names, whether words follow, and what the help says.
const OWN: [(&str, Own, bool, &str); 23] = [
    ("/help", Own::Help, false, "keys and commands"),
    ("/agent", Own::Agent, true, "talk to another agent"),
    ("/agents", Own::Agent, false, "choose an agent"),
    ("/session", Own::Session, true, "go to a session by its key"),
    ("/sessions", Own::Session, false, "choose a session"),
    ("/model", Own::Model, true, "choose a model, or name one"),
    ("/models", Own::Model, false, "choose a model"),
    ("/new", Own::New, false, "begin a new session"),
    ("/reset", Own::Reset, false, "empty this session"),
    ("/abort", Own::Abort, false, "stop the run"),
    (
        "/approve",
        Own::Approve,
        true,
        "allow what waits: once, always or deny",
    ),
    ("/deny", Own::Deny, false, "refuse what waits"),
    (
        "/think",
        Own::Think,
        true,
        "how hard to think: off, low, medium, high",
    ),
    (
        "/verbose",
        Own::Verbose,
        true,
        "tell more of the work: on or off",
    ),
    (
        "/reasoning",
        Own::Reasoning,
        true,
        "tell the reasoning: on or off",
    ),
    (
        "/usage",
        Own::Usage,
        true,
        "usage under answers: off, tokens or full",
    ),
    (
        "/tools",
        Own::Tools,
        false,
        "show or hide the output of tools",
    ),
    ("/thoughts", Own::Thoughts, false, "show or hide thoughts"),
    (
        "/copy",
        Own::Copy,
        true,
        "copy the last answer; with `code`, its last code block",
    ),
    (
        "/mouse",
        Own::Mouse,
        false,
        "wheel for us, or selection for the terminal",
    ),
    ("/quit", Own::Quit, false, "leave"),
    ("/exit", Own::Quit, false, "leave"),
    ("/stop", Own::Abort, false, "stop the run"),
];

/// Our command of this name, with its slash.
pub(super) fn own(name: &str) -> Option<Own> {
    OWN.iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, own, ..)| *own)
}

/// Names and explanations for the help.
pub(super) fn explained() -> impl Iterator<Item = (&'static str, &'static str)> {
    OWN.iter().map(|(name, _, _, about)| (*name, *about))
}

/// The gateway's commands that are not ours.
pub(super) fn theirs(rows: Vec<CommandRow>) -> Vec<Slash> {
    let mut commands: Vec<Slash> = rows
        .into_iter()
        .filter_map(|row| {
            let name = row
                .text_aliases
                .first()
                .cloned()
                .unwrap_or_else(|| format!("/{}", row.name));
            let name = clean::line(&name);
            let is_new = name.len() > 1 && own(&name).is_none() && !name.contains(' ');
            is_new.then(|| Slash {
                name,
                about: clean::line(&row.description.unwrap_or_default()),
                takes_words: row.accepts_args.unwrap_or_default(),
            })
        })
        .collect();
    commands.sort_by(|one, other| one.name.cmp(&other.name));
    commands.dedup_by(|one, other| one.name == other.name);
    commands
}

/// What the text can become: commands that begin like it, ours first.
pub(super) fn completions(text: &str, theirs: &[Slash]) -> Vec<Slash> {
    if !text.starts_with('/') || text.contains(char::is_whitespace) {
        return Vec::new();
    }
    let ours = OWN.iter().map(|(name, _, takes_words, about)| Slash {
        name: (*name).to_owned(),
        about: (*about).to_owned(),
        takes_words: *takes_words,
    });
    ours.chain(theirs.iter().cloned())
        .filter(|command| command.name.starts_with(text))
        .collect()
}
