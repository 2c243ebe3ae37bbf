//! Tools of the client in chat completions (HTTP API, section 3).

use crate::site::{Site, chunks, say_with};
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions";

/// The tool these tests offer.
fn weather() -> Value {
    json!([{ "type": "function", "function": { "name": "get_weather", "description": "w",
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } } }])
}

#[tokio::test]
async fn client_tools_go_there_and_back() {
    for model in ["openclaw", "fake/fake-1"] {
        let site = Site::start().await;
        let ask = say_with(
            "TOOL:get_weather{\"city\":\"Oslo\"}",
            &json!({ "tools": weather(), "model": model, "user": "u1" }),
        );
        let first = site
            .caller()
            .post_json(PATH, &ask)
            .await
            .unwrap()
            .json()
            .unwrap();
        let choice = &first["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls", "{first}");
        assert_eq!(choice["message"]["content"], "");
        let call = &choice["message"]["tool_calls"][0];
        assert_eq!(call["function"]["name"], "get_weather");
        assert_eq!(call["function"]["arguments"], "{\"city\":\"Oslo\"}");
        let back = json!({ "model": model, "user": "u1", "tools": weather(), "messages": [
            ask["messages"][0], choice["message"],
            { "role": "tool", "tool_call_id": call["id"], "content": "sunny" }] });
        let second = site.caller().post_json(PATH, &back).await.unwrap();
        assert_eq!(second.status, 200, "{}", second.text());
        let text = second.json().unwrap()["choices"][0]["message"]["content"].to_string();
        assert!(text.contains("sunny"), "{model}: {text}");

        let mut streamed = ask.clone();
        streamed["stream"] = true.into();
        streamed["user"] = "u2".into();
        let events = chunks(site.caller().stream(PATH, &streamed).await.unwrap()).await;
        let calls: Vec<_> = events
            .iter()
            .filter_map(|c| c["choices"][0]["delta"]["tool_calls"][0].as_object())
            .collect();
        assert_eq!(
            calls[0]["function"],
            json!({ "name": "get_weather", "arguments": "" })
        );
        assert_eq!(
            (&calls[0]["index"], &calls[0]["type"]),
            (&json!(0), &json!("function"))
        );
        let arguments: String = calls[1..]
            .iter()
            .filter_map(|c| c["function"]["arguments"].as_str())
            .collect();
        assert_eq!(arguments, "{\"city\":\"Oslo\"}");
        assert_eq!(
            events.last().unwrap()["choices"][0]["finish_reason"],
            "tool_calls"
        );
        site.stop().await;
    }
}

#[tokio::test]
async fn a_required_call_that_is_not_made_is_said() {
    let site = Site::start().await;
    let choice = json!({ "type": "function", "function": { "name": "get_weather" } });
    let body = say_with(
        "SAY:no",
        &json!({ "tools": weather(), "tool_choice": choice }),
    );
    let answer = site.caller().post_json(PATH, &body).await.unwrap();
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.json().unwrap()["error"]["message"],
        "tool_choice required a get_weather tool call, but the agent did not produce one"
    );
    site.stop().await;
}
