//! From each wire to what was asked. The bodies are valid when they come here.

mod anthropic;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;

use serde_json::Value;

use super::asked::Asked;
use super::wire::{Wire, Wish};

/// Reads a valid body.
pub(super) fn read(wire: Wire, wish: &Wish, body: &Value) -> Asked {
    match wire {
        Wire::Chat => openai_chat::read(body),
        Wire::Responses => openai_responses::read(body),
        Wire::Messages => anthropic::read(body),
        Wire::Gemini => {
            let (model, streams) = match wish {
                Wish::AnswerOf { model, streams } => (model.as_str(), *streams),
                Wish::EmbedOf(model) => (model.as_str(), false),
                Wish::Answer | Wish::Embed | Wish::Count => ("", false),
            };
            gemini::read(body, model, streams)
        }
        Wire::Ollama => ollama::read(body),
    }
}

/// A field's text; empty when it is absent or none.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field's elements; none when it is absent or no array.
fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let items = value.get(name).and_then(Value::as_array);
    items.map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_u64)
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}
