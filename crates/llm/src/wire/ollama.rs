//! Ollama's own chat format: request, answer line, tool call.
//!
//! Source: Ollama API reference, "Generate a chat completion".

mod answer;
mod request;

pub use answer::{AnswerMessage, CallFunction, ChatLine, ToolCall};
pub use request::{CallDto, CallFunctionDto, ChatMessage, ChatRequest, Format, Options, Think};
