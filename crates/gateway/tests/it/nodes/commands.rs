//! The way of a command to a node and back.

use super::node::{Machine, answer, asked, invoke};
use crate::site::Site;
use crate::ws::client::Client;
use serde_json::json;

#[tokio::test]
async fn a_command_goes_there_and_its_result_comes_back_once() {
    let site = Site::start().await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let mut node = machine.connect(&site, &["system.which"]).await;
    let params = invoke(&machine, "system.which", &json!({ "bins": ["sh"] }), "k1");
    let first = owner.start("node.invoke", params.clone()).await;
    let second = owner.start("node.invoke", params.clone()).await;
    let request = asked(&mut node).await;
    assert_eq!(request["command"], "system.which");
    assert_eq!(request["paramsJSON"], "{\"bins\":[\"sh\"]}");
    assert_eq!(
        (&request["timeoutMs"], &request["idempotencyKey"]),
        (&json!(5000), &json!("k1"))
    );
    let payload = json!({ "bins": { "sh": "/usr/bin/sh" } });
    assert_eq!(
        answer(&mut node, &request, &payload).await,
        json!({ "ok": true })
    );
    let expected = json!({ "ok": true, "nodeId": machine.id(), "command": "system.which",
        "payload": payload, "payloadJSON": payload.to_string() });
    // The same key asks the node once, now and later.
    assert_eq!(owner.answer(&first).await.unwrap(), expected);
    assert_eq!(owner.answer(&second).await.unwrap(), expected);
    assert_eq!(owner.call("node.invoke", params).await.unwrap(), expected);
    let reused = invoke(&machine, "system.which", &json!({ "bins": ["ls"] }), "k1");
    assert_eq!(
        owner.call("node.invoke", reused).await.unwrap_err()["code"],
        "INVALID_REQUEST"
    );
    assert_eq!(
        answer(&mut node, &request, &payload).await,
        json!({ "ok": true, "ignored": true })
    );
    node.call("skills.bins", json!({})).await.unwrap();
    assert!(
        node.events()
            .iter()
            .all(|it| it["event"] != "node.invoke.request")
    );
    site.stop().await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn every_way_a_command_can_fail_is_told() {
    let site = Site::start().await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let mut node = machine
        .connect(
            &site,
            &["system.which", "fs.listDir", "system.execApprovals.get"],
        )
        .await;
    let call = |command: &str, key: &str| invoke(&machine, command, &json!({}), key);

    let id = owner.start("node.invoke", call("system.which", "k1")).await;
    let request = asked(&mut node).await;
    let failed = json!({ "id": request["id"], "nodeId": machine.id(), "ok": false,
        "error": { "code": "NO_SUCH", "message": "no \u{1b}such thing" } });
    node.call("node.invoke.result", failed).await.unwrap();
    let error = owner.answer(&id).await.unwrap_err();
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("UNAVAILABLE"), &json!("NO_SUCH: no such thing"))
    );
    assert_eq!(error["details"]["code"], "NO_SUCH");

    let mut slow = call("system.which", "k2");
    slow["timeoutMs"] = 300.into();
    let error = owner.call("node.invoke", slow).await.unwrap_err();
    assert_eq!(
        (&error["code"], &error["details"]["code"]),
        (&json!("UNAVAILABLE"), &json!("TIMEOUT"))
    );
    let cancelled = node.event("node.invoke.cancel").await["payload"].take();
    assert_eq!(cancelled["nodeId"], machine.id());
    assert_eq!(asked(&mut node).await["id"], cancelled["invokeId"]);

    let id = owner.start("node.invoke", call("fs.listDir", "k3")).await;
    let request = asked(&mut node).await;
    let broken =
        json!({ "id": request["id"], "nodeId": machine.id(), "ok": true, "payloadJSON": "{" });
    node.call("node.invoke.result", broken).await.unwrap();
    assert_eq!(
        owner.answer(&id).await.unwrap_err()["details"]["code"],
        "INVALID_PAYLOAD"
    );

    for command in [
        "system.run",
        "camera.snap",
        "system.execApprovals.get",
        "system.execApprovals.set",
        "sys\u{0}tem.which",
        "System.which",
    ] {
        let error = owner
            .call("node.invoke", call(command, "k4"))
            .await
            .unwrap_err();
        assert_eq!(
            (&error["code"], &error["details"]["code"]),
            (&json!("INVALID_REQUEST"), &json!("COMMAND_NOT_ALLOWED")),
            "{command}"
        );
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .starts_with("node command not allowed: ")
        );
    }
    let id = owner.start("node.invoke", call("system.which", "k5")).await;
    asked(&mut node).await;
    drop(node);
    assert_eq!(
        owner.answer(&id).await.unwrap_err()["details"]["code"],
        "NOT_CONNECTED"
    );
    let error = owner
        .call("node.invoke", call("system.which", "k6"))
        .await
        .unwrap_err();
    assert_eq!(
        (&error["message"], &error["details"]["code"]),
        (&json!("node not connected"), &json!("NOT_CONNECTED"))
    );
    let entry = owner.call("node.list", json!({})).await.unwrap()["nodes"][0].take();
    assert_eq!(
        (&entry["connected"], &entry["lastSeenReason"]),
        (&json!(false), &json!("disconnect"))
    );
    site.stop().await;
}

