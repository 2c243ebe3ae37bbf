//! Messages.

use std::time::Duration;

use serde_json::Value;

use super::{flag, list, number, text};
use crate::fake_model::asked::{Asked, By};
use crate::fake_model::cache::LIFE;
use crate::fake_model::wire::Wire;

pub(super) fn read(body: &Value) -> Asked {
    let mut asked = Asked::new(Wire::Messages, text(body, "model"));
    asked.streams = flag(body, "stream");
    asked.most = number(body, "max_tokens");
    let thinking = body.get("thinking").unwrap_or(&Value::Null);
    asked.keeps_state = matches!(text(thinking, "type"), "enabled" | "adaptive");
    for tool in list(body, "tools") {
        asked.tool(text(tool, "name"), tool);
        mark(tool, &mut asked);
    }
    if let Some(format) = body.pointer("/output_config/format") {
        asked.prompt.json("format", format);
    }
    if let Some(system) = body.get("system").and_then(Value::as_str) {
        asked.system(system);
    }
    for block in list(body, "system") {
        asked.system(text(block, "text"));
        mark(block, &mut asked);
    }
    let choice = body.get("tool_choice").unwrap_or(&Value::Null);
    asked.prompt.begin_messages(format!("{choice} {thinking}"));
    for message in list(body, "messages") {
        one(message, &mut asked);
    }
    mark(body, &mut asked);
    asked
}

/// Takes over the mark of what was read last.
fn mark(marked: &Value, asked: &mut Asked) {
    let Some(control) = marked.get("cache_control").filter(|c| !c.is_null()) else {
        return;
    };
    let hour = text(control, "ttl") == "1h";
    asked
        .prompt
        .mark(if hour { Duration::from_hours(1) } else { LIFE });
}

fn one(message: &Value, asked: &mut Asked) {
    let (by, tag) = if text(message, "role") == "assistant" {
        (By::Model, "model")
    } else {
        (By::User, "user")
    };
    if let Some(said) = message.get("content").and_then(Value::as_str) {
        asked.turn(by);
        asked.say(tag, said);
        return;
    }
    let mut begun = false;
    for block in list(message, "content") {
        let kind = text(block, "type");
        if kind == "tool_result" {
            asked.turn(By::Tool);
            result(block, asked);
        } else {
            if !begun {
                asked.turn(by);
                begun = true;
            }
            said(block, kind, tag, asked);
        }
        mark(block, asked);
    }
}

fn said(block: &Value, kind: &str, tag: &'static str, asked: &mut Asked) {
    match kind {
        "tool_use" => {
            let input = block.get("input").unwrap_or(&Value::Null);
            asked.call(text(block, "name"), &input.to_string());
        }
        "thinking" => {
            asked.prompt.text("thinking", text(block, "thinking"));
            asked.state(text(block, "signature"));
        }
        "redacted_thinking" => asked.state(text(block, "data")),
        "image" | "document" => medium(block, kind, asked),
        _ => asked.say(tag, text(block, "text")),
    }
}

fn medium(block: &Value, kind: &str, asked: &mut Asked) {
    let source = block.get("source").unwrap_or(&Value::Null);
    let media = source.get("media_type").and_then(Value::as_str);
    let of = ["data", "url", "file_id"];
    let of = of.iter().find_map(|name| source.get(name)?.as_str());
    let of = of.unwrap_or_default();
    if kind == "image" {
        asked.image(media, of);
    } else {
        asked.file(media, of);
    }
}

fn result(block: &Value, asked: &mut Asked) {
    if let Some(said) = block.get("content").and_then(Value::as_str) {
        asked.say("tool", said);
    }
    for inner in list(block, "content") {
        said(inner, text(inner, "type"), "tool", asked);
    }
}
