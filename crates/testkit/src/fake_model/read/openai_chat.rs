//! Chat completions.

use serde_json::Value;

use super::{flag, list, number, text};
use crate::fake_model::asked::{Asked, By};
use crate::fake_model::wire::Wire;

pub(super) fn read(body: &Value) -> Asked {
    let mut asked = Asked::new(Wire::Chat, text(body, "model"));
    asked.streams = flag(body, "stream");
    asked.wants_usage = body
        .get("stream_options")
        .is_some_and(|options| flag(options, "include_usage"));
    asked.most = number(body, "max_completion_tokens").or_else(|| number(body, "max_tokens"));
    asked.prompt.set_space(text(body, "prompt_cache_key"));
    if let Some(format) = body.get("response_format").filter(|f| !f.is_null()) {
        asked.prompt.json("format", format);
    }
    for tool in list(body, "tools") {
        let name = tool.pointer("/function/name").and_then(Value::as_str);
        asked.tool(name.unwrap_or_default(), tool);
    }
    for message in list(body, "messages") {
        one(message, &mut asked);
    }
    asked
}

fn one(message: &Value, asked: &mut Asked) {
    match text(message, "role") {
        "system" | "developer" => {
            let said = said(message);
            asked.system(&said);
        }
        "assistant" => {
            asked.turn(By::Model);
            content(message, "model", asked);
            for call in list(message, "tool_calls") {
                if let Some(function) = call.get("function") {
                    asked.call(text(function, "name"), text(function, "arguments"));
                }
            }
        }
        "tool" => {
            asked.turn(By::Tool);
            content(message, "tool", asked);
        }
        _ => {
            asked.turn(By::User);
            content(message, "user", asked);
        }
    }
}

fn said(message: &Value) -> String {
    let parts = list(message, "content");
    let parts: String = parts.iter().map(|part| text(part, "text")).collect();
    format!("{}{parts}", text(message, "content"))
}

fn content(message: &Value, tag: &'static str, asked: &mut Asked) {
    if let Some(said) = message.get("content").and_then(Value::as_str) {
        asked.say(tag, said);
        return;
    }
    for part in list(message, "content") {
        let inner = part.get(text(part, "type")).unwrap_or(&Value::Null);
        match text(part, "type") {
            "image_url" => asked.image(None, text(inner, "url")),
            "input_audio" => {
                let kind = format!("audio/{}", text(inner, "format"));
                asked.file(Some(&kind), text(inner, "data"));
            }
            "file" => asked.file(None, text(inner, "file_data")),
            _ => asked.say(tag, inner.as_str().unwrap_or_default()),
        }
    }
}
