//! OpenAI chat completions: request, whole answer, streamed chunk, error.
//!
//! Unknown fields are ignored and absent ones are `None`. Texts borrow from the bytes they were
//! read from wherever JSON allows it, so read with `serde_json::from_slice` or `from_str`.
//!
//! Source: OpenAI API reference, "Chat", and the imitations of it we met.

mod answer;
mod error;
mod request;

pub use super::scalar::{Arguments, Scalar};
pub use answer::{
    AnswerMessage, CallDelta, ChatAnswer, ChatChunk, Choice, ChunkChoice, Delta, FunctionDelta,
    OutputTokens, PromptTokens, WireUsage,
};
pub use error::{ErrorBody, ErrorDetail};
pub use request::{
    CallFunction, ChatMessage, ChatRequest, Content, ContentPart, FilePart, ImageUrl, InputAudio,
    NamedFunction, Stop, StreamOptions, Tool, ToolCallDto, ToolChoiceDto, ToolFunction,
};
