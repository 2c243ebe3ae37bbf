//! Slash commands: answered at once, without a model, and once.

use super::{ended, send, send_in};
use crate::site::Site;
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};

fn said(end: &Value) -> String {
    assert_eq!(end["state"], "final", "{end}");
    end["message"]["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn typed(client: &mut Client, text: &str, key: &str) -> String {
    let sent = send(client, text, key).await;
    assert_eq!(sent["status"], "started", "{sent}");
    said(&ended(client, key).await)
}

#[tokio::test]
async fn a_command_is_one_final_and_stays_in_the_history() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let status = typed(&mut client, "/status", "c1").await;
    assert!(
        status.contains("agent:main:main") && status.contains("fake/fake-1"),
        "{status}"
    );
    assert!(typed(&mut client, "/help", "c2").await.contains("/model"));
    assert!(
        typed(&mut client, "/models", "c3")
            .await
            .contains("fake/fake-1")
    );
    assert!(typed(&mut client, "/usage", "c4").await.contains("tokens"));
    assert_eq!(send(&mut client, "/status", "c1").await["status"], "ok");
    assert_eq!(site.model.calls(), 0);
    let history = client
        .call("chat.history", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    assert_eq!(history["messages"][0]["content"], "/status");
    assert_eq!(history["messages"][1]["content"][0]["text"], status);
    // The model does not read them.
    send(&mut client, "hello", "m").await;
    ended(&mut client, "m").await;
    assert!(!site.model.last_request().to_string().contains("/status"));
    // Other words with a slash are for the agent.
    send(&mut client, "/etc/hosts is a file", "path").await;
    ended(&mut client, "path").await;
    assert_eq!(site.model.calls(), 2);
    site.stop().await;
}

#[tokio::test]
async fn what_is_set_by_a_command_holds_for_every_way_in() {
    let site = Site::with(|settings| {
        settings["gateway"]["http"]["endpoints"]["chatCompletions"]["enabled"] = json!(true);
        let models = &mut settings["models"]["providers"]["fake"]["models"];
        models
            .as_array_mut()
            .unwrap()
            .push(json!({ "id": "fake-2", "name": "Second" }));
    })
    .await;
    let mut client = Client::open(&site).await;
    let wrong = typed(&mut client, "/model nope/none", "w").await;
    assert!(wrong.contains("Unknown provider"), "{wrong}");
    let set = typed(&mut client, "/model fake/fake-2", "s").await;
    assert_eq!(set, "Model: fake/fake-2");
    send(&mut client, "hello", "m").await;
    ended(&mut client, "m").await;
    assert_eq!(site.model.last_request()["model"], "fake-2");
    let caller = site
        .caller()
        .header("x-openclaw-session-key", "agent:main:main")
        .unwrap();
    let body = json!({ "model": "openclaw", "messages": [{ "role": "user", "content": "hi" }] });
    caller
        .post_json("/v1/chat/completions", &body)
        .await
        .unwrap();
    assert_eq!(site.model.last_request()["model"], "fake-2");
    typed(&mut client, "/model default", "d").await;
    send(&mut client, "hello", "m2").await;
    ended(&mut client, "m2").await;
    assert_eq!(site.model.last_request()["model"], "fake-1");
    site.stop().await;
}

#[tokio::test]
async fn new_begins_anew_and_says_what_follows() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    send(&mut client, "remember apples", "one").await;
    ended(&mut client, "one").await;
    let before = client
        .call("chat.history", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    typed(&mut client, "/new", "n").await;
    let after = client
        .call("chat.history", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    assert_ne!(before["sessionId"], after["sessionId"]);
    assert!(!after.to_string().contains("apples"), "{after}");
    send(&mut client, "/reset SAY:fresh", "r").await;
    assert_eq!(said(&ended(&mut client, "r").await), "fresh");
    assert!(!site.model.last_request().to_string().contains("apples"));
    let again = send(&mut client, "/reset SAY:fresh", "r").await;
    assert_eq!(again["status"], "ok");
    let writer = owner_with(&json!({ "scopes": ["operator.read", "operator.write"] }));
    let mut writer = Client::connect(site.address, &writer).await.unwrap();
    let params = json!({ "sessionKey": "main", "message": "/new", "idempotencyKey": "w" });
    let error = writer.call("chat.send", params).await.unwrap_err();
    assert_eq!(error["message"], "missing scope: operator.admin");
    site.stop().await;
}

#[tokio::test]
async fn stop_stops() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    send_in(&mut client, "lab", "SLOW:200", "slow").await;
    client
        .event_where("chat", |it| it["state"] == "delta")
        .await;
    let done = send_in(&mut client, "lab", "/stop", "stop").await;
    assert_eq!(
        (&done["aborted"], &done["runIds"]),
        (&json!(true), &json!(["slow"]))
    );
    let end = ended(&mut client, "slow").await;
    assert_eq!(
        (&end["state"], &end["stopReason"]),
        (&json!("aborted"), &json!("stop"))
    );
    site.stop().await;
}
