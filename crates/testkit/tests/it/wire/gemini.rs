//! `generateContent`.

use super::{refuses, takes};
use serde_json::{Value, json};

const API: &str = "google-generative-ai";

fn body(contents: &Value) -> Value {
    json!({"contents": contents})
}

fn user() -> Value {
    json!({"role": "user", "parts": [{"text": "x"}]})
}

fn calls(names: &[&str]) -> Value {
    let parts: Vec<Value> = names
        .iter()
        .map(|name| json!({"functionCall": {"name": name, "args": {}}, "thoughtSignature": "AAAA"}))
        .collect();
    json!({"role": "model", "parts": parts})
}

fn results(names: &[&str]) -> Value {
    let parts: Vec<Value> = names
        .iter()
        .map(|name| json!({"functionResponse": {"name": name, "response": {"output": "1"}}}))
        .collect();
    json!({"role": "user", "parts": parts})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body(&json!([user()]));
    body[field] = value;
    body
}

#[test]
fn takes_what_the_service_takes() {
    let media = json!({"role": "user", "parts": [
        {"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}}, {"text": "x"}]});
    let signed = json!({"role": "model", "parts": [{"text": "", "thoughtSignature": "AAAA"}]});
    let mut tools = with(
        "tools",
        json!([{"functionDeclarations": [
            {"name": "f", "parametersJsonSchema": {"type": "object", "additionalProperties": false}},
            {"name": "g", "parameters": {"type": "object",
             "properties": {"a": {"type": "string"}}, "required": ["a"]}}]}]),
    );
    tools["toolConfig"] =
        json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}});
    takes(
        API,
        &[
            body(&json!([user(), calls(&["f", "g"]), results(&["g", "f"])])),
            body(&json!([media, signed, user()])),
            tools,
            with(
                "systemInstruction",
                json!({"parts": [{"text": "be brief"}]}),
            ),
        ],
    );
}

#[test]
fn refuses_a_broken_conversation() {
    let part = |part: Value| body(&json!([{"role": "user", "parts": [part]}]));
    refuses(
        API,
        &[
            (body(&json!([])), "must not be empty"),
            (
                body(&json!([{"role": "assistant", "parts": [{"text": "x"}]}])),
                "none of",
            ),
            (
                body(&json!([{"role": "user", "parts": []}])),
                "must not be empty",
            ),
            (part(json!({"text": ""})), "must not be empty"),
            (part(json!({})), "one thing"),
            (
                part(json!({"inlineData": {"mimeType": "image/png", "data": "?"}})),
                "base64",
            ),
            (
                body(&json!([calls(&["f"]), results(&["f"])])),
                "right after a user turn",
            ),
            (
                body(&json!([user(), calls(&["f"]), user()])),
                "the number of function",
            ),
            (
                body(&json!([user(), calls(&["f"]), results(&["g"])])),
                "do not answer",
            ),
            (body(&json!([user(), calls(&["f"])])), "last turn"),
            (body(&json!([results(&["f"])])), "the number of function"),
            (
                body(&json!([user(), {"role": "model",
                    "parts": [{"text": "x", "thoughtSignature": "not base64!"}]}, user()])),
                "base64",
            ),
        ],
    );
}

#[test]
fn refuses_wrong_parameters() {
    let declared = |schema: Value| {
        with(
            "tools",
            json!([{"functionDeclarations": [{"name": "f", "parameters": schema}]}]),
        )
    };
    refuses(
        API,
        &[
            (with("messages", json!([])), "unknown field"),
            (
                with("generationConfig", json!({"max_tokens": 1})),
                "unknown field",
            ),
            (
                with("generationConfig", json!({"responseJsonSchema": {}})),
                "\"responseMimeType\" is required",
            ),
            (
                declared(json!({"type": "object", "additionalProperties": false})),
                "additionalProperties",
            ),
            (declared(json!({"properties": {}})), "needs a type"),
            (
                with("tools", json!([{"functionDeclarations": [{"name": "1"}]}])),
                "begin with a letter",
            ),
        ],
    );
}
