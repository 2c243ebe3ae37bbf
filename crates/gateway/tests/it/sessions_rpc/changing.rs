//! `sessions.create`, `patch`, `reset`, `delete`, `compact`, `send`, `abort`.

use crate::chat_rpc::{ended, send_in};
use crate::site::Site;
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};

async fn refused(client: &mut Client, method: &str, params: Value) -> String {
    let error = client.call(method, params).await.unwrap_err();
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_made_once_and_keeps_what_is_set() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let new = json!({ "key": "Lab", "agentId": "main", "label": "Lab shapes" });
    let made = client.call("sessions.create", new.clone()).await.unwrap();
    assert_eq!(
        (&made["key"], &made["runStarted"]),
        (&json!("agent:main:lab"), &json!(false))
    );
    assert_eq!(made["entry"]["label"], "Lab shapes");
    let resolved = &made["resolved"];
    assert_eq!(
        (&resolved["modelProvider"], &resolved["model"]),
        (&json!("fake"), &json!("fake-1"))
    );
    assert_eq!(resolved["thinkingLevels"][0]["id"], "off");
    let again = client.call("sessions.create", new).await.unwrap();
    assert_eq!(again["sessionId"], made["sessionId"]);
    let taken = refused(
        &mut client,
        "sessions.create",
        json!({ "key": "b", "label": "Lab shapes" }),
    );
    assert!(taken.await.contains("already in use"));
    let first = json!({ "message": "SAY:hi", "idempotencyKey": "m" });
    let started = client.call("sessions.create", first).await.unwrap();
    assert_eq!(
        (&started["runStarted"], &started["runId"]),
        (&json!(true), &json!("m"))
    );
    let end = ended(&mut client, "m").await;
    assert_eq!(end["sessionKey"], started["key"]);
    site.stop().await;
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_when_it_is_wrong() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let patch = json!({ "key": "lab", "label": "Lab", "thinkingLevel": "off", "verboseLevel": "on",
        "pinned": true, "somethingNew": 1 });
    let done = client.call("sessions.patch", patch).await.unwrap();
    assert_eq!(
        (&done["key"], &done["entry"]["verboseLevel"]),
        (&json!("agent:main:lab"), &json!("on"))
    );
    let done = client
        .call("sessions.patch", json!({ "key": "lab", "label": null }))
        .await
        .unwrap();
    assert!(done["entry"].get("label").is_none() && done["entry"]["pinned"] == true);
    for (changes, part) in [
        (json!({ "model": "nope/none" }), "Unknown provider \"nope\""),
        (json!({ "model": "fake/none" }), "Unknown model"),
        (
            json!({ "thinkingLevel": "ultra-x" }),
            "invalid thinkingLevel (use off",
        ),
        (json!({ "verboseLevel": 1 }), "invalid verboseLevel"),
        (json!({ "label": "" }), "invalid label"),
        (json!({ "pinned": "yes" }), "invalid pinned"),
        (
            json!({ "label": "L2", "expectedSessionId": "other" }),
            "begun anew",
        ),
    ] {
        let mut params = changes.clone();
        params["key"] = json!("lab");
        let message = refused(&mut client, "sessions.patch", params).await;
        assert!(message.contains(part), "{changes}: {message}");
    }
    let seen = client
        .call("sessions.describe", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert!(seen["session"].get("label").is_none(), "{seen}");
    let writer = owner_with(&json!({ "scopes": ["operator.read", "operator.write"] }));
    let mut writer = Client::connect(site.address, &writer).await.unwrap();
    writer
        .call("sessions.patch", json!({ "key": "lab", "label": "W" }))
        .await
        .unwrap();
    let level = json!({ "key": "lab", "thinkingLevel": "off" });
    let error = writer.call("sessions.patch", level).await.unwrap_err();
    assert_eq!(error["message"], "missing scope: operator.admin");
    site.stop().await;
}

#[tokio::test]
async fn a_reset_stops_what_runs_and_keeps_what_is_set() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    client
        .call("sessions.patch", json!({ "key": "lab", "label": "Keep" }))
        .await
        .unwrap();
    send_in(&mut client, "lab", "SLOW:200", "slow").await;
    client
        .event_where("chat", |it| it["state"] == "delta")
        .await;
    let before = client
        .call("sessions.describe", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(before["session"]["hasActiveRun"], true);
    let reset = json!({ "key": "lab", "reason": "new" });
    let reset = client.call("sessions.reset", reset).await.unwrap();
    assert_eq!(ended(&mut client, "slow").await["state"], "aborted");
    assert_ne!(reset["entry"]["sessionId"], before["session"]["sessionId"]);
    assert_eq!(
        (&reset["entry"]["label"], &reset["entry"]["totalTokens"]),
        (&json!("Keep"), &json!(0))
    );
    let history = client
        .call("chat.history", json!({ "sessionKey": "lab" }))
        .await
        .unwrap();
    assert_eq!(history["messages"], json!([]));
    site.stop().await;
}

#[tokio::test]
async fn a_removed_session_is_gone_and_the_main_one_cannot_be() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    send_in(&mut client, "lab", "SLOW:200", "slow").await;
    client
        .event_where("chat", |it| it["state"] == "delta")
        .await;
    let gone = json!({ "key": "lab", "deleteTranscript": true });
    let gone = client.call("sessions.delete", gone).await.unwrap();
    assert_eq!(
        (&gone["deleted"], &gone["key"]),
        (&json!(true), &json!("agent:main:lab"))
    );
    assert_eq!(gone["archived"].as_array().unwrap().len(), 1);
    let seen = client
        .call("sessions.describe", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(seen, json!({ "session": null }));
    let again = client
        .call("sessions.delete", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(
        (&again["deleted"], &again["archived"]),
        (&json!(false), &json!([]))
    );
    let main = refused(
        &mut client,
        "sessions.delete",
        json!({ "key": "agent:main:main" }),
    )
    .await;
    assert_eq!(main, "Cannot delete the main session (agent:main:main).");
    site.stop().await;
}

#[tokio::test]
async fn a_session_is_shortened_sent_to_and_stopped() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    for n in 0..6 {
        let params = json!({ "key": "lab", "message": format!("SAY:{n}"), "idempotencyKey": format!("k{n}") });
        let sent = client.call("sessions.send", params).await.unwrap();
        assert_eq!(sent["status"], "started");
        ended(&mut client, &format!("k{n}")).await;
    }
    let short = json!({ "key": "lab", "maxLines": 4 });
    let short = client.call("sessions.compact", short).await.unwrap();
    assert_eq!(short["compacted"], true, "{short}");
    let history = client
        .call("chat.history", json!({ "sessionKey": "lab" }))
        .await
        .unwrap();
    let left = history["messages"].as_array().unwrap();
    assert!((4..12).contains(&left.len()), "{history}");
    assert_eq!(left.last().unwrap()["content"][0]["text"], "5");
    let none = refused(
        &mut client,
        "sessions.compact",
        json!({ "key": "lab", "maxLines": 0 }),
    );
    assert!(none.await.contains("maxLines"));
    refused(
        &mut client,
        "sessions.compact",
        json!({ "key": "no", "maxLines": 4 }),
    )
    .await;
    let idle = client
        .call("sessions.abort", json!({ "key": "lab" }))
        .await
        .unwrap();
    assert_eq!(
        idle,
        json!({ "ok": true, "abortedRunId": null, "status": "no-active-run" })
    );
    send_in(&mut client, "lab", "SLOW:200", "slow").await;
    let stopped = client
        .call("sessions.abort", json!({ "runId": "slow" }))
        .await
        .unwrap();
    assert_eq!(stopped["abortedRunId"], "slow");
    ended(&mut client, "slow").await;
    site.stop().await;
}

#[tokio::test]
async fn without_a_number_the_sessions_model_writes_a_summary() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let said = async |client: &mut Client| -> Vec<String> {
        let history = json!({ "sessionKey": "lab" });
        let history = client.call("chat.history", history).await.unwrap();
        let messages = history["messages"].as_array().unwrap().clone();
        let texts = messages.iter().map(|it| it["content"].to_string());
        texts.collect()
    };
    for n in 0..4 {
        let key = format!("k{n}");
        send_in(&mut client, "lab", &format!("number {n}"), &key).await;
        ended(&mut client, &key).await;
    }
    let calls = site.model.calls();
    let short = json!({ "key": "lab" });
    let few = client
        .call("sessions.compact", short.clone())
        .await
        .unwrap();
    assert_eq!(
        few,
        json!({ "ok": true, "key": "agent:main:lab", "compacted": false, "kept": 8 })
    );
    assert_eq!(site.model.calls(), calls);
    for n in 4..8 {
        let key = format!("k{n}");
        send_in(&mut client, "lab", &format!("number {n}"), &key).await;
        ended(&mut client, &key).await;
    }
    let calls = site.model.calls();
    let done = client
        .call("sessions.compact", short.clone())
        .await
        .unwrap();
    assert_eq!(done["compacted"], true, "{done}");
    assert_eq!(site.model.calls(), calls + 1);
    let left = said(&mut client).await;
    assert!((9..13).contains(&left.len()), "{left:?}");
    assert_eq!(done["kept"], left.len());
    let last = left.last().unwrap();
    assert!(
        last.contains("[What was said before, in short]") && last.contains("fake model"),
        "{left:?}"
    );
    assert!(!left.iter().any(|it| it.contains("number 1")), "{left:?}");

    // The next answer is made from the summary, and what it cost is on the session's bill.
    send_in(&mut client, "lab", "number 8", "k8").await;
    ended(&mut client, "k8").await;
    let costs = json!({ "key": "lab" });
    let row = client.call("sessions.describe", costs).await.unwrap();
    assert!(row["session"]["totalTokens"].as_u64().unwrap() > 0, "{row}");

    // A run that goes on is not disturbed.
    send_in(&mut client, "lab", "SLOW:200", "slow").await;
    let busy = client.call("sessions.compact", short).await.unwrap_err();
    assert_eq!(busy["code"], "UNAVAILABLE", "{busy}");
    let message = busy["message"].as_str().unwrap();
    assert!(message.contains("stop it or wait"), "{busy}");
    client
        .call("sessions.abort", json!({ "runId": "slow" }))
        .await
        .unwrap();
    ended(&mut client, "slow").await;
    site.stop().await;
}
