//! What a model answers, in no provider's words: one stream of events.

use crate::Error;
use domain::{ModelId, ProviderState, StopReason, ToolCallId, ToolName, Usage};

/// The place of a part within the answer, from 0. Events of one part carry one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartIndex(pub u32);

/// A step of an answer. A stream is `Started`, any number of parts and of `Usage`, then `Finished`;
/// a stream that ends without `Finished` was cut.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// The provider began to answer.
    Started {
        /// Its id of the response.
        response_id: Option<Box<str>>,
        /// The model it says it uses.
        model: Option<ModelId>,
    },
    /// More text.
    Text {
        /// Which part.
        part: PartIndex,
        /// The new piece.
        delta: String,
    },
    /// More reasoning.
    Reasoning {
        /// Which part.
        part: PartIndex,
        /// The new piece.
        delta: String,
    },
    /// A tool call begins; its id is never empty.
    ToolCallStarted {
        /// Which part.
        part: PartIndex,
        /// Ties the result to the call.
        id: ToolCallId,
        /// Which tool.
        name: ToolName,
    },
    /// More of a call's arguments, as JSON text in pieces.
    ToolCallArguments {
        /// Which part.
        part: PartIndex,
        /// The new piece.
        json: String,
    },
    /// State the provider wants back with the part on the next turn.
    Opaque {
        /// Which part.
        part: PartIndex,
        /// The state.
        keep: ProviderState,
    },
    /// What the call used so far. Each report holds everything, so the last one counts: do not add
    /// them up.
    Usage(Usage),
    /// The end of a complete answer.
    Finished {
        /// Why it ended.
        reason: StopReason,
    },
}

/// Events of one answer as they arrive. Dropping it before its end closes the connection to the
/// provider; read until `None` to let the connection be used again.
pub struct ModelStream {
    source: Box<dyn EventSource>,
}

/// What feeds a [`ModelStream`].
#[async_trait::async_trait]
pub trait EventSource: Send {
    /// The next event; `None` after the last. An error is the last item.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>>;

    /// An event that is already here, without waiting. `None` says nothing about the end.
    fn ready(&mut self) -> Option<ModelEvent> {
        None
    }
}

impl ModelStream {
    /// Wraps a source.
    pub fn new(source: impl EventSource + 'static) -> Self {
        Self {
            source: Box::new(source),
        }
    }

    /// The next event; `None` after the last. An error is the last item.
    ///
    /// # Errors
    /// Any [`Error`] of the transport or the codec; whatever came before it was said.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        // Most events arrive in batches; this way only the first of a batch costs a boxed future.
        match self.source.ready() {
            Some(event) => Some(Ok(event)),
            None => self.source.next().await,
        }
    }

    /// An event that is already here, without waiting, so that a batch can be passed on in one
    /// write. `None` says nothing about the end: go on with [`Self::next`].
    pub fn ready(&mut self) -> Option<ModelEvent> {
        self.source.ready()
    }
}

impl std::fmt::Debug for ModelStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelStream").finish_non_exhaustive()
    }
}
