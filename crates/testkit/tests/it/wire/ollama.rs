//! Ollama's own chat.

use super::{refuses, takes};
use serde_json::{Value, json};

const API: &str = "ollama";

fn with(message: &Value) -> Value {
    json!({"model": "m", "messages": [message]})
}

#[test]
fn takes_what_the_server_takes() {
    let call = json!({"function": {"name": "f", "arguments": {"a": 1}}});
    takes(
        API,
        &[json!({"model": "m", "messages": [
                {"role": "user", "content": "x", "images": ["AAAA"]},
                {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [call]},
                {"role": "tool", "content": "1", "tool_name": "f"}],
                "options": {"temperature": 0.5, "num_predict": -1}, "think": "low",
                "format": {"type": "object"}, "keep_alive": "5m"})],
    );
}

#[test]
fn refuses_wrong_types() {
    let call = json!({"function": {"name": "f", "arguments": "{}"}});
    let parts = json!([{"type": "text", "text": "x"}]);
    refuses(
        API,
        &[
            (json!({"model": "m"}), "\"messages\" is required"),
            (
                with(&json!({"role": "user", "content": parts})),
                "must be a string",
            ),
            (
                with(&json!({"role": "user", "content": "", "images": ["data:x"]})),
                "base64",
            ),
            (
                with(&json!({"role": "assistant", "tool_calls": [call]})),
                "must be an object",
            ),
            (
                with(&json!({"role": "developer", "content": "x"})),
                "none of",
            ),
            (
                json!({"model": "m", "messages": [], "options": {"num_predict": 1.5}}),
                "whole number",
            ),
        ],
    );
}
