//! `generateContent`.

use serde_json::Value;

use super::{flag, list, number, text};
use crate::fake_model::asked::{Asked, By};
use crate::fake_model::wire::Wire;

pub(super) fn read(body: &Value, model: &str, streams: bool) -> Asked {
    let mut asked = Asked::new(Wire::Gemini, model);
    asked.streams = streams;
    asked.keeps_state = true;
    if let Some(config) = body.get("generationConfig") {
        asked.most = number(config, "maxOutputTokens");
        if let Some(schema) = config.get("responseJsonSchema") {
            asked.prompt.json("format", schema);
        }
    }
    for tool in list(body, "tools") {
        for function in list(tool, "functionDeclarations") {
            asked.tool(text(function, "name"), function);
        }
    }
    for name in ["systemInstruction", "system_instruction"] {
        let system = body.get(name).unwrap_or(&Value::Null);
        for part in list(system, "parts") {
            asked.system(text(part, "text"));
        }
    }
    for content in list(body, "contents") {
        one(content, &mut asked);
    }
    asked
}

fn one(content: &Value, asked: &mut Asked) {
    let (by, tag) = if text(content, "role") == "model" {
        (By::Model, "model")
    } else {
        (By::User, "user")
    };
    let mut begun = false;
    for part in list(content, "parts") {
        if let Some(response) = part.get("functionResponse") {
            asked.turn(By::Tool);
            asked.say("tool", &result(response));
            continue;
        }
        if !begun {
            asked.turn(by);
            begun = true;
        }
        if let Some(signature) = part.get("thoughtSignature").and_then(Value::as_str) {
            asked.state(signature);
        }
        if let Some(call) = part.get("functionCall") {
            let arguments = call.get("args").map(Value::to_string).unwrap_or_default();
            asked.call(text(call, "name"), &arguments);
        } else if let Some(medium) = part.get("inlineData").or_else(|| part.get("fileData")) {
            let kind = text(medium, "mimeType");
            let source = format!("{}{}", text(medium, "data"), text(medium, "fileUri"));
            if kind.starts_with("image/") {
                asked.image(Some(kind), &source);
            } else {
                asked.file(Some(kind), &source);
            }
        } else if flag(part, "thought") {
            asked.prompt.text("thinking", text(part, "text"));
        } else {
            asked.say(tag, text(part, "text"));
        }
    }
}

/// The text of a result: of its only text field, else the whole object.
fn result(response: &Value) -> String {
    let response = response.get("response").unwrap_or(&Value::Null);
    let fields = response.as_object();
    let only = fields.filter(|fields| fields.len() == 1);
    let said = only.and_then(|fields| fields.values().next()?.as_str());
    said.map_or_else(|| response.to_string(), str::to_owned)
}
