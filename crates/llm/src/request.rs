//! What we ask of a model, in no provider's words.

use domain::{Message, Sampling, ToolChoice, ToolSpec};
use std::sync::Arc;

/// One model call.
#[derive(Debug, Clone, Default)]
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
    /// What is known about the prompt that helps the provider's prompt cache.
    pub cache: CacheHints,
}

/// What helps a provider's prompt cache; wires without such marks ignore it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheHints {
    /// The same for all calls that share a beginning, e.g. a digest of the session key.
    pub key: Option<Arc<str>>,
    /// Whether the provider is asked to keep the prompt: tools, system text and the conversation
    /// so far will be sent again. `false` for one-off calls, where a marked prompt costs more.
    pub keep: bool,
}
