//! `session.message` from the log: from a cursor, then live, each once and in order.

use crate::chat_rpc::{ended, send_in};
use crate::site::Site;
use crate::ws::client::Client;
use serde_json::{Value, json};
use std::time::Duration;

fn text(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        parts => parts[0]["text"].as_str().unwrap().to_owned(),
    }
}

/// The next messages of a session this connection is told, with their numbers.
async fn told(client: &mut Client, session: &str, count: usize) -> Vec<(i64, String)> {
    let mut heard = Vec::new();
    for _ in 0..count {
        let is_it = |payload: &Value| payload["sessionKey"] == session;
        let event = client.event_where("session.message", is_it).await;
        let payload = &event["payload"];
        heard.push((
            payload["messageSeq"].as_i64().unwrap(),
            text(&payload["message"]),
        ));
    }
    heard
}

async fn follow(client: &mut Client, params: Value) -> Value {
    client
        .call("sessions.messages.subscribe", params)
        .await
        .unwrap()
}

#[tokio::test]
async fn followers_hear_what_is_said_and_others_do_not() {
    let site = Site::start().await;
    let mut speaker = Client::open(&site).await;
    let mut one = Client::open(&site).await;
    let mut all = Client::open(&site).await;
    let done = follow(&mut one, json!({ "key": "lab" })).await;
    assert_eq!(
        (&done["subscribed"], &done["key"]),
        (&json!(true), &json!("agent:main:lab"))
    );
    let done = all.call("sessions.subscribe", json!({})).await.unwrap();
    assert_eq!(done, json!({ "subscribed": true }));
    send_in(&mut speaker, "lab", "SAY:one", "k1").await;
    ended(&mut speaker, "k1").await;
    send_in(&mut speaker, "other", "SAY:two", "k2").await;
    ended(&mut speaker, "k2").await;
    let heard = told(&mut one, "agent:main:lab", 2).await;
    assert_eq!(
        heard.iter().map(|it| it.1.as_str()).collect::<Vec<_>>(),
        ["SAY:one", "one"]
    );
    assert_eq!(told(&mut all, "agent:main:lab", 2).await, heard);
    told(&mut all, "agent:main:other", 2).await;
    assert!(
        !speaker
            .events()
            .iter()
            .any(|event| event["event"] == "session.message")
    );
    let left = one
        .call("sessions.messages.unsubscribe", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(
        left,
        json!({ "subscribed": false, "key": "agent:main:lab" })
    );
    send_in(&mut speaker, "lab", "SAY:three", "k3").await;
    told(&mut all, "agent:main:lab", 2).await;
    ended(&mut one, "k3").await;
    assert!(
        !one.events()
            .iter()
            .any(|event| event["event"] == "session.message")
    );
    site.stop().await;
}

#[tokio::test]
async fn one_who_comes_back_with_a_cursor_misses_nothing_and_hears_nothing_twice() {
    let site = Site::start().await;
    let mut speaker = Client::open(&site).await;
    let mut heard: Vec<(i64, String)> = Vec::new();
    let mut follower = Client::open(&site).await;
    follow(&mut follower, json!({ "key": "lab" })).await;
    for round in 0..4 {
        for n in 0..3 {
            let key = format!("{round}-{n}");
            send_in(&mut speaker, "lab", &format!("SAY:answer {key}"), &key).await;
            if n == 1 {
                // It goes away in the middle and comes back while more is said.
                heard.extend(told(&mut follower, "agent:main:lab", 2).await);
                drop(follower);
                follower = Client::open(&site).await;
                let after = heard.last().unwrap().0;
                follow(&mut follower, json!({ "key": "lab", "afterSeq": after })).await;
            }
        }
        ended(&mut speaker, &format!("{round}-2")).await;
        let missing = (round + 1) * 6 - heard.len();
        heard.extend(told(&mut follower, "agent:main:lab", missing).await);
    }
    let seqs: Vec<_> = heard.iter().map(|it| it.0).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "{seqs:?}");
    let history = json!({ "sessionKey": "lab" });
    let history = speaker.call("chat.history", history).await.unwrap();
    let all: Vec<_> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    assert_eq!(all, heard.into_iter().map(|it| it.1).collect::<Vec<_>>());
    site.stop().await;
}

