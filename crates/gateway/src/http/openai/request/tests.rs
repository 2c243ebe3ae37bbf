use super::ChatRequest;
use domain::{Message, Part, Role, ToolChoice};
use proptest::prelude::*;
use serde_json::json;

fn refusal(body: &serde_json::Value) -> String {
    ChatRequest::read(body.to_string().as_bytes())
        .unwrap_err()
        .message
}

fn hi(extra: &serde_json::Value) -> serde_json::Value {
    let mut body =
        json!({ "model": "openclaw", "messages": [{ "role": "user", "content": "hi" }] });
    body.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn recorded_refusals_keep_their_words() {
    let tool = json!([{ "type": "function", "function": { "name": "get_weather" } }]);
    let table = [
        (
            json!({ "messages": [] }),
            "Missing user message in `messages`.",
        ),
        (
            hi(&json!({ "temperature": 3 })),
            "`temperature` must be between 0 and 2.",
        ),
        (
            hi(&json!({ "top_p": -1 })),
            "`top_p` must be between 0 and 1.",
        ),
        (
            hi(&json!({ "frequency_penalty": 3 })),
            "`frequency_penalty` must be between -2.0 and 2.0.",
        ),
        (hi(&json!({ "seed": 1.5 })), "`seed` must be an integer."),
        (
            hi(&json!({ "stop": ["a", "b", "c", "d", "e"] })),
            "Invalid stop: stop supports at most 4 sequences",
        ),
        (
            hi(&json!({ "max_tokens": 0 })),
            "max_tokens: Too small: expected number to be >0",
        ),
        (
            hi(&json!({ "tools": {} })),
            "tools: Invalid input: expected array, received object",
        ),
        (
            hi(&json!({ "tools": [{ "type": "x" }] })),
            "Invalid tools/tool_choice: only function tools are supported",
        ),
        (
            hi(&json!({ "tool_choice": "required" })),
            "Invalid tools/tool_choice: tool_choice=required but no tools were provided",
        ),
        (
            hi(&json!({ "tools": tool,
                "tool_choice": { "type": "function", "function": { "name": "nope" } } })),
            "Invalid tools/tool_choice: tool_choice requested unknown tool: nope",
        ),
        (
            json!({ "messages": [{ "role": "user", "content":
                [{ "type": "image_url", "image_url": { "url": "http://x/y.png" } }] }] }),
            "Invalid image_url content in `messages`.",
        ),
    ];
    for (body, words) in table {
        assert_eq!(refusal(&body), words, "{body}");
    }
}

#[test]
fn the_turn_is_the_last_user_or_tool_message() {
    let body = json!({ "messages": [
        { "role": "system", "content": "be brief" },
        { "role": "user", "content": "weather?" },
        { "role": "assistant", "content": null, "tool_calls": [
            { "id": "a", "type": "function", "function": { "name": "w", "arguments": "{}" } },
            { "id": "b", "type": "function", "function": { "name": "w", "arguments": "{}" } }] },
        { "role": "tool", "tool_call_id": "a", "content": "sunny" },
        { "role": "tool", "tool_call_id": "b", "content": [{ "type": "text", "text": "rain" }] },
        { "role": "assistant", "content": "left out" },
    ] });
    let request = ChatRequest::read(body.to_string().as_bytes()).unwrap();
    assert_eq!(request.instructions, ["be brief"]);
    let (context, input) = crate::http::exchange::split(request.messages);
    assert_eq!(context.len(), 2);
    assert_eq!(input.len(), 1);
    assert_eq!(input[0].role, Role::Tool);
    assert_eq!(input[0].parts.len(), 2);
    assert_eq!(request.tool_choice, ToolChoice::Auto);
}

#[test]
fn images_come_as_data_urls_and_are_counted() {
    let image =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw==" } });
    let ask = |images: usize| {
        let content: Vec<_> = std::iter::repeat_n(image.clone(), images).collect();
        json!({ "messages": [{ "role": "user", "content": content }] })
    };
    let request = ChatRequest::read(ask(8).to_string().as_bytes()).unwrap();
    assert!(matches!(request.messages[0].parts[0], Part::Image { .. }));
    assert_eq!(
        refusal(&ask(9)),
        "at most 8 images are accepted in one request"
    );
}

#[test]
fn nulls_count_as_absent_and_unknown_fields_are_ignored() {
    let body = hi(
        &json!({ "temperature": null, "user": null, "tools": null, "n": 2,
        "api_base": "http://evil.example", "stream_options": null }),
    );
    let request = ChatRequest::read(body.to_string().as_bytes()).unwrap();
    assert_eq!(request.messages, [Message::user("hi")]);
    assert_eq!(request.sampling.temperature, None);
}

#[test]
fn bodies_of_other_shapes_are_refused() {
    for body in [
        "[]",
        "1",
        "\"x\"",
        "null",
        "{",
        "{\"messages\":\"x\"}",
        "{\"messages\":[1]}",
        "{\"messages\":[{\"role\":\"user\"}]}",
        "{\"model\":1,\"messages\":[]}",
        "\u{0}",
        "{\"messages\":[{\"role\":\"pope\",\"content\":\"hi\"}]}",
    ] {
        assert_eq!(
            ChatRequest::read(body.as_bytes()).unwrap_err().status,
            400,
            "{body}"
        );
    }
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Err(error) = ChatRequest::read(&body) {
            prop_assert!(error.status.is_client_error());
        }
    }

    #[test]
    fn no_field_value_panics(field in "(model|user|messages|tools|tool_choice|stop|seed|stream|stream_options|max_tokens|response_format|temperature)",
        value in "(null|1|-1|1e400|\"x\"|\\[\\]|\\{\\}|\\[1\\]|\\[\\{\\}\\]|\\[null\\]|true)") {
        let body = format!("{{\"{field}\":{value}}}");
        if let Err(error) = ChatRequest::read(body.as_bytes()) {
            prop_assert!(error.status.is_client_error());
        }
    }
}
