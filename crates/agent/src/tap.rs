//! What everybody may hear of every run while it goes on, whoever asked for it.

use crate::feed::RunReport;
use domain::{AgentId, RunId, SessionKey, ToolCall, ToolResult, UnixMillis};
use std::sync::Arc;

/// Hears of every run. Called on the run's own task, so it must not wait and not work long.
pub trait Tap: Send + Sync {
    /// Something happened.
    fn notice(&self, notice: Notice);
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
    /// A model was called; `model` is `provider/model`.
    Asked {
        /// Whose turn it is to answer.
        model: String,
    },
    /// More text of the answer.
    Text(Arc<str>),
    /// More of what the model thinks.
    Reasoning(Arc<str>),
    /// A tool of ours is about to run.
    ToolStarted(Arc<ToolCall>),
    /// It ended.
    ToolFinished(Arc<ToolResult>),
    /// The run ended and its end is on disk; always the last.
    Finished(Arc<RunReport>),
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl Tap for Deaf {
    fn notice(&self, _notice: Notice) {}
}
