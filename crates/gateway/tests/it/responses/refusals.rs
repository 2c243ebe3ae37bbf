//! What is refused, and in which words.

use super::{ask, post, weather};
use crate::site::Site;
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn bad_requests_are_told_in_the_recorded_words() {
    let site = Site::start().await;
    let many: Vec<Value> = (0..9)
        .map(|_| json!({ "type": "input_image", "image_url": "data:image/png;base64,aGk=" }))
        .collect();
    for (fields, status, said) in [
        (json!({ "input": null }), 400, "input: Invalid input"),
        (json!({ "input": 7 }), 400, "input: Invalid input"),
        (
            json!({ "input": "" }),
            400,
            "Missing user message in `input`.",
        ),
        (
            json!({ "input": [] }),
            400,
            "Missing user message in `input`.",
        ),
        (
            json!({ "tools": [{ "type": "function" }] }),
            400,
            "tools.0.name: Invalid input: expected string, received undefined",
        ),
        (
            json!({ "tools": [{ "type": "web_search" }] }),
            400,
            "only function tools",
        ),
        (
            json!({ "tool_choice": "required" }),
            400,
            "no tools were provided",
        ),
        (
            json!({ "tools": weather(), "tool_choice": { "type": "function", "name": "no" } }),
            400,
            "unknown tool: no",
        ),
        (
            json!({ "temperature": 9 }),
            400,
            "`temperature` must be between 0 and 2.",
        ),
        (
            json!({ "max_output_tokens": 0 }),
            400,
            "max_output_tokens: Too small",
        ),
        (
            json!({ "metadata": [] }),
            400,
            "metadata: Invalid input: expected object",
        ),
        (
            json!({ "background": true, "store": false }),
            400,
            "needs `store`",
        ),
        (
            json!({ "input": [{ "type": "item_reference", "id": "msg_1" },
                { "role": "user", "content": "x" }] }),
            400,
            "previous_response_id",
        ),
        (
            json!({ "input": [{ "role": "user", "content": [
                { "type": "input_image", "image_url": "https://example.com/a.png" }] }] }),
            400,
            "Invalid image_url content in `input`.",
        ),
        (
            json!({ "input": [{ "role": "user", "content": [
                { "type": "input_file", "file_id": "file_1" }] }] }),
            400,
            "there are no stored files",
        ),
        (
            json!({ "input": [{ "role": "user", "content": many }] }),
            400,
            "at most 8 images",
        ),
        (
            json!({ "previous_response_id": "resp_nope" }),
            400,
            "Previous response with id 'resp_nope' not found.",
        ),
        (
            json!({ "model": "nobody/nothing" }),
            404,
            "Model 'nobody/nothing' not found.",
        ),
        (
            json!({ "model": "openclaw/nobody" }),
            404,
            "Unknown agent 'nobody'.",
        ),
        (
            json!({ "text": { "format": { "type": "json_schema", "name": "a", "schema":
                { "$ref": "https://example.com/x" } } } }),
            400,
            "only references within it",
        ),
        (
            json!({ "text": { "format": { "type": "json_schema", "name": "a", "schema":
                { "type": "strin" } } } }),
            400,
            "not a JSON Schema",
        ),
    ] {
        let answer = post(&site, &ask("openclaw", "hi", &fields)).await;
        assert_eq!(
            answer.status,
            StatusCode::from_u16(status).unwrap(),
            "{fields}"
        );
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(error["type"], "invalid_request_error");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said), "{fields}: {message}");
    }
    site.stop().await;
}
