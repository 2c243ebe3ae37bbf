//! Chat completions.

use super::{refuses, takes};
use serde_json::{Value, json};

const API: &str = "openai-completions";

fn body(messages: &Value) -> Value {
    json!({"model": "m", "messages": messages})
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}})
}

fn asked() -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [call("c1")]})
}

fn user() -> Value {
    json!({"role": "user", "content": "x"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body(&json!([user()]));
    body[field] = value;
    body
}

#[test]
fn takes_what_the_service_takes() {
    let answer = json!({"role": "tool", "tool_call_id": "c1", "content": "1"});
    let parts = json!([{"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]);
    let mut tools = with(
        "tools",
        json!([{"type": "function", "function": {"name": "f", "parameters": {}}}]),
    );
    tools["tool_choice"] = json!({"type": "function", "function": {"name": "f"}});
    takes(
        API,
        &[
            body(&json!([user(), asked(), answer, user()])),
            body(&json!([{"role": "user", "content": parts}])),
            tools,
            with("max_tokens", json!(1)),
        ],
    );
}

#[test]
fn refuses_a_broken_conversation() {
    let stray = json!([{"role": "tool", "tool_call_id": "c1", "content": "1"}]);
    let twice = json!([user(), {"role": "assistant", "tool_calls": [call("a"), call("a")]}]);
    let nameless =
        json!([user(), {"role": "assistant", "tool_calls": [{"id": "", "type": "function"}]}]);
    refuses(
        API,
        &[
            (body(&json!([])), "must not be empty"),
            (body(&stray), "no open tool call"),
            (body(&json!([asked()])), "no answer at the end"),
            (body(&json!([asked(), user()])), "before this message"),
            (
                body(&json!([{"role": "assistant"}])),
                "needs content or tool_calls",
            ),
            (body(&json!([{"role": "bot", "content": "x"}])), "none of"),
            (body(&json!([{"role": "user"}])), "\"content\" is required"),
            (
                body(&json!([{"role": "user", "content": []}])),
                "must not be empty",
            ),
            (
                body(&json!([{"role": "user", "content": [{"type": "smell"}]}])),
                "none of",
            ),
            (body(&twice), "two tool calls"),
            (body(&nameless), "must not be empty"),
        ],
    );
}

#[test]
fn refuses_wrong_parameters() {
    let mut both = with("max_tokens", json!(1));
    both["max_completion_tokens"] = json!(1);
    refuses(
        API,
        &[
            (with("verve", json!(1)), "unknown field \"verve\""),
            (with("max_tokens", json!(0)), "at least 1"),
            (both, "exclude each other"),
            (with("temperature", json!(3)), "from 0 to 2"),
            (with("tools", json!([])), "must not be empty"),
            (
                with("tool_choice", json!("auto")),
                "only allowed when tools",
            ),
            (
                with("stream_options", json!({"include_usage": true})),
                "only allowed when stream",
            ),
            (
                with(
                    "tools",
                    json!([{"type": "function", "function": {"name": "a b"}}]),
                ),
                "is no name",
            ),
        ],
    );
}
