//! Ollama's own chat.

use serde_json::Value;

use super::{list, text};
use crate::fake_model::asked::{Asked, By};
use crate::fake_model::wire::Wire;

pub(super) fn read(body: &Value) -> Asked {
    let mut asked = Asked::new(Wire::Ollama, text(body, "model"));
    asked.streams = body.get("stream") != Some(&Value::Bool(false));
    let limit = body.pointer("/options/num_predict");
    // -1 means without end.
    asked.most = limit.and_then(Value::as_u64);
    if let Some(format) = body.get("format").filter(|format| format.is_object()) {
        asked.prompt.json("format", format);
    }
    for tool in list(body, "tools") {
        let name = tool.pointer("/function/name").and_then(Value::as_str);
        asked.tool(name.unwrap_or_default(), tool);
    }
    for message in list(body, "messages") {
        let (by, tag) = match text(message, "role") {
            "system" => {
                asked.system(text(message, "content"));
                continue;
            }
            "assistant" => (By::Model, "model"),
            "tool" => (By::Tool, "tool"),
            _ => (By::User, "user"),
        };
        asked.turn(by);
        asked.say(tag, text(message, "content"));
        for image in list(message, "images") {
            asked.image(Some("image"), image.as_str().unwrap_or_default());
        }
        for call in list(message, "tool_calls") {
            if let Some(function) = call.get("function") {
                let arguments = function.get("arguments").map(Value::to_string);
                asked.call(text(function, "name"), &arguments.unwrap_or_default());
            }
        }
    }
    asked
}
