//! `POST /v1/chat/completions` (S001-*, C09, C11, C15; HTTP API, section 3).

use crate::site::{Site, TOKEN, chunks, say, say_with};
use serde_json::json;
use testkit::Home;

const PATH: &str = "/v1/chat/completions";
const GREETING: &str = "Hello from the fake model.";

#[tokio::test]
async fn a_whole_answer_has_the_recorded_shape() {
    let site = Site::start().await;
    let answer = site.caller().post_json(PATH, &say("hi")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("x-openclaw-run-id").is_some());
    let mut body = answer.json().unwrap();
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl_"));
    assert!(body["created"].as_i64().unwrap() > 1_700_000_000);
    body["id"] = "ID".into();
    body["created"] = 0.into();
    let usage = body["usage"].take();
    assert!(usage["total_tokens"].as_u64().unwrap() > 0);
    assert_eq!(
        body,
        json!({ "id": "ID", "object": "chat.completion", "created": 0, "model": "openclaw",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": GREETING },
                "finish_reason": "stop" }], "usage": null })
    );
    site.stop().await;
}

#[tokio::test]
async fn a_stream_has_the_recorded_chunks() {
    let site = Site::start().await;
    let body = say_with(
        "hi",
        &json!({ "stream": true, "stream_options": { "include_usage": true } }),
    );
    let stream = site.caller().stream(PATH, &body).await.unwrap();
    assert_eq!(
        stream.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(stream.header("cache-control"), Some("no-cache"));
    let chunks = chunks(stream).await;
    assert_eq!(
        chunks[0]["choices"][0],
        json!({ "index": 0, "delta": { "role": "assistant" }, "finish_reason": null })
    );
    let text: String = chunks
        .iter()
        .filter_map(|c| c["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, GREETING);
    let last = chunks.len() - 1;
    assert_eq!(
        chunks[last - 1]["choices"][0],
        json!({ "index": 0, "delta": {}, "finish_reason": "stop" })
    );
    assert_eq!(chunks[last]["choices"], json!([]));
    assert!(chunks[last]["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert!(
        chunks
            .iter()
            .all(|c| c["object"] == "chat.completion.chunk" && c["id"] == chunks[0]["id"])
    );
    site.stop().await;
}

#[tokio::test]
async fn images_reach_the_model() {
    let site = Site::start().await;
    let image = json!({ "type": "image_url",
        "image_url": { "url": "data:image/png;base64,iVBORw0KGgo=" } });
    for model in ["openclaw", "fake/fake-1"] {
        let content = json!([{ "type": "text", "text": "ECHO_IMAGES" }, image]);
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": content }] });
        let answer = site
            .caller()
            .post_json(PATH, &body)
            .await
            .unwrap()
            .json()
            .unwrap();
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(text.contains("image/png"), "{model}: {text}");
    }
    site.stop().await;
}

#[tokio::test]
async fn model_and_headers_choose_the_agent() {
    let site = Site::with(|settings| {
        settings["agents"]["list"] = json!([{ "id": "main" },
            { "id": "other", "model": "fake/fake-2" }]);
    })
    .await;
    // What the model names wins over the header, the header over the default (S001-24).
    for (model, header, agent) in [
        (None, None, "main"),
        (Some("openclaw"), None, "main"),
        (Some("openclaw/default"), None, "main"),
        (None, Some("other"), "other"),
        (Some("openclaw"), Some("other"), "other"),
        (Some("openclaw/main"), Some("other"), "main"),
        (Some("openclaw:other"), None, "other"),
        (Some("agent:other"), Some("main"), "other"),
    ] {
        let mut body = say("hi");
        body["model"] = model.into();
        let mut caller = site.caller();
        if let Some(header) = header {
            caller = caller.header("x-openclaw-agent-id", header).unwrap();
        }
        let answer = caller.post_json(PATH, &body).await.unwrap();
        let key = answer.header("x-openclaw-session-key").unwrap().to_owned();
        assert!(
            key.starts_with(&format!("agent:{agent}:openai:")),
            "{model:?} {header:?}: {key}"
        );
        assert_eq!(answer.json().unwrap()["model"], model.unwrap_or("openclaw"));
    }
    site.stop().await;
}

#[tokio::test]
async fn unknown_names_are_told_with_what_there_is() {
    let site = Site::start().await;
    let ask = |model: &str| say_with("hi", &json!({ "model": model }));
    let agent = site
        .caller()
        .post_json(PATH, &ask("openclaw/nope"))
        .await
        .unwrap();
    assert_eq!(agent.status, 404);
    let error = agent.json().unwrap()["error"].clone();
    assert_eq!(error["message"], "Unknown agent 'nope'.");
    assert_eq!(error["details"]["agents"], json!(["main"]));

    let model = site.caller().post_json(PATH, &ask("fake-9")).await.unwrap();
    assert_eq!(model.status, 404);
    let error = model.json().unwrap()["error"].clone();
    assert_eq!(error["code"], "invalid_model");
    let available = error["available_models"].as_array().unwrap();
    assert!(available.contains(&json!("openclaw/main")), "{error}");
    assert!(
        available
            .iter()
            .any(|name| name.as_str().unwrap().contains("fake-1")),
        "{error}"
    );

    let header = site
        .caller()
        .header("x-openclaw-model", "nope/none")
        .unwrap();
    let answer = header.post_json(PATH, &say("hi")).await.unwrap();
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("Unknown model: nope/none"));
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_header_chooses_the_backend_model() {
    let site = Site::start().await;
    let caller = site
        .caller()
        .header("x-openclaw-model", "fake/fake-2")
        .unwrap();
    assert_eq!(
        caller.post_json(PATH, &say("hi")).await.unwrap().status,
        200
    );
    assert_eq!(site.model.last_request()["model"], "fake-2");
    site.stop().await;
}

#[tokio::test]
async fn a_raw_model_is_a_plain_completion() {
    let site = Site::start().await;
    for name in ["fake/fake-1", "fake-1"] {
        let body = say_with(
            "ECHO_SYSTEM",
            &json!({ "model": name, "max_tokens": 9, "seed": 7 }),
        );
        let answer = site.caller().post_json(PATH, &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-openclaw-run-id"), None);
        let sent = site.model.last_request();
        assert_eq!(
            sent["messages"].as_array().unwrap().len(),
            1,
            "nothing of ours is added"
        );
        assert_eq!((&sent["max_tokens"], &sent["seed"]), (&json!(9), &json!(7)));
        assert!(sent.get("tools").is_none());
    }
    assert_eq!(site.services.state.sessions.count().await.unwrap(), 0);
    let until = domain::UnixMillis(i64::MAX);
    let metered = async || {
        let totals = site
            .services
            .state
            .metering
            .totals(domain::UnixMillis(0), until)
            .await;
        totals.unwrap().calls
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while metered().await < 2 && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    assert_eq!(metered().await, 2, "the direct path is metered too");
    site.stop().await;
}

#[tokio::test]
async fn off_by_default_and_the_refusal_names_the_key() {
    let site = Site::with(|settings| {
        settings.as_object_mut().unwrap().remove("gateway");
    })
    .await;
    let answer = site.caller().post_json(PATH, &say("hi")).await.unwrap();
    assert_eq!(answer.status, 404);
    let text = answer.text();
    assert!(
        text.contains("gateway.http.endpoints.chatCompletions.enabled"),
        "{text}"
    );
    assert!(text.contains("openclaw config set"), "{text}");
    site.stop().await;
}

#[tokio::test]
async fn the_door_comes_first() {
    let site = Site::start().await;
    let expected =
        json!({ "message": "Unauthorized", "type": "unauthorized", "code": "unauthorized" });
    for caller in [site.stranger(), site.stranger().bearer("wrong").unwrap()] {
        let answer = caller.post_json(PATH, &say("hi")).await.unwrap();
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.json().unwrap()["error"].clone()
            ),
            (401, expected.clone())
        );
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let lower = site
        .stranger()
        .header("authorization", &format!("bearer {TOKEN}"))
        .unwrap();
    assert_eq!(lower.post_json(PATH, &say("hi")).await.unwrap().status, 200);
    for method in [http::Method::GET, http::Method::OPTIONS, http::Method::PUT] {
        let answer = site
            .stranger()
            .send(method, PATH, bytes::Bytes::new())
            .await
            .unwrap();
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), Some("POST"));
        assert_eq!(answer.text(), "Method Not Allowed");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    site.stop().await;
}

#[tokio::test]
async fn bad_bodies_are_client_errors() {
    let site = Site::start().await;
    let nested = format!(
        "{{\"messages\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let huge = "x".repeat(20 * 1024 * 1024 + 1);
    let table: [(&str, u16, &str); 9] = [
        ("{nope", 400, "invalid_request_error"),
        ("[]", 400, "invalid_request_error"),
        ("", 400, "Missing user message in `messages`."),
        ("{\"messages\":[],\"messages\":[]}", 400, "same key twice"),
        ("{\"messages\":{}}", 400, "expected array"),
        (
            "{\"messages\":[{\"role\":\"user\",\"content\":7}]}",
            400,
            "messages.0.content",
        ),
        ("\u{feff}{}", 400, "byte order mark"),
        (&nested, 400, "nested deeper"),
        (&huge, 413, "Payload too large"),
    ];
    for (body, status, words) in table {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        let caller = site
            .caller()
            .header("content-type", "application/json")
            .unwrap();
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let answer = caller.send(http::Method::POST, PATH, body).await.unwrap();
        assert_eq!(answer.status, status, "{shown}: {}", answer.text());
        assert!(answer.text().contains(words), "{shown}: {}", answer.text());
    }
    let text = site.caller().header("content-type", "text/plain").unwrap();
    let answer = text
        .send(http::Method::POST, PATH, say("hi").to_string().into())
        .await
        .unwrap();
    assert_eq!(answer.status, 415);
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_run() {
    let site = Site::start().await;
    let caller = site
        .caller()
        .header("x-openclaw-session-key", "left")
        .unwrap();
    let body = say_with("SLOW:200", &json!({ "stream": true }));
    let mut stream = caller.stream(PATH, &body).await.unwrap();
    let run = stream.header("x-openclaw-run-id").unwrap().to_owned();
    stream.next().await.unwrap();
    stream.next().await.unwrap();
    drop(stream);
    let ended = site
        .caller()
        .rpc("agent.wait", &json!({ "runId": run, "timeoutMs": 10_000 }))
        .await;
    assert_eq!(ended.unwrap()["outcome"], "aborted");
    let history = site
        .caller()
        .rpc("chat.history", &json!({ "sessionKey": "left" }))
        .await
        .unwrap();
    let last = history["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&last["role"], &last["incomplete"]),
        (&json!("assistant"), &json!(true)),
        "{history}"
    );
    site.stop().await;
}

#[tokio::test]
async fn the_built_in_model_answers_without_any_settings() {
    let home = Home::empty().unwrap();
    home.write_config(
        &json!({ "agents": { "defaults": { "model": "offline/demo" } },
        "gateway": { "http": { "endpoints": { "chatCompletions": { "enabled": true } } } } }),
    )
    .unwrap();
    let site = Site::on(testkit::FakeModel::start().await.unwrap(), home).await;
    let answer = site
        .caller()
        .post_json(PATH, &say("hello"))
        .await
        .unwrap()
        .json()
        .unwrap();
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("offline"), "{text}");
    site.stop().await;
}
