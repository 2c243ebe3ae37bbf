//! `agent` is answered twice; `agent.wait` waits (S004-22).

use super::ended;
use crate::site::Site;
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn an_agent_run_is_accepted_and_then_answered() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let params = json!({ "message": "SAY:done", "sessionKey": "main", "idempotencyKey": "a1" });
    let id = client.start("agent", params.clone()).await;
    let accepted = client.answer(&id).await.unwrap();
    assert_eq!(
        (
            &accepted["runId"],
            &accepted["status"],
            &accepted["agentId"]
        ),
        (&json!("a1"), &json!("accepted"), &json!("main"))
    );
    let end = client.answer(&id).await.unwrap();
    assert_eq!(
        (&end["status"], &end["summary"]),
        (&json!("ok"), &json!("completed"))
    );
    assert_eq!(
        end["result"]["payloads"],
        json!([{ "text": "done", "mediaUrl": null }])
    );
    let id = client.start("agent", params).await;
    assert_eq!(client.answer(&id).await.unwrap()["status"], "ok");
    let wait = json!({ "runId": "a1", "timeoutMs": 500 });
    let waited = client.call("agent.wait", wait).await.unwrap();
    assert_eq!(
        (&waited["status"], &waited["stopReason"]),
        (&json!("ok"), &json!("stop"))
    );
    let unknown = json!({ "runId": "no-such-run", "timeoutMs": 20 });
    let unknown = client.call("agent.wait", unknown).await.unwrap();
    assert_eq!(
        unknown,
        json!({ "runId": "no-such-run", "status": "timeout" })
    );
    assert_eq!(site.model.calls(), 1);
    site.stop().await;
}

#[tokio::test]
async fn a_failed_run_is_told_as_each_version_knows_it() {
    let site = Site::start().await;
    let mut new = Client::open(&site).await;
    let old = owner_with(&json!({ "minProtocol": 3, "maxProtocol": 3 }));
    let mut old = Client::connect(site.address, &old).await.unwrap();
    for (client, key) in [(&mut new, "n"), (&mut old, "o")] {
        let params = json!({ "message": "STATUS:400", "idempotencyKey": key });
        let id = client.start("agent", params).await;
        assert_eq!(client.answer(&id).await.unwrap()["status"], "accepted");
        if key == "n" {
            let error = client.answer(&id).await.unwrap_err();
            assert!(!error["message"].as_str().unwrap().is_empty());
        } else {
            let end = client.answer(&id).await.unwrap();
            assert_eq!(end["result"]["meta"]["stopReason"], "error", "{end}");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_run_outlives_the_socket_it_came_over() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let params = json!({ "message": "SLOW:40", "idempotencyKey": "gone" });
    let id = client.start("agent", params).await;
    client.answer(&id).await.unwrap();
    drop(client);
    let mut other = Client::open(&site).await;
    let waited = other
        .call("agent.wait", json!({ "runId": "gone" }))
        .await
        .unwrap();
    assert_eq!(waited["status"], "ok");
    let who = other.call("agent.identity.get", json!({})).await.unwrap();
    assert_eq!(who["agentId"], "main");
    assert_eq!(who["avatar"].as_str().unwrap().chars().count(), 1);
    site.stop().await;
}

#[tokio::test]
async fn who_comes_in_the_middle_of_a_run_hears_all_it_said() {
    let site = Site::start().await;
    let call = async |method: &str, params: Value| {
        let path = format!("/api/rpc/{method}");
        let answer = site.caller().post_json(&path, &params).await.unwrap();
        assert_eq!(answer.status, 200);
        answer.json().unwrap()["data"].take()
    };
    // Over HTTP, so that nobody is connected while the run begins.
    let begin = json!({ "message": "SLOW:250", "idempotencyKey": "middle", "wait": false });
    call("agent", begin).await;
    let said = loop {
        let history = call("chat.history", json!({ "sessionKey": "main" })).await;
        let text = history["inFlightRun"]["text"].as_str();
        let text = text.expect("the run goes on");
        if text.split_whitespace().count() > 1 {
            break text.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut client = Client::open(&site).await;
    let delta = |it: &Value| it["runId"] == "middle" && it["state"] == "delta";
    let first = client.event_where("chat", delta).await["payload"].take();
    let text = first["message"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with(&said),
        "{text:?} does not begin with {said:?}"
    );
    assert_eq!(first["deltaText"], text);
    let next = client.event_where("chat", delta).await["payload"].take();
    let more = format!("{text}{}", next["deltaText"].as_str().unwrap());
    assert_eq!(next["message"]["content"][0]["text"], more);
    let end = ended(&mut client, "middle").await;
    assert_eq!(end["state"], "final");
    let heard = client
        .event_where("agent", |it| it["data"]["phase"] == "end")
        .await;
    assert!(
        heard["payload"]["data"]["startedAt"].is_u64() && heard["payload"]["sessionId"].is_string()
    );
    site.stop().await;
}
