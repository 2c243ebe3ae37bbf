//! Other people's wire formats as plain structs, used in both directions: by a codec as client, by
//! the gateway as server.

pub mod openai_chat;
