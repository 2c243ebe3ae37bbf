//! The fake model over real sockets.

mod ask;
mod money;
mod wires;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::fake_model::{GREETING, WRONG_KEY};
use testkit::{Caller, FakeModel, raw};

const CHAT: &str = "/v1/chat/completions";

fn ask(text: &str, stream: bool) -> Value {
    json!({"model": "fake-1", "stream": stream, "messages": [{"role": "user", "content": text}]})
}

async fn started() -> (FakeModel, Caller) {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    (fake, caller)
}

#[tokio::test]
async fn answers_whole() {
    let (fake, caller) = started().await;
    let answer = caller.post_json(CHAT, &ask("hi", false)).await.unwrap();
    let body = answer.json().unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(body["choices"][0]["message"]["content"], GREETING);
    let usage = &body["usage"];
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"]),
        (&json!(1), &json!(6))
    );
    assert_eq!(
        (fake.calls(), fake.open_calls(), fake.peak_calls()),
        (1, 0, 1)
    );
    assert_eq!(fake.last_request(), ask("hi", false));
}

#[tokio::test]
async fn answers_in_deltas_with_usage_when_asked() {
    let (_fake, caller) = started().await;
    let mut body = ask("hi", true);
    body["stream_options"] = json!({"include_usage": true});
    let events = caller
        .stream(CHAT, &body)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    // Role, six deltas, the reason, the usage, the end.
    assert_eq!(events.len(), 10, "{events:?}");
    assert_eq!(events.last().unwrap(), "[DONE]");
    let usage: Value = serde_json::from_str(&events[8]).unwrap();
    assert_eq!(usage["usage"]["total_tokens"], 7);
    let text = caller
        .stream(CHAT, &ask("hi", true))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(text, GREETING);
}

#[tokio::test]
async fn calls_a_tool_then_reads_its_result() {
    let (_fake, caller) = started().await;
    let text = "TOOL:weather{\"city\":\"Oslo\"}";
    let answer = caller
        .post_json(CHAT, &ask(text, false))
        .await
        .unwrap()
        .json()
        .unwrap();
    let message = answer["choices"][0]["message"].clone();
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        message["tool_calls"][0]["function"]["arguments"],
        "{\"city\":\"Oslo\"}"
    );
    let id = message["tool_calls"][0]["id"].clone();
    let second = json!({"model": "fake-1", "messages": [
        {"role": "user", "content": text}, message,
        {"role": "tool", "tool_call_id": id, "content": "4 degrees"}]});
    let answer = caller
        .post_json(CHAT, &second)
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "The tool said: 4 degrees"
    );
}

#[tokio::test]
async fn streams_a_tool_call_in_pieces() {
    let (_fake, caller) = started().await;
    let stream = caller
        .stream(CHAT, &ask("TOOL:read{\"path\":\"a\"}", true))
        .await
        .unwrap();
    let events = stream.collect().await.unwrap();
    let mut arguments = String::new();
    for event in events.iter().filter(|event| *event != "[DONE]") {
        let chunk: Value = serde_json::from_str(event).unwrap();
        let piece = chunk.pointer("/choices/0/delta/tool_calls/0/function/arguments");
        arguments.push_str(piece.and_then(Value::as_str).unwrap_or_default());
    }
    assert_eq!(arguments, "{\"path\":\"a\"}");
}

