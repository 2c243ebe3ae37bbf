//! Requests with many tools: the model finds what it is not shown, the client notices nothing.

use crate::site::{Site, chunks, say_with};
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions";

fn many() -> Value {
    let tool = |n: usize| {
        json!({ "type": "function", "function": {
            "name": format!("sensor_{n}"),
            "description": format!("Reads the sensor number {n}."),
            "parameters": { "type": "object", "properties": { "unit": { "type": "string" } } } } })
    };
    Value::Array((0..100).map(tool).collect())
}

#[tokio::test]
async fn a_found_tool_is_called_under_its_own_name() {
    let site = Site::start().await;
    let script = "TOOL:tool_call{\"name\":\"sensor_42\",\"arguments\":{\"unit\":\"C\"}}";
    let ask = say_with(
        script,
        &json!({ "tools": many(), "model": "openclaw", "user": "u1" }),
    );
    let first = site.caller().post_json(PATH, &ask).await.unwrap();
    let first = first.json().unwrap();
    let choice = &first["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{first}");
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(
        call["function"],
        json!({ "name": "sensor_42", "arguments": "{\"unit\":\"C\"}" })
    );
    let back = json!({ "model": "openclaw", "user": "u1", "tools": many(), "messages": [
        ask["messages"][0], choice["message"],
        { "role": "tool", "tool_call_id": call["id"], "content": "21 degrees" }] });
    let second = site.caller().post_json(PATH, &back).await.unwrap();
    assert_eq!(second.status, 200, "{}", second.text());
    assert!(second.text().contains("21 degrees"), "{}", second.text());
    // What the model was sent: the pinned tools and the two of the search, and its own call.
    let sent = site.model.last_request();
    let shown = sent["tools"].as_array().unwrap().iter();
    let shown: Vec<&str> = shown
        .filter_map(|t| t["function"]["name"].as_str())
        .collect();
    assert_eq!(
        shown,
        ["edit", "ls", "read", "tool_call", "tool_search", "write"]
    );
    let said = sent["messages"].as_array().unwrap().iter();
    let called: Vec<&str> = said
        .filter_map(|m| m["tool_calls"][0]["function"]["name"].as_str())
        .collect();
    assert_eq!(called, ["tool_call"]);
    site.stop().await;
}

#[tokio::test]
async fn a_stream_tells_it_too() {
    let site = Site::start().await;
    let script = "TOOL:tool_call{\"name\":\"sensor_7\",\"arguments\":{\"unit\":\"F\"}}";
    let ask = say_with(
        script,
        &json!({ "tools": many(), "model": "openclaw", "stream": true }),
    );
    let events = chunks(site.caller().stream(PATH, &ask).await.unwrap()).await;
    let calls: Vec<&Value> = events
        .iter()
        .filter_map(|c| c["choices"][0]["delta"]["tool_calls"].get(0))
        .collect();
    assert_eq!(calls[0]["function"]["name"], "sensor_7");
    let arguments: String = calls
        .iter()
        .filter_map(|call| call["function"]["arguments"].as_str())
        .collect();
    assert_eq!(arguments, "{\"unit\":\"F\"}");
    let last = events.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
    site.stop().await;
}
