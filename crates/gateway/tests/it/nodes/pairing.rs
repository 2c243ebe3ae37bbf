//! Whose commands count.

use super::node::{Machine, answer, asked, invoke, strict};
use crate::site::Site;
use crate::ws::client::Client;
use serde_json::json;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn commands_count_once_a_person_approved_them() {
    let site = strict().await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let offered = ["system.which", "camera.snap", "fs.listDir"];
    let mut node = machine.let_in(&site, &mut owner, &offered).await;
    let event = owner.event("node.pair.requested").await;
    let request = event["payload"]["requestId"].clone();
    // What no node may offer is not asked about either.
    assert_eq!(
        event["payload"]["commands"],
        json!(["fs.listDir", "system.which"])
    );
    let list = owner.call("node.list", json!({})).await.unwrap();
    let entry = &list["nodes"][0];
    assert_eq!(
        (&entry["nodeId"], &entry["approvalState"]),
        (&json!(machine.id()), &json!("pending-approval"))
    );
    assert_eq!(
        (&entry["commands"], &entry["connected"], &entry["paired"]),
        (&json!([]), &json!(true), &json!(false))
    );
    let early = owner
        .call(
            "node.invoke",
            invoke(&machine, "system.which", &json!({}), "k1"),
        )
        .await
        .unwrap_err();
    assert!(
        early["message"]
            .as_str()
            .unwrap()
            .contains("awaiting operator approval"),
        "{early}"
    );
    let early = node
        .call("node.skills.update", json!({ "skills": [] }))
        .await
        .unwrap_err();
    assert_eq!(early["code"], "UNAVAILABLE");
    assert!(
        early["message"]
            .as_str()
            .unwrap()
            .contains("awaiting operator approval")
    );

    let approved = owner
        .call("node.pair.approve", json!({ "requestId": request }))
        .await
        .unwrap();
    assert_eq!(
        approved["node"]["commands"],
        json!(["fs.listDir", "system.which"])
    );
    for client in [&mut owner, &mut node] {
        let resolved = client.event("node.pair.resolved").await["payload"].take();
        assert_eq!(
            (&resolved["requestId"], &resolved["decision"]),
            (&request, &json!("approved"))
        );
    }
    let kept = node
        .call("node.skills.update", json!({ "skills": [{ "name": "s" }] }))
        .await
        .unwrap();
    assert_eq!(
        kept,
        json!({ "nodeId": machine.id(), "skills": [{ "name": "s" }] })
    );
    let gone = owner
        .call("node.pair.approve", json!({ "requestId": request }))
        .await
        .unwrap_err();
    assert_eq!(
        (&gone["code"], &gone["message"]),
        (&json!("INVALID_REQUEST"), &json!("unknown requestId"))
    );

    // The approval is kept, also by the next gateway; more commands are asked about again.
    drop(node);
    let (model, home) = site.stop().await;
    let site = Site::on(model, home).await;
    let mut owner = Client::open(&site).await;
    let listed = owner.call("node.pair.list", json!({})).await.unwrap();
    assert_eq!(listed["paired"][0]["nodeId"], machine.id());
    drop(machine.connect(&site, &["system.which"]).await);
    assert_eq!(
        owner.call("node.pair.list", json!({})).await.unwrap()["pending"],
        json!([])
    );
    drop(
        machine
            .connect(&site, &["system.which", "system.run"])
            .await,
    );
    let asks = owner.event("node.pair.requested").await;
    assert_eq!(asks["payload"]["isRepair"], true);
    let described = owner
        .call("node.describe", json!({ "nodeId": machine.id() }))
        .await
        .unwrap();
    assert_eq!(described["approvalState"], "pending-reapproval");
    site.stop().await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn a_node_here_needs_nobody_unless_the_owner_wants_to_be_asked() {
    let site = Site::start().await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let mut node = machine.connect(&site, &["system.which"]).await;
    node.call("node.pluginTools.update", json!({ "tools": [] }))
        .await
        .unwrap();
    let entry = owner.call("node.list", json!({})).await.unwrap()["nodes"][0].take();
    assert_eq!(
        (&entry["approvalState"], &entry["displayName"]),
        (&json!("approved"), &json!("workshop"))
    );
    assert_eq!(
        (&entry["commands"], &entry["caps"]),
        (&json!(["system.which"]), &json!(["system"]))
    );

    let stats = json!({ "cpuCount": 2, "loadAverage": [0.5, 1.0, 2.0], "memoryTotalBytes": 7 });
    let event = json!({ "event": "node.host.stats", "payloadJSON": stats.to_string() });
    let heard = node.call("node.event", event).await.unwrap();
    assert_eq!(
        heard,
        json!({ "ok": true, "event": "node.host.stats", "handled": true, "reason": "updated" })
    );
    let heard = node
        .call(
            "node.event",
            json!({ "event": "exec.finished", "payload": {} }),
        )
        .await
        .unwrap();
    assert_eq!(heard["handled"], false);
    let odd = json!({ "event": "node.host.stats", "payload": { "loadAverage": "high" } });
    assert_eq!(
        node.call("node.event", odd).await.unwrap()["handled"],
        false
    );
    let rename = json!({ "nodeId": machine.id(), "displayName": "shed" });
    assert_eq!(
        owner.call("node.rename", rename).await.unwrap()["displayName"],
        "shed"
    );
    let entry = owner
        .call("node.describe", json!({ "nodeId": machine.id() }))
        .await
        .unwrap();
    assert_eq!(
        (&entry["displayName"], &entry["hostStats"]["cpuCount"]),
        (&json!("shed"), &json!(2))
    );

    // Removed while it works: what it worked on is given up, and it has to ask.
    let call = owner
        .start(
            "node.invoke",
            invoke(&machine, "system.which", &json!({}), "k1"),
        )
        .await;
    asked(&mut node).await;
    owner
        .call("node.pair.remove", json!({ "nodeId": machine.id() }))
        .await
        .unwrap();
    let error = owner.answer(&call).await.unwrap_err();
    assert_eq!(error["details"]["code"], "PAIRING_CHANGED", "{error}");
    let request = owner.event("node.pair.requested").await["payload"]["requestId"].take();
    owner
        .call("node.pair.reject", json!({ "requestId": request }))
        .await
        .unwrap();
    let resolved = node.event("node.pair.resolved").await;
    assert_eq!(resolved["payload"]["decision"], "rejected");
    for (method, params) in [
        ("node.describe", json!({ "nodeId": "nope" })),
        (
            "node.rename",
            json!({ "nodeId": "nope", "displayName": "x" }),
        ),
        ("node.pair.remove", json!({ "nodeId": "nope" })),
    ] {
        assert_eq!(
            owner.call(method, params).await.unwrap_err()["message"],
            "unknown nodeId"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn version_three_pairs_with_a_token_that_is_shown_once() {
    let site = Site::start().await;
    let mut owner = Client::open(&site).await;
    let ask = json!({ "nodeId": "pi", "displayName": "Pi", "platform": "linux", "commands": ["system.which", "sms.send"] });
    let asked = owner.call("node.pair.request", ask.clone()).await.unwrap();
    assert_eq!(
        (&asked["status"], &asked["created"]),
        (&json!("pending"), &json!(true))
    );
    let again = owner.call("node.pair.request", ask).await.unwrap();
    assert_eq!(
        (&again["created"], &again["request"]["requestId"]),
        (&json!(false), &asked["request"]["requestId"])
    );
    let params = json!({ "requestId": asked["request"]["requestId"] });
    let approved = owner.call("node.pair.approve", params).await.unwrap();
    let token = approved["node"]["token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 43);
    for (given, ok) in [(token.as_str(), true), ("x", false), ("", false)] {
        let verify = json!({ "nodeId": "pi", "token": given });
        assert_eq!(
            owner.call("node.pair.verify", verify).await.unwrap()["ok"],
            ok
        );
    }
    let listed = owner
        .call("node.pair.list", json!({}))
        .await
        .unwrap()
        .to_string();
    assert!(!listed.contains(&token) && listed.contains("\"Pi\"") && !listed.contains("sms.send"));
    site.stop().await;
}

#[tokio::test]
async fn operators_are_no_nodes_and_nodes_are_no_operators() {
    let site = Site::start().await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let mut node = machine.connect(&site, &["system.which"]).await;
    let as_node = json!({ "id": "x", "nodeId": machine.id(), "ok": true });
    let error = owner.call("node.invoke.result", as_node).await.unwrap_err();
    assert_eq!(error["message"], "unauthorized role: operator");
    for method in [
        "node.list",
        "node.invoke",
        "exec.approval.resolve",
        "exec.approvals.get",
    ] {
        let error = node.call(method, json!({})).await.unwrap_err();
        assert_eq!(error["message"], "unauthorized role: node", "{method}");
    }
    let foreign = json!({ "id": "x", "nodeId": "someone-else", "ok": true });
    assert_eq!(
        node.call("node.invoke.result", foreign).await.unwrap_err()["code"],
        "INVALID_REQUEST"
    );
    assert_eq!(
        node.call("skills.bins", json!({})).await.unwrap(),
        json!({ "bins": [] })
    );

    // Another node cannot answer for it.
    let other = Machine::new();
    let mut liar = other.connect(&site, &["system.which"]).await;
    let call = owner
        .start(
            "node.invoke",
            invoke(&machine, "system.which", &json!({}), "k1"),
        )
        .await;
    let request = asked(&mut node).await;
    let forged = json!({ "id": request["id"], "nodeId": other.id(), "ok": true, "payloadJSON": "\"forged\"" });
    assert_eq!(
        liar.call("node.invoke.result", forged).await.unwrap()["ignored"],
        true
    );
    assert_eq!(
        answer(&mut node, &request, &json!("true")).await,
        json!({ "ok": true })
    );
    assert_eq!(owner.answer(&call).await.unwrap()["payload"], "true");
    site.stop().await;
}