#[tokio::test]
async fn refuses_a_tool_result_nobody_asked_for() {
    let (_fake, caller) = started().await;
    let body = json!({"model": "fake-1", "messages": [
        {"role": "user", "content": "x"},
        {"role": "tool", "tool_call_id": "call_9", "content": "1"}]});
    let answer = caller.post_json(CHAT, &body).await.unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn fails_as_told() {
    let (_fake, caller) = started().await;
    let limited = caller
        .post_json(CHAT, &ask("STATUS:429:3", true))
        .await
        .unwrap();
    assert_eq!(
        (limited.status.as_u16(), limited.header("retry-after")),
        (429, Some("3"))
    );
    let unknown = json!({"model": "nope", "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(caller.post_json(CHAT, &unknown).await.unwrap().status, 404);
    let stranger = caller.clone().bearer(WRONG_KEY).unwrap();
    assert_eq!(
        stranger
            .post_json(CHAT, &ask("hi", false))
            .await
            .unwrap()
            .status,
        401
    );
    let flaky = ask("FLAKY:2:503", false);
    for expected in [503, 503, 200] {
        assert_eq!(
            caller.post_json(CHAT, &flaky).await.unwrap().status,
            expected
        );
    }
}

#[tokio::test]
async fn cuts_the_stream_and_the_whole_answer() {
    let (_fake, caller) = started().await;
    let mut stream = caller.stream(CHAT, &ask("CUT", true)).await.unwrap();
    let mut seen = 0;
    let end = loop {
        match stream.next().await {
            Ok(Some(_)) => seen += 1,
            other => break other,
        }
    };
    assert!(end.is_err(), "a cut stream must not look complete");
    assert_eq!(seen, 4, "the role and three deltas");
    assert!(caller.post_json(CHAT, &ask("CUT", false)).await.is_err());
}

#[tokio::test]
async fn hangs_until_the_client_leaves() {
    let (fake, caller) = started().await;
    let wait = Duration::from_millis(60);
    let silent = tokio::time::timeout(wait, caller.post_json(CHAT, &ask("HANG", false))).await;
    assert!(silent.is_err(), "HANG answers nothing");
    let mut stream = caller.stream(CHAT, &ask("HANGMID", true)).await.unwrap();
    for _ in 0..4 {
        assert!(stream.next().await.unwrap().is_some());
    }
    assert!(
        tokio::time::timeout(wait, stream.next()).await.is_err(),
        "silence after three"
    );
    drop(stream);
    let deadline = Instant::now() + Duration::from_secs(5);
    while fake.open_calls() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(
        fake.open_calls(),
        0,
        "a client that left is no longer counted"
    );
}

#[tokio::test]
async fn keeps_the_pace_it_is_given() {
    let (_fake, caller) = started().await;
    let begun = Instant::now();
    let text = caller
        .stream(CHAT, &ask("SLOW:10", true))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(text, GREETING);
    assert!(
        begun.elapsed() >= Duration::from_millis(80),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn sends_a_broken_chunk() {
    let (_fake, caller) = started().await;
    let stream = caller.stream(CHAT, &ask("BADJSON", true)).await.unwrap();
    let events = stream.collect().await.unwrap();
    assert!(
        serde_json::from_str::<Value>(events.last().unwrap()).is_err(),
        "{events:?}"
    );
}

#[tokio::test]
async fn echoes_what_it_was_given() {
    let (_fake, caller) = started().await;
    let body = json!({"model": "fake-1", "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "ECHO_IMAGES"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]});
    let answer = caller.post_json(CHAT, &body).await.unwrap().json().unwrap();
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "1 images: image/png"
    );
    let body = json!({"model": "fake-1", "messages": [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "ECHO_SYSTEM"}]});
    let answer = caller.post_json(CHAT, &body).await.unwrap().json().unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "be brief");
}

#[tokio::test]
async fn raw_bytes_are_sent_as_they_are() {
    let (fake, _caller) = started().await;
    let request = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = raw(fake.address(), request, Duration::from_secs(5))
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(text.contains("fake-2"), "{text}");
    let answer = raw(
        fake.address(),
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        Duration::from_secs(5),
    )
    .await
    .unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(text.starts_with("HTTP/1.1 400"), "{text}");
}

#[tokio::test]
async fn dropping_it_closes_the_port() {
    let (fake, caller) = started().await;
    drop(fake);
    assert!(caller.get("/v1/models").await.is_err());
}
