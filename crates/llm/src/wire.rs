//! Other people's wire formats as plain structs, as a client meets them.
//!
//! The served dialects have structs of their own: a client must be lenient in what it reads, a server
//! exact in what it writes.

pub mod anthropic;
pub mod embeddings;
pub mod gemini;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;
mod scalar;