#[tokio::test]
async fn settings_allow_and_deny_commands() {
    let site = Site::with(|settings| {
        settings["gateway"]["nodes"] = json!({
            "commands": { "allow": ["camera.snap"], "deny": ["fs.listDir"] },
            "allowCommands": ["lab.one"], "denyCommands": ["lab.two"],
        });
    })
    .await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let _node = machine
        .connect(
            &site,
            &[
                "camera.snap",
                "fs.listDir",
                "lab.one",
                "lab.two",
                "system.which",
            ],
        )
        .await;
    let entry = owner.call("node.list", json!({})).await.unwrap()["nodes"][0].take();
    assert_eq!(
        entry["commands"],
        json!(["camera.snap", "lab.one", "system.which"])
    );
    site.stop().await;
}

#[tokio::test]
async fn things_wait_for_a_node_that_is_busy_elsewhere() {
    let site = Site::with(|settings| {
        settings["gateway"]["nodes"]["commands"]["allow"] = json!(["camera.snap"]);
    })
    .await;
    let mut owner = Client::open(&site).await;
    let machine = Machine::new();
    let mut node = machine.connect(&site, &["camera.snap"]).await;
    let id = owner
        .start(
            "node.invoke",
            invoke(&machine, "camera.snap", &json!({ "f": 1 }), "k1"),
        )
        .await;
    let request = asked(&mut node).await;
    let hidden = json!({ "id": request["id"], "nodeId": machine.id(), "ok": false,
        "error": { "code": "NODE_BACKGROUND_UNAVAILABLE", "message": "in the background" } });
    node.call("node.invoke.result", hidden).await.unwrap();
    let error = owner.answer(&id).await.unwrap_err();
    assert_eq!(
        error["details"]["code"], "QUEUED_UNTIL_FOREGROUND",
        "{error}"
    );
    let pulled = node.call("node.pending.pull", json!({})).await.unwrap();
    let action = &pulled["actions"][0];
    assert_eq!(
        (&action["id"], &action["paramsJSON"]),
        (&error["details"]["queuedActionId"], &json!("{\"f\":1}"))
    );
    let acked = node
        .call("node.pending.ack", json!({ "ids": [action["id"], "nope"] }))
        .await
        .unwrap();
    assert_eq!(
        (&acked["ackedIds"], &acked["remainingCount"]),
        (&json!([action["id"]]), &json!(0))
    );

    let work = json!({ "nodeId": machine.id(), "type": "location.request" });
    owner.call("node.pending.enqueue", work).await.unwrap();
    let work = json!({ "nodeId": machine.id(), "type": "status.request", "priority": "high" });
    let left = owner.call("node.pending.enqueue", work).await.unwrap();
    assert_eq!(
        (&left["revision"], &left["wakeTriggered"]),
        (&json!(2), &json!(false))
    );
    let drained = node
        .call("node.pending.drain", json!({ "maxItems": 1 }))
        .await
        .unwrap();
    assert_eq!(
        (&drained["items"][0]["type"], &drained["hasMore"]),
        (&json!("status.request"), &json!(true))
    );
    for wrong in [
        json!({ "nodeId": "nope", "type": "status.request" }),
        json!({ "nodeId": machine.id(), "type": "reboot" }),
        json!({ "nodeId": machine.id(), "type": "status.request", "expiresInMs": 1 }),
    ] {
        assert_eq!(
            owner.call("node.pending.enqueue", wrong).await.unwrap_err()["code"],
            "INVALID_REQUEST"
        );
    }
    let progress = json!({ "invokeId": "x", "nodeId": machine.id(), "seq": 0, "chunk": "c" });
    assert_eq!(
        node.call("node.invoke.progress", progress).await.unwrap()["ignored"],
        true
    );
    site.stop().await;
}
