//! Other people's wire formats as plain structs, as a client meets them.
//!
//! The served dialects have structs of their own: a client must be lenient in what it reads, a server
//! exact in what it writes.

pub mod openai_chat;
