//! Anthropic messages as a client meets them: request, whole answer, streamed event.
//!
//! Unknown fields are ignored and absent ones are `None`. Texts borrow from the bytes they were
//! read from wherever JSON allows it, so read with `serde_json::from_slice` or `from_str`.
//!
//! Source: Anthropic API reference, "Messages" and "Streaming messages", version 2023-06-01.

mod answer;
mod request;

pub use answer::{Answer, AnswerBlock, BlockDelta, Event, OutputTokens, WireUsage};
pub use request::{
    Block, CacheControl, Choice, Effort, MessagesRequest, OutputConfig, OutputFormat, Source,
    Speaker, SystemBlock, Thinking, Tool, WireMessage,
};
