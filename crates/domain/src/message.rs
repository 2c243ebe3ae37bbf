//! What is said, and its typed pieces.

use crate::{ProviderId, ToolCall, ToolResult};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A person or a program.
    User,
    /// The model.
    Assistant,
    /// The results of tool calls.
    Tool,
}

/// One contribution to a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The pieces, in order.
    pub parts: Vec<Part>,
}

/// Binary content as standard base64 text with padding, shared between copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Blob(pub Arc<str>);

/// Bytes or text only one provider understands and wants back on the next turn, such as a thinking
/// signature. Dropped when the conversation moves to another provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderState {
    /// Whose state it is.
    pub provider: ProviderId,
    /// What kind of state, in the provider's own word.
    pub kind: Box<str>,
    /// The state as text.
    pub data: Arc<str>,
}

/// A typed piece of a [`Message`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Part {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    #[serde(rename_all = "camelCase")]
    Image {
        /// IANA media type, e.g. `image/png`.
        media_type: String,
        /// The bytes.
        data: Blob,
    },
    /// A document, sound or video.
    #[serde(rename_all = "camelCase")]
    File {
        /// IANA media type, e.g. `application/pdf`, `audio/wav`, `video/mp4`.
        media_type: String,
        /// Its name, when it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The bytes.
        data: Blob,
    },
    /// What the model thought before it answered.
    Reasoning {
        /// The readable part; may be empty.
        text: String,
        /// What the provider wants back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<ProviderState>,
    },
    /// A call the model asks for.
    ToolCall(ToolCall),
    /// What came of a call.
    ToolResult(ToolResult),
}

impl Message {
    /// A user message with one text part.
    pub fn user(text: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            parts: vec![Part::Text { text: text.into() }],
        }
    }

    /// An assistant message with one text part.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant,
            parts: vec![Part::Text { text: text.into() }],
        }
    }

    /// All text parts joined; nothing between them.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for part in &self.parts {
            if let Part::Text { text } = part {
                all.push_str(text);
            }
        }
        all
    }

    /// The tool calls of this message, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            Part::Text { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Reasoning { .. }
            | Part::ToolResult(_) => None,
        })
    }
}
