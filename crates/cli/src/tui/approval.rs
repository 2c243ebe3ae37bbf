//! A command that waits for a person's word.

use super::clean;
use super::wire::ApprovalRow;

/// An answer to the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// This time.
    Once,
    /// From now on.
    Always,
    /// No.
    Deny,
}

impl Decision {
    /// All of them, the usual one first.
    pub(super) const ALL: [Self; 3] = [Self::Once, Self::Always, Self::Deny];

    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Once => "allow-once",
            Self::Always => "allow-always",
            Self::Deny => "deny",
        }
    }

    /// The key that gives it while the question has the focus.
    pub(super) fn key(self) -> char {
        match self {
            Self::Once => 'a',
            Self::Always => 's',
            Self::Deny => 'd',
        }
    }

    /// Its name for people.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Once => "allow once",
            Self::Always => "always allow",
            Self::Deny => "deny",
        }
    }

    /// What was typed behind `/approve`.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "" | "once" | "allow" | "allow-once" | "yes" => Some(Self::Once),
            "always" | "allow-always" => Some(Self::Always),
            "deny" | "no" => Some(Self::Deny),
            _ => None,
        }
    }
}

/// The question. Its texts show every character that would act or hide.
#[derive(Debug)]
pub(super) struct Approval {
    pub(super) id: String,
    pub(super) command: String,
    /// Where it would run, and for whom.
    pub(super) place: String,
    pub(super) warning: Option<String>,
    pub(super) expires_at: Option<u64>,
    pub(super) decisions: Vec<Decision>,
}

impl Approval {
    /// A question as the gateway asks it.
    pub(super) fn new(row: ApprovalRow) -> Self {
        let request = row.request;
        let command = request
            .command
            .or_else(|| Some(request.command_argv?.join(" ")))
            .unwrap_or_else(|| "(the gateway did not tell the command)".to_owned());
        let mut place = vec![match (request.node_id, request.host) {
            (Some(node), _) => format!("on node {node}"),
            (None, Some(host)) => format!("on {host}"),
            (None, None) => "on the gateway".to_owned(),
        }];
        place.extend(request.cwd.map(|cwd| format!("in {cwd}")));
        place.extend(request.agent_id.map(|agent| format!("for agent {agent}")));
        let allowed = |decision: &Decision| {
            let names = request.allowed_decisions.as_ref();
            names.is_none_or(|names| names.iter().any(|name| name == decision.name()))
        };
        Self {
            id: row.id,
            command: clean::exact(&command),
            place: clean::exact(&place.join(" ")),
            warning: request.warning_text.map(|text| clean::line(&text)),
            expires_at: row.expires_at_ms,
            decisions: Decision::ALL.into_iter().filter(allowed).collect(),
        }
    }
}
