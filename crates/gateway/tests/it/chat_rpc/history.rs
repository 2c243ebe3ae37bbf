//! `chat.history`, `chat.startup`, `chat.message.get`, `chat.inject`.

use super::{ended, send, send_in};
use crate::site::Site;
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};

async fn history(client: &mut Client, params: Value) -> Value {
    client.call("chat.history", params).await.unwrap()
}

fn texts(history: &Value) -> Vec<String> {
    let messages = history["messages"].as_array().unwrap().iter();
    messages
        .map(|message| match &message["content"] {
            Value::String(text) => text.clone(),
            parts => parts[0]["text"].as_str().unwrap_or_default().to_owned(),
        })
        .collect()
}

#[tokio::test]
async fn pages_and_cursors_bring_every_message_once() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let empty = history(&mut client, json!({ "sessionKey": "Lab", "limit": 5 })).await;
    assert_eq!(
        (&empty["messages"], &empty["sessionKey"]),
        (&json!([]), &json!("Lab"))
    );
    assert!(empty.get("sessionId").is_none() && empty["defaults"]["model"] == "fake-1");
    for n in 1..=3 {
        let key = format!("h{n}");
        send_in(&mut client, "lab", &format!("SAY:answer {n}"), &key).await;
        ended(&mut client, &key).await;
    }
    let all = history(&mut client, json!({ "sessionKey": "lab" })).await;
    assert_eq!(texts(&all).len(), 6);
    assert_eq!(
        (&all["totalMessages"], &all["hasMore"]),
        (&json!(6), &json!(false))
    );
    let newest = history(&mut client, json!({ "sessionKey": "lab", "limit": 2 })).await;
    assert_eq!(texts(&newest), ["SAY:answer 3", "answer 3"]);
    assert_eq!(newest["hasMore"], true);
    let before = json!({ "sessionKey": "lab", "limit": 2, "offset": 2 });
    assert_eq!(
        texts(&history(&mut client, before).await),
        ["SAY:answer 2", "answer 2"]
    );
    let cursor = newest["deltaCursor"].as_str().unwrap().to_owned();
    send_in(&mut client, "lab", "SAY:answer 4", "h4").await;
    ended(&mut client, "h4").await;
    let later = json!({ "sessionKey": "lab", "cursor": cursor, "limit": 1 });
    let later = history(&mut client, later).await;
    assert_eq!(
        (texts(&later), &later["hasMore"]),
        (vec!["SAY:answer 4".to_owned()], &json!(true))
    );
    let rest = json!({ "sessionKey": "lab", "cursor": later["deltaCursor"] });
    let rest = history(&mut client, rest).await;
    assert_eq!(
        (texts(&rest), &rest["hasMore"]),
        (vec!["answer 4".to_owned()], &json!(false))
    );
    for bad in [
        json!({ "limit": 0 }),
        json!({ "limit": 1_001 }),
        json!({ "cursor": "x" }),
        json!({ "maxChars": 0 }),
    ] {
        let mut params = bad.clone();
        params["sessionKey"] = json!("lab");
        let error = client.call("chat.history", params).await.unwrap_err();
        assert_eq!(error["code"], "INVALID_REQUEST", "{bad}");
    }
    site.stop().await;
}

#[tokio::test]
async fn long_texts_are_cut_and_one_message_comes_whole() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let long = format!("SAY:{}", "x".repeat(9_000));
    send(&mut client, &long, "long").await;
    ended(&mut client, "long").await;
    let cut = history(&mut client, json!({ "sessionKey": "main" })).await;
    assert!(texts(&cut)[1].ends_with("...(truncated)..."));
    let whole = json!({ "sessionKey": "main", "maxChars": 20_000 });
    assert_eq!(texts(&history(&mut client, whole).await)[1].len(), 9_000);
    let id = cut["messages"][1]["__openclaw"]["id"].clone();
    let one = json!({ "sessionKey": "main", "messageId": id });
    let one = client.call("chat.message.get", one).await.unwrap();
    assert_eq!(
        one["message"]["content"][0]["text"].as_str().unwrap().len(),
        9_000
    );
    for id in ["999", "x", "-1", "1.7"] {
        let none = json!({ "sessionKey": "main", "messageId": id });
        let none = client.call("chat.message.get", none).await.unwrap();
        assert_eq!(
            (&none["ok"], &none["unavailableReason"]),
            (&json!(false), &json!("not_found"))
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_page_starts_with_all_it_needs_in_the_shape_of_its_version() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    send(&mut client, "hello", "s").await;
    ended(&mut client, "s").await;
    let start = client.call(
        "chat.startup",
        json!({ "sessionKey": "agent:main:main", "maxBytes": 1 }),
    );
    let start = start.await.unwrap();
    let first = &start["messages"][0];
    assert_eq!(
        (&first["role"], &first["content"]),
        (&json!("user"), &json!("hello"))
    );
    assert_eq!(first["idempotencyKey"], "s:user");
    assert!(first["__openclaw"]["id"].is_string() && first["__openclaw"]["seq"].is_i64());
    assert!(!start["metadata"]["models"].as_array().unwrap().is_empty());
    let commands = start["metadata"]["commands"].as_array().unwrap();
    assert!(commands.iter().any(|command| command["name"] == "status"));
    assert_eq!(start["sessionInfo"]["key"], "agent:main:main");
    let old = owner_with(&json!({ "minProtocol": 3, "maxProtocol": 3 }));
    let mut old = Client::connect(site.address, &old).await.unwrap();
    let seen = history(&mut old, json!({ "sessionKey": "main" })).await;
    assert_eq!(
        seen["messages"][0]["content"],
        json!([{ "type": "text", "text": "hello" }])
    );
    assert_eq!(seen["thinkingLevel"], "off");
    site.stop().await;
}

#[tokio::test]
async fn a_note_is_kept_and_told_and_read_by_the_model() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let note = json!({ "sessionKey": "main", "message": "injected note", "label": "lab" });
    let error = client.call("chat.inject", note.clone()).await.unwrap_err();
    assert_eq!(error["message"], "session not found");
    send(&mut client, "hello", "s").await;
    ended(&mut client, "s").await;
    let done = client.call("chat.inject", note).await.unwrap();
    let run = format!("inject-{}", done["messageId"].as_str().unwrap());
    let told = ended(&mut client, &run).await;
    assert_eq!(
        told["message"]["content"][0]["text"],
        "[lab]\n\ninjected note"
    );
    let seen = history(&mut client, json!({ "sessionKey": "main" })).await;
    let last = seen["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["__openclaw"]["id"], done["messageId"]);
    assert_eq!(last["model"], "gateway-injected");
    send(&mut client, "and now", "s2").await;
    ended(&mut client, "s2").await;
    assert!(
        site.model
            .last_request()
            .to_string()
            .contains("injected note")
    );
    site.stop().await;
}
