//! What everybody may hear of every run while it goes on, whoever asked for it.

use crate::feed::RunReport;
use domain::{AgentId, Record, RunId, SessionKey, ToolCall, ToolResult, UnixMillis};
use std::sync::Arc;

/// Hears of every run. Called on the run's own task, so it must not wait and not work long.
pub trait Tap: Send + Sync {
    /// Something happened.
    fn notice(&self, notice: Notice);

    /// Whether anything comes of [`Tap::notice`]; if not, it is not called.
    fn listens(&self) -> bool {
        true
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionKey,
    /// Its agent.
    pub agent: AgentId,
    /// What happened.
    pub what: Happened,
}

/// What happened. Between [`Happened::Started`] and [`Happened::Finished`] everything else comes in
/// order; what is committed comes after it is on disk.
#[derive(Debug, Clone)]
pub enum Happened {
    /// Its turn is on disk, and it waits for its lane.
    Accepted,
    /// Its lane is free and work begins.
    Started {
        /// When.
        at: UnixMillis,
    },
    /// A model is called; `model` is `provider/model`. When another one answers in its place, that
    /// one is told the same way before its first word.
    Asked {
        /// Whose turn it is to answer.
        model: String,
    },
    /// More text of the answer.
    Text(Arc<str>),
    /// More of what the model thinks.
    Reasoning(Arc<str>),
    /// A tool of ours is about to run. On disk.
    ToolStarted(Arc<ToolCall>),
    /// It ended. On disk, so several may come at once.
    ToolFinished(Arc<ToolResult>),
    /// The run ended; always the last. Its end is on disk, or the report says that it could not be
    /// saved. A run that the last process left and that does not go on is told by this alone.
    Finished(Arc<RunReport>),
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl Tap for Deaf {
    fn notice(&self, _notice: Notice) {}

    fn listens(&self) -> bool {
        false
    }
}

/// One run as the tap hears of it.
#[derive(Clone, Copy)]
pub(crate) struct Teller<'a> {
    pub(crate) tap: &'a dyn Tap,
    pub(crate) run: &'a RunId,
    pub(crate) session: &'a SessionKey,
    pub(crate) agent: &'a AgentId,
}

impl Teller<'_> {
    /// Tells what `what` makes; it is made only for one who listens.
    pub(crate) fn tell(&self, what: impl FnOnce() -> Happened) {
        if self.tap.listens() {
            self.tap.notice(Notice {
                run: self.run.clone(),
                session: self.session.clone(),
                agent: self.agent.clone(),
                what: what(),
            });
        }
    }

    /// Tells of records that are on disk now.
    pub(crate) fn saved(&self, records: &[Record]) {
        for record in records {
            match record {
                Record::ToolStarted(call) => {
                    self.tell(|| Happened::ToolStarted(Arc::new(call.clone())));
                }
                Record::ToolFinished(result) => {
                    self.tell(|| Happened::ToolFinished(Arc::new(result.clone())));
                }
                Record::SessionOpened(_)
                | Record::TurnAccepted(_)
                | Record::RunStarted(_)
                | Record::AssistantMessage(_)
                | Record::ApprovalDecided(_)
                | Record::CommandAnswered(_)
                | Record::RunFinished(_)
                | Record::SessionReset(_)
                | Record::Trimmed(_)
                | Record::Unknown { .. } => {}
            }
        }
    }
}
