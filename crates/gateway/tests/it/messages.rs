//! `POST /v1/messages` and `/v1/messages/count_tokens`: the dialect of Anthropic's clients.

use crate::site::{Site, TOKEN};
use serde_json::{Value, json};
use testkit::{FakeModel, Home};

const PATH: &str = "/v1/messages";
const GREETING: &str = "Hello from the fake model.";

/// A gateway with a provider of every wire.
async fn site() -> Site {
    let model = FakeModel::start().await.unwrap();
    let home = Home::empty().unwrap();
    let mut settings = Home::all_wires(&model);
    let providers = settings["models"]["providers"].as_object_mut().unwrap();
    for provider in providers.values_mut() {
        provider["models"][0]["reasoning"] = true.into();
    }
    home.write_config(&settings).unwrap();
    Site::on(model, home).await
}

fn ask(model: &str, text: &str) -> Value {
    json!({ "model": model, "max_tokens": 200, "messages": [{ "role": "user", "content": text }] })
}

#[tokio::test]
async fn every_provider_answers_in_this_dialect() {
    let site = site().await;
    for model in [
        "openclaw",
        "fake/fake-1",
        "fake-anthropic/fake-1",
        "fake-responses/fake-1",
        "fake-gemini/fake-1",
        "fake-ollama/fake-1",
    ] {
        let answer = site.caller().post_json(PATH, &ask(model, "hi")).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{model}");
        let mut body = answer.json().unwrap();
        assert!(body["id"].as_str().unwrap().starts_with("msg_"));
        assert!(
            body["usage"]["input_tokens"].as_u64().unwrap() > 0,
            "{model}"
        );
        body["id"] = "ID".into();
        body["usage"] = Value::Null;
        assert_eq!(
            body,
            json!({ "id": "ID", "type": "message", "role": "assistant", "model": model,
                "content": [{ "type": "text", "text": GREETING }], "stop_reason": "end_turn",
                "stop_sequence": null, "usage": null })
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn the_key_may_come_in_the_header_of_anthropics_clients() {
    let site = site().await;
    let by_key = |key: &str| site.stranger().header("x-api-key", key).unwrap();
    let body = ask("openclaw", "hi");
    let answer = by_key(TOKEN).post_json(PATH, &body).await.unwrap();
    assert_eq!(answer.status, 200);
    let wrong = by_key("not-the-token")
        .post_json(PATH, &body)
        .await
        .unwrap();
    assert_eq!(wrong.status, 401);
    // Elsewhere the header counts for nothing.
    let chat = json!({ "messages": [{ "role": "user", "content": "hi" }] });
    let other = by_key(TOKEN)
        .post_json("/v1/chat/completions", &chat)
        .await
        .unwrap();
    assert_eq!(other.status, 401);
    site.stop().await;
}

#[tokio::test]
async fn a_stream_has_the_events_in_order() {
    let site = site().await;
    for model in ["openclaw", "fake/fake-1", "fake-anthropic/fake-1"] {
        let mut body = ask(model, "SAY:one two");
        body["stream"] = true.into();
        let stream = site.caller().stream(PATH, &body).await.unwrap();
        let events: Vec<Value> = stream
            .collect()
            .await
            .unwrap()
            .iter()
            .map(|data| serde_json::from_str(data).unwrap())
            .collect();
        let kinds: Vec<_> = events
            .iter()
            .map(|event| event["type"].as_str().unwrap())
            .filter(|kind| *kind != "content_block_delta")
            .collect();
        assert_eq!(
            kinds,
            [
                "message_start",
                "content_block_start",
                "content_block_stop",
                "message_delta",
                "message_stop"
            ],
            "{model}"
        );
        let text: String = events
            .iter()
            .filter_map(|event| event["delta"]["text"].as_str())
            .collect();
        assert_eq!(text, "one two");
        let end = &events[events.len() - 2];
        assert_eq!(end["delta"]["stop_reason"], "end_turn");
        assert!(end["usage"]["output_tokens"].as_u64().unwrap() > 0);
    }
    site.stop().await;
}

#[tokio::test]
async fn reasoning_goes_round_with_its_signature() {
    let site = site().await;
    let tools = json!([{ "name": "look", "input_schema": { "type": "object" } }]);
    for model in [
        "fake-anthropic/fake-1",
        "fake-gemini/fake-1",
        "fake-responses/fake-1",
    ] {
        let mut body = ask(model, "THINK\nTOOL:look{}");
        body["tools"] = tools.clone();
        body["thinking"] = json!({ "type": "enabled", "budget_tokens": 1024 });
        body["max_tokens"] = 4096.into();
        let first = site.caller().post_json(PATH, &body).await.unwrap();
        let first = first.json().unwrap();
        let content = first["content"].as_array().unwrap();
        assert!(
            content.iter().any(|block| block["type"] == "thinking"),
            "{model}: {first}"
        );
        let call = content.iter().find(|block| block["type"] == "tool_use");
        let id = call.unwrap()["id"].clone();
        body["messages"] = json!([
            { "role": "user", "content": "THINK\nTOOL:look{}" },
            { "role": "assistant", "content": content },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": id, "content": "a cat" }] },
        ]);
        // The provider refuses the turn when its state does not come back.
        let second = site.caller().post_json(PATH, &body).await.unwrap();
        assert_eq!(second.status, 200, "{model}: {}", second.text());
        assert!(
            second.text().contains("a cat"),
            "{model}: {}",
            second.text()
        );
        // Another provider never sees it.
        body["model"] = "fake/fake-1".into();
        let moved = site.caller().post_json(PATH, &body).await.unwrap();
        assert_eq!(moved.status, 200, "{model}: {}", moved.text());
        let sent = site.model.last_request().to_string();
        assert!(!sent.contains("oc1."), "{sent}");
    }
    site.stop().await;
}

#[tokio::test]
async fn tokens_are_counted_without_a_call() {
    let site = site().await;
    let count = async |text: &str| {
        let mut body = ask("fake/fake-1", text);
        body.as_object_mut().unwrap().remove("max_tokens");
        let answer = site
            .caller()
            .post_json("/v1/messages/count_tokens", &body)
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
        answer.json().unwrap()["input_tokens"].as_u64().unwrap()
    };
    let (short, long) = (count("hi").await, count(&"word ".repeat(400)).await);
    assert!(short > 0 && long > short + 300, "{short} {long}");
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn refusals_have_the_shape_of_this_dialect() {
    let site = site().await;
    let mut no_limit = ask("openclaw", "hi");
    no_limit.as_object_mut().unwrap().remove("max_tokens");
    for (body, status, kind) in [
        (no_limit, 400, "invalid_request_error"),
        (ask("nobody/knows", "hi"), 404, "not_found_error"),
        (
            ask("fake-anthropic/fake-1", "STATUS:429"),
            429,
            "rate_limit_error",
        ),
        (
            ask("fake/fake-1", "STATUS:400"),
            400,
            "invalid_request_error",
        ),
    ] {
        let answer = site.caller().post_json(PATH, &body).await.unwrap();
        let refusal = answer.json().unwrap();
        assert_eq!(answer.status, status, "{refusal}");
        assert_eq!(refusal["type"], "error");
        assert_eq!(refusal["error"]["type"], kind);
        assert!(!refusal["error"]["message"].as_str().unwrap().is_empty());
    }
    site.stop().await;
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let site = Site::with(|settings| {
        settings["gateway"]["http"]["endpoints"]["messages"] = json!({ "enabled": false });
    })
    .await;
    let answer = site
        .caller()
        .post_json(PATH, &ask("openclaw", "hi"))
        .await
        .unwrap();
    assert_eq!(answer.status, 404);
    assert!(
        answer
            .text()
            .contains("openclaw config set gateway.http.endpoints.messages.enabled true")
    );
    site.stop().await;
}