#[tokio::test]
async fn a_whole_log_is_replayed_and_then_goes_on() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    for n in 0..120 {
        let key = format!("n{n}");
        send_in(&mut client, "lab", &format!("SAY:{n}"), &key).await;
        ended(&mut client, &key).await;
    }
    client.events();
    let done = follow(&mut client, json!({ "key": "lab", "afterSeq": 0 })).await;
    send_in(&mut client, "lab", "SAY:last", "last").await;
    let heard = told(&mut client, "agent:main:lab", 242).await;
    assert!(heard.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(heard.last().unwrap().1, "last");
    let cursor = done["cursor"].as_str().unwrap();
    let mut other = Client::open(&site).await;
    follow(&mut other, json!({ "key": "lab", "cursor": cursor })).await;
    assert_eq!(told(&mut other, "agent:main:lab", 2).await, heard[240..]);
    let error = other
        .call(
            "sessions.messages.subscribe",
            json!({ "key": "lab", "cursor": "?" }),
        )
        .await
        .unwrap_err();
    assert_eq!(error["code"], "INVALID_REQUEST");
    site.stop().await;
}

#[tokio::test]
async fn a_session_removed_under_a_follower_is_followed_when_it_is_made_again() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    client.call("sessions.subscribe", json!({})).await.unwrap();
    follow(&mut client, json!({ "key": "lab" })).await;
    send_in(&mut client, "lab", "SAY:old", "k1").await;
    ended(&mut client, "k1").await;
    told(&mut client, "agent:main:lab", 2).await;
    let gone = client
        .call("sessions.delete", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(gone["deleted"], true);
    let is_gone = |it: &Value| it["reason"] == "delete";
    let event = client.event_where("sessions.changed", is_gone).await;
    assert_eq!(event["payload"]["session"], Value::Null);
    send_in(&mut client, "lab", "SAY:new", "k2").await;
    let heard = told(&mut client, "agent:main:lab", 2).await;
    assert_eq!(heard.last().unwrap().1, "new");
    site.stop().await;
}

#[tokio::test]
async fn what_becomes_of_a_session_is_told_with_its_row() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    client.call("sessions.subscribe", json!({})).await.unwrap();
    let new = json!({ "key": "lab", "label": "Lab" });
    client.call("sessions.create", new).await.unwrap();
    let created = client
        .event_where("sessions.changed", |it| it["reason"] == "create")
        .await;
    assert_eq!(created["payload"]["session"]["label"], "Lab");
    send_in(&mut client, "lab", "SAY:x", "k").await;
    for phase in ["start", "model", "end"] {
        let is_it = |it: &Value| it["phase"] == phase && it["runId"] == "k";
        let event = client.event_where("sessions.changed", is_it).await;
        assert_eq!(event["payload"]["session"]["key"], "agent:main:lab");
    }
    let patch = json!({ "key": "lab", "pinned": true });
    client.call("sessions.patch", patch).await.unwrap();
    let changed = client
        .event_where("sessions.changed", |it| it["reason"] == "patch")
        .await;
    assert_eq!(changed["payload"]["session"]["pinned"], true);
    client
        .call("sessions.unsubscribe", json!({}))
        .await
        .unwrap();
    client.events();
    client
        .call("sessions.patch", json!({ "key": "lab", "pinned": false }))
        .await
        .unwrap();
    client.call("health", json!({})).await.unwrap();
    assert!(
        !client
            .events()
            .iter()
            .any(|event| event["event"] == "sessions.changed")
    );
    site.stop().await;
}

#[tokio::test]
async fn what_was_said_while_nobody_followed_is_not_told_to_who_comes_later() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    for round in ["one", "two"] {
        // Nobody follows now.
        for n in 0..3 {
            let key = format!("{round}-{n}");
            send_in(&mut client, "lab", &format!("SAY:old {key}"), &key).await;
            ended(&mut client, &key).await;
        }
        // The clock of records counts milliseconds.
        tokio::time::sleep(Duration::from_millis(2)).await;
        client.call("sessions.subscribe", json!({})).await.unwrap();
        send_in(&mut client, "lab", &format!("SAY:new {round}"), round).await;
        let heard = told(&mut client, "agent:main:lab", 2).await;
        let texts: Vec<_> = heard.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [format!("SAY:new {round}"), format!("new {round}")],
            "{heard:?}"
        );
        ended(&mut client, round).await;
        let leave = client.call("sessions.unsubscribe", json!({}));
        leave.await.unwrap();
    }
    site.stop().await;
}
