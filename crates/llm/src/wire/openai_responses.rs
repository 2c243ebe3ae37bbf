//! OpenAI responses: request, whole answer, streamed events.
//!
//! What is read is lenient: unknown fields are ignored and absent ones are `None`. Texts borrow
//! from the bytes they were read from wherever JSON allows it.
//!
//! Source: OpenAI API reference, "Responses" and "Streaming events".

mod answer;
mod request;

pub use answer::{
    Content, Event, IncompleteDetails, InputTokens, OutputItem, OutputTokens, Response, WireUsage,
};
pub use request::{
    ContentItem, Effort, InputItem, ReasoningItem, ResponsesRequest, SummaryText, TextAsk,
    TextFormat, Tool, ToolChoiceDto,
};
