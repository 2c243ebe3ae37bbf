//! What the one who asked hears of a run while it goes on.

use domain::{
    Message, MicroUsd, ModelId, ProviderId, RunId, RunOutcome, SessionKey, ToolCallId, ToolName,
    UnixMillis, Usage,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many events may wait for a slow reader before the run waits for it.
pub(crate) const FEED_CAPACITY: usize = 256;

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub enum RunEvent {
    /// More text of the answer.
    Text(String),
    /// More of what the model thinks.
    Reasoning(String),
    /// The model calls a tool of the client; `index` counts the calls of the answer from 0.
    ClientCall {
        /// Which call of the answer.
        index: u32,
        /// Ties the result to the call.
        id: ToolCallId,
        /// Which tool.
        name: ToolName,
    },
    /// More of a client call's arguments.
    ClientCallArguments {
        /// Which call of the answer.
        index: u32,
        /// JSON text in pieces.
        json: String,
    },
    /// The end; always the last event.
    Finished(Arc<RunReport>),
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionKey,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The last thing the model said, client calls included; partial if the run failed.
    pub message: Option<Message>,
    /// Who said it.
    pub provider: Option<ProviderId>,
    /// The model that said it.
    pub model: Option<ModelId>,
    /// What all steps used.
    pub usage: Usage,
    /// What all steps cost; `None` when a price is unknown.
    pub cost: Option<MicroUsd>,
    /// Whether it ran tools of ours.
    pub used_tools: bool,
    /// When the turn was accepted.
    pub accepted_at: UnixMillis,
    /// When the run ended.
    pub finished_at: UnixMillis,
}

/// Events of one run, in order, from its beginning. Dropping it tells the run that nobody listens:
/// what follows is the turn's [`domain::OnDisconnect`].
#[derive(Debug)]
pub struct Feed {
    events: mpsc::Receiver<RunEvent>,
}

impl Feed {
    pub(crate) fn new(events: mpsc::Receiver<RunEvent>) -> Self {
        Self { events }
    }

    /// The next event; `None` after [`RunEvent::Finished`], or when the run was lost in a shutdown.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<RunEvent> {
        self.events.recv().await
    }

    /// Waits for the end, ignoring everything before it.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event that was not passed over already.
    pub async fn finished(&mut self) -> Option<Arc<RunReport>> {
        while let Some(event) = self.next().await {
            if let RunEvent::Finished(report) = event {
                return Some(report);
            }
        }
        None
    }
}
