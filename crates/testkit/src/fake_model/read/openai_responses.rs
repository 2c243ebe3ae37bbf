//! Responses.

use serde_json::Value;

use super::{flag, list, number, text};
use crate::fake_model::asked::{Asked, By};
use crate::fake_model::wire::Wire;

pub(super) fn read(body: &Value) -> Asked {
    let mut asked = Asked::new(Wire::Responses, text(body, "model"));
    asked.streams = flag(body, "stream");
    asked.most = number(body, "max_output_tokens");
    asked.prompt.set_space(text(body, "prompt_cache_key"));
    let encrypted = Value::from("reasoning.encrypted_content");
    asked.keeps_state = list(body, "include").contains(&encrypted);
    if let Some(format) = body.pointer("/text/format").filter(|f| !f.is_null()) {
        asked.prompt.json("format", format);
    }
    for tool in list(body, "tools") {
        asked.tool(text(tool, "name"), tool);
    }
    if let Some(instructions) = body.get("instructions").and_then(Value::as_str) {
        asked.system(instructions);
    }
    if let Some(input) = body.get("input").and_then(Value::as_str) {
        asked.turn(By::User);
        asked.say("user", input);
    }
    for item in list(body, "input") {
        one(item, &mut asked);
    }
    asked
}

/// Items of one step of the model make one turn.
fn model_turn(asked: &mut Asked) {
    if asked.turns.last().is_none_or(|turn| turn.by != By::Model) {
        asked.turn(By::Model);
    }
}

fn one(item: &Value, asked: &mut Asked) {
    match text(item, "type") {
        "function_call" => {
            model_turn(asked);
            asked.call(text(item, "name"), text(item, "arguments"));
        }
        "function_call_output" => {
            asked.turn(By::Tool);
            content(item, "output", "tool", asked);
        }
        "reasoning" => {
            model_turn(asked);
            asked.state(text(item, "encrypted_content"));
        }
        "item_reference" => {}
        _ => match text(item, "role") {
            "system" | "developer" => {
                let parts = list(item, "content");
                let parts: String = parts.iter().map(|part| text(part, "text")).collect();
                asked.system(&format!("{}{parts}", text(item, "content")));
            }
            "assistant" => {
                model_turn(asked);
                content(item, "content", "model", asked);
            }
            _ => {
                asked.turn(By::User);
                content(item, "content", "user", asked);
            }
        },
    }
}

fn content(item: &Value, field: &str, tag: &'static str, asked: &mut Asked) {
    if let Some(said) = item.get(field).and_then(Value::as_str) {
        asked.say(tag, said);
    }
    for part in list(item, field) {
        match text(part, "type") {
            "input_image" => asked.image(None, text(part, "image_url")),
            "input_file" => asked.file(None, text(part, "file_data")),
            "refusal" => asked.say(tag, text(part, "refusal")),
            _ => asked.say(tag, text(part, "text")),
        }
    }
}
