use super::*;
use domain::Part;

fn read(body: &Value) -> Result<MessagesRequest, ApiError> {
    MessagesRequest::read(body.to_string().as_bytes(), false)
}

#[test]
fn blocks_become_parts_and_results_a_message_of_their_own() {
    let request = read(&serde_json::json!({
        "model": "m", "max_tokens": 10, "system": [{ "type": "text", "text": "be kind" }],
        "tools": [{ "name": "look", "input_schema": { "type": "object" } }],
        "tool_choice": { "type": "any", "disable_parallel_tool_use": true },
        "thinking": { "type": "enabled", "budget_tokens": 2000 },
        "messages": [
            { "role": "user", "content": "hello" },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "hm", "signature": "oc1.acme.thinking.sig" },
                { "type": "tool_use", "id": "t1", "name": "look", "input": { "a": 1 } }] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "t1", "content": [
                    { "type": "text", "text": "seen" }] },
                { "type": "text", "text": "and now?" }] },
        ],
    }))
    .unwrap();
    assert_eq!(request.instructions, ["be kind"]);
    assert_eq!(request.tool_choice, ToolChoice::Required);
    assert_eq!(request.sampling.parallel_tool_calls, Some(false));
    assert_eq!(request.sampling.reasoning_effort.as_deref(), Some("low"));
    let roles: Vec<_> = request
        .messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool, Role::User]);
    let Part::Reasoning {
        keep: Some(keep), ..
    } = &request.messages[1].parts[0]
    else {
        panic!("the thinking is gone");
    };
    assert_eq!((keep.provider.as_str(), &*keep.data), ("acme", "sig"));
}

#[test]
fn mistakes_are_named_with_their_place() {
    let message = serde_json::json!([{ "role": "user", "content": "hi" }]);
    for (body, words) in [
        (
            serde_json::json!({ "messages": message, "max_tokens": 1 }),
            "model",
        ),
        (
            serde_json::json!({ "model": "m", "messages": message }),
            "max_tokens",
        ),
        (
            serde_json::json!({ "model": "m", "max_tokens": 1, "messages": [] }),
            "messages",
        ),
        (
            serde_json::json!({ "model": "m", "max_tokens": 1,
                "messages": [{ "role": "system", "content": "x" }] }),
            "messages.0.role",
        ),
        (
            serde_json::json!({ "model": "m", "max_tokens": 1, "messages": [
                { "role": "user", "content": [{ "type": "image",
                    "source": { "type": "url", "url": "https://example.org/a.png" } }] }] }),
            "messages.0.content.0.source.type",
        ),
        (
            serde_json::json!({ "model": "m", "max_tokens": 1, "messages": message,
                "tools": [{ "type": "web_search_20250305", "name": "web_search" }] }),
            "tools.0",
        ),
        (
            serde_json::json!({ "model": "m", "max_tokens": 1, "messages": message,
                "temperature": 1.5 }),
            "temperature",
        ),
    ] {
        let error = read(&body).unwrap_err();
        assert!(
            error.message.contains(words),
            "{} has no {words}",
            error.message
        );
        assert_eq!(error.status, http::StatusCode::BAD_REQUEST);
    }
}
