//! Requests and their answers. Source: WebSocket protocol, sections 1, 14 and 16.

use super::client::{Client, Got, owner_with};
use crate::site::Site;
use serde_json::json;
use std::collections::BTreeSet;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_hundred_requests_run_side_by_side_and_are_answered_under_their_ids() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let mut ids = Vec::new();
    for number in 0..100 {
        let method = ["health", "status", "sessions.list", "no.such"][number % 4];
        ids.push((client.start(method, json!({})).await, method));
    }
    for (id, method) in ids {
        let answer = client.answer(&id).await;
        assert_eq!(answer.is_ok(), method != "no.such", "{method}: {answer:?}");
    }
    site.stop().await;
}

#[tokio::test]
async fn large_answers_follow_each_other_though_the_client_says_nothing_more() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(client.start("config.schema", json!({})).await);
    }
    for id in ids {
        let answer = client.answer(&id).await.unwrap();
        assert!(answer["schema"].is_object());
    }
    site.stop().await;
}

#[tokio::test]
async fn a_slow_call_holds_nothing_up() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let slow = client
        .start("agent.wait", json!({ "runId": "none", "timeoutMs": 3000 }))
        .await;
    let quick = client.start("health", json!({})).await;
    assert_eq!(client.answer(&quick).await.unwrap()["ok"], true);
    drop(slow);
    site.stop().await;
}

#[tokio::test]
async fn what_cannot_be_called_is_answered_as_recorded() {
    let site = Site::start().await;
    let reader = owner_with(&json!({ "scopes": ["operator.read"] }));
    let mut client = Client::connect(site.address, &reader).await.unwrap();
    assert_eq!(
        client.call("login.link", json!({})).await.unwrap_err(),
        json!({ "code": "FORBIDDEN", "message": "missing scope: operator.admin", "details":
            { "code": "MISSING_SCOPE", "missingScope": "operator.admin", "requiredScopes": ["operator.admin"] } })
    );
    assert_eq!(
        client.call("no.such\u{7}", json!({})).await.unwrap_err(),
        json!({ "code": "INVALID_REQUEST", "message": "unknown method: no.such" })
    );
    assert_eq!(
        client.call("connect", json!({})).await.unwrap_err(),
        json!({ "code": "INVALID_REQUEST", "message": "connect is only valid as the first request" })
    );
    let error = client
        .call("health", json!({ "probe": "yes" }))
        .await
        .unwrap_err();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("invalid health params: "),
        "{error}"
    );
    let error = client.call("health", json!([])).await.unwrap_err();
    assert_eq!(
        error["message"],
        "invalid health params: expected an object"
    );
    site.stop().await;
}

#[tokio::test]
async fn malformed_frames_are_ignored_or_answered_and_too_many_end_it() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for text in [
        "nonsense",
        "{",
        "\u{0}",
        &deep,
        "[]",
        r#"{"type":"req","id":"x"}"#,
    ] {
        client.socket.send_message(Message::text(text)).await;
    }
    client
        .socket
        .send_message(Message::binary(vec![0xff, 0xfe]))
        .await;
    let error = client.answer("x").await.unwrap_err();
    assert_eq!(
        error,
        json!({ "code": "INVALID_REQUEST",
            "message": "invalid request frame: at root: must have required property 'method'" })
    );
    let error = client.answer("invalid").await.unwrap_err();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("deeper than 64"),
        "{error}"
    );
    let error = client.answer("invalid").await.unwrap_err();
    assert_eq!(
        error["message"],
        "invalid request frame: at root: must be object"
    );
    assert_eq!(client.call("health", json!({})).await.unwrap()["ok"], true);
    for _ in 0..30 {
        client.socket.send_message(Message::text("nonsense")).await;
    }
    assert_eq!(
        client.closed().await,
        Got::Closed(1008, "too many malformed frames".into())
    );
    site.stop().await;
}

#[tokio::test]
async fn the_same_id_twice_is_answered_twice() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let request = json!({ "type": "req", "id": "same", "method": "health" });
    client.socket.send(&request).await;
    client.socket.send(&request).await;
    for _ in 0..2 {
        assert_eq!(client.answer("same").await.unwrap()["ok"], true);
    }
    site.stop().await;
}

