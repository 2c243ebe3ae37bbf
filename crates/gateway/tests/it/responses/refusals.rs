//! What is refused, and in which words.

use super::{BOTH, ask, made, post, streamed, weather};
use crate::site::Site;
use serde_json::{Value, json};

/// Asks with each of these fields and compares the status and a piece of the message.
async fn refused(cases: &[(Value, u16, &str)]) {
    let site = Site::start().await;
    for (fields, status, said) in cases {
        let answer = post(&site, &ask("openclaw", "hi", fields)).await;
        assert_eq!(answer.status.as_u16(), *status, "{fields}");
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(error["type"], "invalid_request_error");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said), "{fields}: {message}");
    }
    site.stop().await;
}

#[tokio::test]
async fn bad_fields_are_told_in_the_recorded_words() {
    let missing = "Missing user message in `input`.";
    let unknown = json!({ "type": "function", "name": "no" });
    let form = |schema: Value| json!({ "text": { "format": { "type": "json_schema", "schema": schema } } });
    refused(&[
        (json!({ "input": null }), 400, "input: Invalid input"),
        (json!({ "input": 7 }), 400, "input: Invalid input"),
        (json!({ "input": "" }), 400, missing),
        (json!({ "input": [] }), 400, missing),
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
            json!({ "tools": weather(), "tool_choice": unknown }),
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
            json!({ "reasoning": "high" }),
            400,
            "reasoning: Invalid input",
        ),
        (
            json!({ "background": true, "store": false }),
            400,
            "needs `store`",
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
            form(json!({ "$ref": "https://example.com/x" })),
            400,
            "only references within it",
        ),
        (form(json!({ "type": "strin" })), 400, "not a JSON Schema"),
    ])
    .await;
}

#[tokio::test]
async fn bad_items_are_told_with_their_place() {
    let user = |parts: Value| json!({ "input": [{ "role": "user", "content": parts }] });
    let image = |url: &str| json!({ "type": "input_image", "image_url": url });
    let file = |name: &str, value: &str| json!([{ "type": "input_file", name: value }]);
    let one = "data:image/png;base64,aGk=";
    refused(&[
        (
            user(json!([image("https://example.com/a.png")])),
            400,
            "Invalid image_url content",
        ),
        (user(json!(vec![image(one); 9])), 400, "at most 8 images"),
        (
            user(file("file_id", "file_1")),
            400,
            "there are no stored files",
        ),
        (
            user(file("file_url", "http://169.254.169.254/")),
            400,
            "files of other machines are not fetched",
        ),
        (
            user(file("file_data", "aGk=")),
            400,
            "Invalid file content in `input`",
        ),
        (
            user(json!([{ "type": "video" }])),
            400,
            "part of type 'video'",
        ),
        (
            json!({ "input": [{ "role": "robot", "content": "x" }] }),
            400,
            "Invalid role 'robot'",
        ),
        (
            json!({ "input": [{ "type": "web_search_call" }] }),
            400,
            "input.0.type",
        ),
        (
            json!({ "input": [{ "type": "function_call_output", "output": "x" }] }),
            400,
            "input.0.call_id: Required",
        ),
        (
            json!({ "input": [{ "type": "item_reference", "id": "msg_1" },
                { "role": "user", "content": "x" }] }),
            400,
            "previous_response_id",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_used_up_budget_is_told_with_the_command_that_raises_it() {
    for model in BOTH {
        let site = Site::with(|settings| {
            settings["budgets"] = json!({ "daily": 0.000_01 });
        })
        .await;
        let answer = post(&site, &ask(model, "hi", &json!({}))).await;
        assert_eq!(answer.status, 402, "{}", answer.text());
        let body = answer.json().unwrap();
        assert_eq!(body["error"]["code"], "budget_exceeded");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("openclaw config set budgets.daily"),
            "{message}"
        );
        if model == "openclaw" {
            let events = streamed(&site, &ask(model, "hi", &json!({}))).await;
            let last = &events.last().unwrap()["response"];
            assert_eq!(last["error"]["code"], "budget_exceeded");
        }
        site.stop().await;
    }
}

#[tokio::test]
async fn what_a_model_thinks_comes_before_what_it_says() {
    let site = Site::start().await;
    for model in BOTH {
        let body = ask(model, "THINK:I count.\nSAY:four", &json!({}));
        let events = streamed(&site, &body).await;
        let kinds = super::kinds(&events);
        assert_eq!(
            kinds[2..8],
            [
                "response.output_item.added",
                "response.reasoning_summary_part.added",
                "response.reasoning_summary_text.delta",
                "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.done",
                "response.output_item.done",
            ]
        );
        let output = &events.last().unwrap()["response"]["output"];
        assert_eq!(output[0]["summary"][0]["text"], "I count.");
        assert_eq!(output[1]["content"][0]["text"], "four");
        let whole = made(&site, &body).await;
        assert_eq!(whole["output"][0]["type"], "reasoning");
        assert_eq!(super::text(&whole), "four");
    }
    site.stop().await;
}
