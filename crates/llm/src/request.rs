//! What we ask of a model, in no provider's words.

use domain::{Message, Sampling, ToolChoice, ToolSpec};
use std::sync::Arc;

/// One model call.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    /// System text, in order; the first is the most stable one.
    pub system: Vec<Arc<str>>,
    /// The conversation, oldest first. Every tool call is followed by its result.
    pub messages: Vec<Message>,
    /// Tools on offer.
    pub tools: Arc<[ToolSpec]>,
    /// Whether tools must be called.
    pub tool_choice: ToolChoice,
    /// Sampling and output parameters.
    pub sampling: Sampling,
    /// Whether the events are wanted as they come. `false` lets the provider answer in one piece;
    /// the events are the same.
    pub stream: bool,
}
