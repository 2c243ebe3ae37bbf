//! The parts of a chat completion request that change the answer. Everything else is ignored,
//! and kept in the journal as it came.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) model: String,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    pub(super) stream_options: Option<StreamOptions>,
    pub(super) messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StreamOptions {
    #[serde(default)]
    pub(super) include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    #[serde(default)]
    pub(super) content: Option<Content>,
    #[serde(default)]
    pub(super) tool_calls: Option<Vec<ToolCall>>,
    #[serde(default)]
    pub(super) tool_call_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Debug, Deserialize)]
pub(super) struct ContentPart {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) image_url: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ToolCall {
    pub(super) id: String,
    #[serde(default)]
    pub(super) function: Option<Function>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
}

impl Request {
    pub(super) fn streams(&self) -> bool {
        self.stream == Some(true)
    }

    /// Whether a stream ends with a usage chunk.
    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options
            .as_ref()
            .is_some_and(|options| options.include_usage == Some(true))
    }

    /// The text of the last user message.
    pub(super) fn last_user_text(&self) -> String {
        let last = self
            .messages
            .iter()
            .rev()
            .find(|message| message.role == "user");
        last.map(Message::text).unwrap_or_default()
    }

    /// The results the conversation ends with, when the model is asked to go on after its calls.
    pub(super) fn trailing_results(&self) -> Vec<String> {
        let rev = self.messages.iter().rev();
        let mut results: Vec<String> = rev
            .take_while(|message| message.role == "tool")
            .map(Message::text)
            .collect();
        results.reverse();
        results
    }

    /// How many tool calls the conversation holds already; the next call's number.
    pub(super) fn calls_so_far(&self) -> usize {
        self.messages
            .iter()
            .map(|message| message.calls().len())
            .sum()
    }

    /// All system and developer text, joined with line ends.
    pub(super) fn system_text(&self) -> String {
        let system = self
            .messages
            .iter()
            .filter(|m| m.role == "system" || m.role == "developer");
        system.map(Message::text).collect::<Vec<_>>().join("\n")
    }

    /// The URLs of all images, in order.
    pub(super) fn image_urls(&self) -> Vec<&str> {
        let mut urls = Vec::new();
        for message in &self.messages {
            let Some(Content::Parts(parts)) = &message.content else {
                continue;
            };
            let images = parts.iter().filter_map(|part| part.image_url.as_ref());
            urls.extend(images.filter_map(|image| image.get("url").and_then(Value::as_str)));
        }
        urls
    }
}

impl Message {
    pub(super) fn text(&self) -> String {
        match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => parts
                .iter()
                .filter_map(|part| part.text.as_deref())
                .collect(),
        }
    }

    pub(super) fn calls(&self) -> &[ToolCall] {
        self.tool_calls.as_deref().unwrap_or_default()
    }
}