#[tokio::test]
async fn an_id_may_be_under_way_twice() {
    let site = Site::with_env([]).await;
    let mut client = Client::open(&site).await;
    let run = json!({ "sessionKey": "main", "message": "HANG", "idempotencyKey": "hangs" });
    client.call("chat.send", run).await.unwrap();
    let slow = json!({ "type": "req", "id": "same", "method": "agent.wait",
        "params": { "runId": "hangs", "timeoutMs": 1000 } });
    client.socket.send(&slow).await;
    client.socket.send(&slow).await;
    let quick = json!({ "type": "req", "id": "same", "method": "health" });
    client.socket.send(&quick).await;
    assert_eq!(client.answer("same").await.unwrap()["ok"], true);
    for _ in 0..2 {
        assert_eq!(client.answer("same").await.unwrap()["status"], "timeout");
    }
    let abort = json!({ "sessionKey": "main" });
    client.call("chat.abort", abort).await.unwrap();
    site.stop().await;
}

#[tokio::test]
async fn large_frames_are_taken_and_larger_ones_are_not() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let large = client
        .start("health", json!({ "x": "y".repeat(20_000_000) }))
        .await;
    assert_eq!(client.answer(&large).await.unwrap()["ok"], true);
    client
        .socket
        .send_message(Message::text("x".repeat(26_214_401)))
        .await;
    assert_eq!(client.closed().await, Got::Closed(1009, String::new()));
    site.stop().await;
}

#[tokio::test]
async fn more_requests_than_may_wait_are_told_to_wait() {
    let site = Site::with_env([]).await;
    let mut client = Client::open(&site).await;
    let run = json!({ "message": "HANG", "idempotencyKey": "hangs" });
    let run = client.call("agent", run).await.unwrap()["runId"].clone();
    client
        .event_where("agent", |told| told["runId"] == run)
        .await;
    let mut ids = Vec::new();
    for _ in 0..300 {
        let wait = json!({ "runId": run, "timeoutMs": 4000 });
        ids.push(client.start("agent.wait", wait).await);
    }
    let mut busy = 0;
    for id in ids {
        if let Err(error) = client.answer(&id).await
            && error["code"] == "UNAVAILABLE"
        {
            assert_eq!(
                (&error["retryable"], &error["retryAfterMs"]),
                (&json!(true), &json!(250))
            );
            busy += 1;
        }
    }
    // The run itself is one of those under way.
    assert_eq!(busy, 45);
    client
        .call("chat.abort", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    site.stop().await;
}

#[tokio::test]
async fn a_gateway_that_stops_says_so() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let mut silent = super::client::Socket::open(site.address).await;
    silent.challenge().await;
    let stopping = site.stop();
    let watching = async {
        let told = client.event("shutdown").await;
        assert_eq!(told["payload"], json!({ "reason": "gateway stopping" }));
        let restart = Got::Closed(1012, "service restart".into());
        assert_eq!(client.closed().await, restart);
        assert_eq!(silent.next().await, restart);
    };
    tokio::join!(stopping, watching);
}

#[tokio::test]
async fn events_are_counted_without_holes() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let presence = client.event("presence").await;
    let health = client.event("health").await;
    assert_eq!((&presence["seq"], &health["seq"]), (&json!(1), &json!(2)));
    assert!(presence["stateVersion"]["presence"].is_u64());
    for number in 0..3 {
        let report = json!({ "text": format!("lab event {number}"), "host": "lab" });
        assert_eq!(
            client.call("system-event", report).await.unwrap(),
            json!({ "ok": true })
        );
        let told = client.event("presence").await;
        assert_eq!(told["seq"], 3 + number);
        assert_eq!(
            told["payload"]["presence"][1]["text"],
            format!("lab event {number}")
        );
    }
    let seen: BTreeSet<_> = client
        .events()
        .iter()
        .map(|event| event["seq"].as_u64())
        .collect();
    assert_eq!(seen, BTreeSet::new());
    site.stop().await;
}
