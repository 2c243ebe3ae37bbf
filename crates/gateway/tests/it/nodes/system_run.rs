//! Nobody can say of themselves that they were approved (attacks D8, D11).

use super::node::{Machine, answer, asked, invoke};
use crate::site::Site;
use crate::ws::client::Client;
use serde_json::{Value, json};

fn run(machine: &Machine, key: &str, more: &Value) -> Value {
    let mut params =
        json!({ "command": ["/usr/bin/echo", "hi"], "cwd": "/tmp", "agentId": "main" });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    invoke(machine, "system.run", &params, key)
}

#[tokio::test]
async fn an_approval_works_once_and_for_what_it_was_given_for() {
    let site = Site::start().await;
    let mut owner = Client::open(&site).await;
    let mut person = Client::open(&site).await;
    let machine = Machine::new();
    let mut node = machine.connect(&site, &["system.run"]).await;
    let claims = [
        json!({ "approved": true, "approvalDecision": "allow-once" }),
        json!({ "approved": true, "runId": "invented" }),
        json!({ "approvalDecision": "allow-always" }),
        json!({ "sudo": true }),
        json!({ "command": "echo hi" }),
        json!({ "command": [] }),
    ];
    for (at, claim) in claims.iter().enumerate() {
        let call = run(&machine, &format!("c{at}"), claim);
        let error = owner.call("node.invoke", call).await.unwrap_err();
        assert_eq!(error["code"], "INVALID_REQUEST", "{claim}: {error}");
    }
    let ask = json!({ "id": "ap", "host": "node", "nodeId": machine.id(), "twoPhase": true,
        "command": "ls", "timeoutMs": 20_000,
        "systemRunPlan": { "argv": ["/usr/bin/echo", "hi"], "cwd": "/tmp", "agentId": "main" } });
    let request = owner.start("exec.approval.request", ask).await;
    owner.answer(&request).await.unwrap();
    let event = person.event("exec.approval.requested").await;
    assert_eq!(event["payload"]["request"]["command"], "/usr/bin/echo hi");
    let approved = json!({ "approved": true, "approvalDecision": "allow-once", "runId": "ap" });
    let early = owner
        .call("node.invoke", run(&machine, "k0", &approved))
        .await
        .unwrap_err();
    assert_eq!(early["details"]["code"], "APPROVAL_MISMATCH");
    let allow = json!({ "id": "ap", "decision": "allow-once" });
    person.call("exec.approval.resolve", allow).await.unwrap();
    for (at, other) in [
        json!({ "command": ["/usr/bin/echo", "hi", "more"] }),
        json!({ "cwd": "/" }),
        json!({ "agentId": "other" }),
        json!({ "sessionKey": "agent:main:other" }),
        json!({ "env": { "LANG": "C" } }),
    ]
    .iter()
    .enumerate()
    {
        let mut claim = approved.clone();
        for (name, value) in other.as_object().unwrap() {
            claim[name] = value.clone();
        }
        let error = owner
            .call("node.invoke", run(&machine, &format!("o{at}"), &claim))
            .await
            .unwrap_err();
        assert_eq!(error["details"]["code"], "APPROVAL_MISMATCH", "{claim}");
    }
    let call = owner
        .start("node.invoke", run(&machine, "k1", &approved))
        .await;
    let told = asked(&mut node).await;
    let params: Value = serde_json::from_str(told["paramsJSON"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&params["approved"], &params["approvalDecision"]),
        (&json!(true), &json!("allow-once"))
    );
    answer(&mut node, &told, &json!({ "success": true })).await;
    owner.answer(&call).await.unwrap();
    let again = owner
        .call("node.invoke", run(&machine, "k2", &approved))
        .await
        .unwrap_err();
    assert!(
        again["message"].as_str().unwrap().contains("used already"),
        "{again}"
    );
    // Without any claim it goes to the node, which decides by its own rules.
    let call = owner
        .start("node.invoke", run(&machine, "k3", &json!({})))
        .await;
    let told = asked(&mut node).await;
    assert!(!told["paramsJSON"].as_str().unwrap().contains("approved"));
    answer(&mut node, &told, &json!({})).await;
    owner.answer(&call).await.unwrap();
    site.stop().await;
}
