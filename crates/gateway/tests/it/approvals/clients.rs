//! Questions of clients: `exec.approval.*` (gateway RPC methods, "Exec approvals").

use crate::site::Site;
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};

fn ask(more: &Value) -> Value {
    let mut params = json!({
        "id": "ap-1", "command": "echo lab", "commandArgv": ["echo", "lab"], "cwd": "/tmp",
        "host": "gateway", "agentId": "main", "sessionKey": "agent:main:main",
        "timeoutMs": 20_000, "twoPhase": true,
    });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

async fn with_scopes(site: &Site, scopes: &[&str]) -> Client {
    Client::connect(site.address, &owner_with(&json!({ "scopes": scopes })))
        .await
        .unwrap()
}

#[tokio::test]
async fn another_client_is_asked_and_its_first_answer_counts() {
    let site = Site::start().await;
    let mut asker = Client::open(&site).await;
    let mut person = Client::open(&site).await;
    let mut reader = with_scopes(&site, &["operator.read", "operator.write"]).await;
    let request = asker.start("exec.approval.request", ask(&json!({}))).await;
    let accepted = asker.answer(&request).await.unwrap();
    assert_eq!(
        (&accepted["status"], &accepted["id"]),
        (&json!("accepted"), &json!("ap-1"))
    );
    assert_eq!(accepted["deliveryRoute"], "approval-client");
    let event = person.event("exec.approval.requested").await;
    assert_eq!(event["payload"]["request"]["command"], "echo lab");
    assert_eq!(
        event["payload"]["request"]["commandArgv"],
        json!(["echo", "lab"])
    );
    assert!(event["seq"].is_u64());
    let one = person
        .call("exec.approval.get", json!({ "id": "ap-1" }))
        .await
        .unwrap();
    assert_eq!(one["commandText"], "echo lab");

    let answer = |decision: &str| json!({ "id": "ap-1", "decision": decision });
    let refused = reader
        .call("exec.approval.resolve", answer("allow-once"))
        .await
        .unwrap_err();
    assert_eq!(
        (&refused["code"], &refused["message"]),
        (
            &json!("FORBIDDEN"),
            &json!("missing scope: operator.approvals")
        )
    );
    let odd = person
        .call("exec.approval.resolve", answer("maybe"))
        .await
        .unwrap_err();
    assert_eq!(odd["message"], "invalid decision");

    // Fifty answers at once: one counts.
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(
            person
                .start("exec.approval.resolve", answer("allow-once"))
                .await,
        );
    }
    let mut counted = 0;
    for id in ids {
        counted += usize::from(person.answer(&id).await.is_ok());
    }
    assert_eq!(counted, 1);
    let last = asker.answer(&request).await.unwrap();
    assert_eq!(
        (&last["id"], &last["decision"]),
        (&json!("ap-1"), &json!("allow-once"))
    );
    assert_eq!(last["createdAtMs"], accepted["createdAtMs"]);
    let waited = person
        .call("exec.approval.waitDecision", json!({ "id": "ap-1" }))
        .await
        .unwrap();
    assert_eq!(
        (&waited["decision"], &waited["terminalReason"]),
        (&json!("allow-once"), &json!("user"))
    );
    // Who may not answer has heard nothing.
    reader.call("health", json!({})).await.unwrap();
    let heard = reader.events();
    assert!(
        heard
            .iter()
            .all(|it| !it["event"].as_str().unwrap().starts_with("exec.")),
        "{heard:?}"
    );
    site.stop().await;
}

#[tokio::test]
async fn with_nobody_to_ask_it_ends_at_once_unless_told_to_wait() {
    let site = Site::start().await;
    let mut asker = Client::open(&site).await;
    let ended = asker
        .call("exec.approval.request", ask(&json!({})))
        .await
        .unwrap();
    assert_eq!(
        (&ended["decision"], ended.get("status")),
        (&Value::Null, None)
    );
    let waiting = ask(&json!({ "id": "ap-2", "requireDeliveryRoute": false, "timeoutMs": 1_000 }));
    let request = asker.start("exec.approval.request", waiting).await;
    assert_eq!(
        asker.answer(&request).await.unwrap()["deliveryRoute"],
        "none"
    );
    assert_eq!(
        asker.answer(&request).await.unwrap()["decision"],
        Value::Null
    );
    let waited = asker
        .call("exec.approval.waitDecision", json!({ "id": "ap-2" }))
        .await
        .unwrap();
    assert_eq!(waited["terminalReason"], "timeout");
    let late = json!({ "id": "ap-2", "decision": "allow-once" });
    assert!(asker.call("exec.approval.resolve", late).await.is_err());
    for method in [
        "exec.approval.resolve",
        "exec.approval.waitDecision",
        "exec.approval.get",
    ] {
        let unknown = json!({ "id": "nope", "decision": "allow-once" });
        let error = asker.call(method, unknown).await.unwrap_err();
        assert_eq!(error["code"], "INVALID_REQUEST", "{method}");
        assert_eq!(error["details"]["reason"], "APPROVAL_NOT_FOUND", "{method}");
    }
    site.stop().await;
}

#[tokio::test]
async fn what_is_shown_is_what_would_run() {
    let site = Site::start().await;
    let mut asker = Client::open(&site).await;
    let mut person = Client::open(&site).await;
    let hidden = ["/bin/echo", "A", "\u{1b}[2K\u{202e}x", "tr "];
    let sly = json!({ "commandArgv": hidden, "command": "echo harmless" });
    let request = asker.start("exec.approval.request", ask(&sly)).await;
    asker.answer(&request).await.unwrap();
    let event = person.event("exec.approval.requested").await;
    let shown = event["payload"]["request"]["command"].as_str().unwrap();
    assert_eq!(shown, r#"/bin/echo A "\u{1b}[2K\u{202e}x" "tr ""#);
    for (params, why) in [
        (json!({ "id": "b1", "host": "moon" }), "host"),
        (json!({ "id": "b2", "host": "node" }), "nodeId"),
        (json!({ "id": "b3", "commandArgv": [] }), "commandArgv"),
        (json!({ "id": "", }), "id"),
        (json!({ "id": "ap-1" }), "pending"),
        (
            json!({ "id": "b4", "host": "node", "nodeId": "n", "systemRunPlan": { "argv": ["x"] } }),
            "differ",
        ),
    ] {
        let error = asker
            .call("exec.approval.request", ask(&params))
            .await
            .unwrap_err();
        assert!(
            error["message"].as_str().unwrap().contains(why),
            "{params}: {error}"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn there_is_a_bound_on_open_questions() {
    let site = Site::start().await;
    let mut asker = Client::open(&site).await;
    let mut person = Client::open(&site).await;
    let mut refused = 0;
    for at in 0..18 {
        let params = ask(&json!({ "id": format!("q{at}") }));
        let request = asker.start("exec.approval.request", params).await;
        refused += usize::from(asker.answer(&request).await.is_err());
    }
    assert_eq!(refused, 2);
    let open = person.call("exec.approval.list", json!({})).await.unwrap();
    assert_eq!(open.as_array().unwrap().len(), 16);
    for method in ["plugin.approval.list", "openclaw.approval.list"] {
        assert_eq!(person.call(method, json!({})).await.unwrap(), json!([]));
    }
    let none = person.call("question.list", json!({})).await.unwrap();
    assert_eq!(none, json!({ "questions": [] }));
    site.stop().await;
}
