//! Responses.

use super::{refuses, takes};
use serde_json::{Value, json};

const API: &str = "openai-responses";

fn body(input: &Value) -> Value {
    json!({"model": "m", "input": input, "store": false})
}

fn user() -> Value {
    json!({"role": "user", "content": [{"type": "input_text", "text": "x"}]})
}

fn call() -> Value {
    json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"})
}

fn output() -> Value {
    json!({"type": "function_call_output", "call_id": "c1", "output": "1"})
}

fn thought() -> Value {
    json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "AAAA"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body(&json!("hi"));
    body[field] = value;
    body
}

#[test]
fn takes_what_the_service_takes() {
    let said = json!({"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "y"}]});
    let media = json!({"role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}]});
    let schema = json!({"format": {"type": "json_schema", "name": "a", "schema": {}}});
    takes(
        API,
        &[
            body(&json!("hi")),
            body(&json!([user(), thought(), call(), output(), said, media])),
            with("text", schema),
            with("max_output_tokens", json!(16)),
            json!({"model": "m", "previous_response_id": "r", "input": [output()]}),
        ],
    );
}

#[test]
fn refuses_a_broken_conversation() {
    let unkept = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let wrong_part = json!({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]});
    let wrong_id = json!({"type": "function_call", "id": "call_1", "call_id": "c1", "name": "f",
        "arguments": "{}"});
    refuses(
        API,
        &[
            (body(&json!([])), "must not be empty"),
            (
                body(&json!([user(), call()])),
                "no output for the tool call",
            ),
            (body(&json!([output(), call()])), "no tool call has the id"),
            (
                body(&json!([call(), output(), output()])),
                "a second output",
            ),
            (body(&json!([call(), call(), output()])), "two tool calls"),
            (body(&json!([thought(), user()])), "without the item"),
            (body(&json!([user(), thought()])), "without the item"),
            (
                body(&json!([unkept, call(), output()])),
                "encrypted_content",
            ),
            (body(&json!([wrong_part])), "none of"),
            (body(&json!([wrong_id, output()])), "begin with fc"),
            (body(&json!([{"type": "smell"}])), "unknown type"),
        ],
    );
}

#[test]
fn refuses_wrong_parameters() {
    refuses(
        API,
        &[
            (with("messages", json!([])), "unknown field"),
            (with("max_output_tokens", json!(15)), "at least 16"),
            (
                with("tool_choice", json!("required")),
                "only allowed when tools",
            ),
            (
                with(
                    "text",
                    json!({"format": {"type": "json_schema", "schema": {}}}),
                ),
                "\"name\" is required",
            ),
            (
                with(
                    "tools",
                    json!([{"type": "function", "function": {"name": "f"}}]),
                ),
                "unknown field \"function\"",
            ),
            (with("include", json!(["everything"])), "none of"),
        ],
    );
}
