//! A question, and how it ended.

use crate::ws::Link;
use ::tools::exec::Allowed;
use protocol::methods::approvals::{ExecApproval, ExecApprovalDecided};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

/// An answer of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This time.
    AllowOnce,
    /// This time and every other.
    AllowAlways,
    /// No.
    Deny,
}

impl Decision {
    /// Every answer, in the order they are offered.
    pub(super) const ALL: [Self; 3] = [Self::AllowOnce, Self::AllowAlways, Self::Deny];

    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AllowOnce => "allow-once",
            Self::AllowAlways => "allow-always",
            Self::Deny => "deny",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// What is asked.
pub(super) struct Question {
    /// Chosen by the asker.
    pub(super) id: Option<String>,
    /// What people are shown.
    pub(super) request: serde_json::Value,
    /// The whole command, for people.
    pub(super) text: String,
    /// The answers that are offered.
    pub(super) offered: Vec<Decision>,
    /// For which agent.
    pub(super) agent: Option<String>,
    /// How long it stands.
    pub(super) patience: Duration,
    /// The connection that asks, which is not asked itself.
    pub(super) asker: Option<String>,
    /// Only these devices are asked and may answer.
    pub(super) reviewers: Vec<String>,
    /// The command line on a node that a yes is for.
    pub(super) binding: Option<RunBinding>,
    /// What "always" writes down, and for which agent.
    pub(super) line: Option<(String, Allowed)>,
}

/// The command line on a node that an approval is for. Every part must be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunBinding {
    pub(crate) node: String,
    pub(crate) argv: Vec<String>,
    pub(crate) cwd: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) caller: String,
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// The answer; `None` when nobody gave one.
    pub(super) decision: Option<Decision>,
    /// `user`, `timeout`, `no-route` or `cancelled`.
    pub(super) reason: &'static str,
    /// Since when, in Unix milliseconds.
    pub(super) at: i64,
}

/// A question on the desk.
pub(super) struct Entry {
    pub(super) shown: ExecApproval,
    pub(super) text: String,
    pub(super) offered: Vec<Decision>,
    pub(super) agent: Option<String>,
    pub(super) asker: Option<String>,
    pub(super) reviewers: Vec<String>,
    pub(super) binding: Option<RunBinding>,
    pub(super) line: Option<(String, Allowed)>,
    pub(super) used: bool,
    pub(super) ended: watch::Sender<Option<Ended>>,
}

impl Entry {
    pub(super) fn is_open(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// Whether a connection may see and answer it.
    pub(super) fn is_for(&self, link: &Link) -> bool {
        let device = link.device.as_ref();
        self.reviewers.is_empty() || device.is_some_and(|it| self.reviewers.contains(it))
    }

    pub(super) fn decided(&self, ended: &Ended, with_reason: bool) -> ExecApprovalDecided {
        ExecApprovalDecided {
            id: self.shown.id.clone(),
            decision: ended.decision.map(|it| it.name().to_owned()),
            created_at_ms: self.shown.created_at_ms,
            expires_at_ms: self.shown.expires_at_ms,
            terminal_reason: with_reason.then(|| ended.reason.to_owned()),
        }
    }
}
