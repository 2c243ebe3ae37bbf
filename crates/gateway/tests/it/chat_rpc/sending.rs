//! `chat.send`: durable before it is acknowledged, told while it goes on, stopped when asked.

use super::{ended, send, send_in};
use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};

const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[tokio::test]
async fn a_message_is_answered_in_deltas_and_one_final() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let sent = send(&mut client, "SAY:one two three", "k1").await;
    assert_eq!(
        (&sent["runId"], &sent["status"]),
        (&json!("k1"), &json!("started"))
    );
    let last = ended(&mut client, "k1").await;
    assert_eq!(
        (&last["state"], &last["sessionKey"], &last["agentId"]),
        (&json!("final"), &json!("agent:main:main"), &json!("main"))
    );
    assert_eq!(
        last["message"]["content"],
        json!([{ "type": "text", "text": "one two three" }])
    );
    let events = client.events();
    let of = |name: &str| {
        let named = events.iter().filter(|event| event["event"] == name);
        named
            .map(|event| event["payload"].clone())
            .collect::<Vec<_>>()
    };
    let deltas: Vec<_> = of("chat")
        .into_iter()
        .filter(|it| it["state"] == "delta")
        .collect();
    let whole: String = deltas
        .iter()
        .map(|it| it["deltaText"].as_str().unwrap())
        .collect();
    assert_eq!(whole, "one two three");
    assert_eq!(
        deltas.last().unwrap()["message"]["content"][0]["text"],
        "one two three"
    );
    let agent = of("agent");
    let seqs: Vec<_> = agent.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    let count = u64::try_from(seqs.len()).unwrap();
    assert_eq!(seqs, (1..=count).collect::<Vec<_>>());
    let phases: Vec<_> = agent
        .iter()
        .filter(|it| it["stream"] == "lifecycle")
        .map(|it| it["data"]["phase"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["start", "model", "end"]);
    // The transcript is there when the end is told.
    let history = json!({ "sessionKey": "main" });
    let history = client.call("chat.history", history).await.unwrap();
    assert_eq!(
        history["messages"].as_array().unwrap().len(),
        2,
        "{history}"
    );
    let numbers: Vec<_> = events
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] < pair[1]),
        "{numbers:?}"
    );
    site.stop().await;
}

#[tokio::test]
async fn a_key_is_one_run_whatever_comes_of_it() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    send(&mut client, "SLOW:60", "slow").await;
    let again = send(&mut client, "SLOW:60", "slow").await;
    assert_eq!(again["status"], "in_flight");
    ended(&mut client, "slow").await;
    let again = send(&mut client, "SLOW:60", "slow").await;
    assert_eq!(
        (&again["runId"], &again["status"]),
        (&json!("slow"), &json!("ok"))
    );
    assert_eq!(site.model.calls(), 1);
    let other = json!({ "sessionKey": "main", "message": "else", "idempotencyKey": "slow" });
    let error = client.call("chat.send", other).await.unwrap_err();
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    send(&mut client, "STATUS:400", "bad").await;
    let end = ended(&mut client, "bad").await;
    assert_eq!(
        (&end["state"], &end["errorKind"]),
        (&json!("error"), &json!("unknown"))
    );
    assert!(!end["errorMessage"].as_str().unwrap().is_empty());
    let params = json!({ "sessionKey": "main", "message": "STATUS:400", "idempotencyKey": "bad" });
    client.call("chat.send", params).await.unwrap_err();
    site.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_the_reason() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let table = [
        (
            json!({ "message": "x", "idempotencyKey": "k" }),
            "sessionKey",
        ),
        (
            json!({ "sessionKey": "main", "message": "x" }),
            "idempotencyKey",
        ),
        (
            json!({ "sessionKey": "main", "message": " ", "idempotencyKey": "k" }),
            "message or attachment required",
        ),
        (
            json!({ "sessionKey": "a b", "message": "x", "idempotencyKey": "k" }),
            "session key",
        ),
        (
            json!({ "sessionKey": "agent:ghost:main", "message": "x", "idempotencyKey": "k" }),
            "ghost",
        ),
        (
            json!({ "sessionKey": "cron:x", "message": "x", "idempotencyKey": "k" }),
            "gateway itself",
        ),
        (
            json!({ "sessionKey": "main", "message": "x", "idempotencyKey": "" }),
            "idempotencyKey",
        ),
        (
            json!({ "sessionKey": "main", "message": "x", "idempotencyKey": "k", "thinking": "odd" }),
            "off|minimal|low|medium|high",
        ),
        (
            json!({ "sessionKey": "main", "message": "x", "idempotencyKey": "k",
                "attachments": [{ "fileName": "a.zip", "content": "UEsDBAAA/w==" }] }),
            "a.zip",
        ),
    ];
    for (params, part) in table {
        let error = client.call("chat.send", params.clone()).await.unwrap_err();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(part), "{params}: {message}");
        assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    }
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn only_a_model_that_reasons_is_asked_to() {
    let reasons = |config: &mut Value| {
        config["models"]["providers"]["fake"]["models"][0]["reasoning"] = true.into();
    };
    for (site, expected) in [
        (Site::start().await, Value::Null),
        (Site::with(reasons).await, json!("high")),
    ] {
        let mut client = Client::open(&site).await;
        let message = json!({ "sessionKey": "main", "message": "hello", "thinking": "high",
            "idempotencyKey": "k" });
        client.call("chat.send", message).await.unwrap();
        assert_eq!(ended(&mut client, "k").await["state"], "final");
        let asked = site.model.requests().pop().unwrap();
        assert_eq!(asked["reasoning_effort"], expected, "{asked}");
        site.stop().await;
    }
}

#[tokio::test]
async fn images_and_files_reach_the_model() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let params = json!({
        "sessionKey": "main", "message": "ECHO_IMAGES", "idempotencyKey": "pic",
        "attachments": [
            { "type": "image", "mimeType": "application/zip", "fileName": "a.png", "content": PIXEL },
            { "content": format!("data:image/png;base64,{PIXEL}") },
        ],
    });
    client.call("chat.send", params).await.unwrap();
    let end = ended(&mut client, "pic").await;
    let said = end["message"]["content"][0]["text"].as_str().unwrap();
    assert!(said.contains('2') && said.contains("image/png"), "{said}");
    let history = client
        .call("chat.history", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    let image = &history["messages"][0]["content"][1];
    assert_eq!(
        (&image["type"], &image["omitted"]),
        (&json!("image"), &json!(true))
    );
    assert!(!history.to_string().contains(PIXEL));
    site.stop().await;
}

#[tokio::test]
async fn an_abort_keeps_what_was_said_and_stops_those_that_wait() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    send(&mut client, "SLOW:120", "first").await;
    send(&mut client, "SAY:never", "second").await;
    client
        .event_where("chat", |it| {
            it["runId"] == "first" && it["state"] == "delta"
        })
        .await;
    let waiting = client
        .call("chat.history", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    assert_eq!(waiting["inFlightRun"]["runId"], "first", "{waiting}");
    assert_eq!(waiting["pendingInputs"]["total"], 1);
    let none = json!({ "sessionKey": "other" });
    let none = client.call("chat.abort", none).await.unwrap();
    assert_eq!(none, json!({ "ok": true, "aborted": false, "runIds": [] }));
    let done = client
        .call("chat.abort", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    assert_eq!(done["runIds"], json!(["first", "second"]), "{done}");
    let first = ended(&mut client, "first").await;
    assert_eq!(
        (&first["state"], &first["stopReason"]),
        (&json!("aborted"), &json!("rpc"))
    );
    let partial = first["message"]["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!partial.is_empty());
    let second = ended(&mut client, "second").await;
    assert_eq!(second["state"], "aborted");
    let history = client
        .call("chat.history", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    let kept: Vec<_> = history["messages"].as_array().unwrap().iter().collect();
    assert!(
        kept.iter().any(|it| it["content"][0]["text"] == partial),
        "{history}"
    );
    assert!(history.get("inFlightRun").is_none());
    let late = client
        .call("chat.abort", json!({ "sessionKey": "main" }))
        .await
        .unwrap();
    assert_eq!(late["aborted"], false);
    site.stop().await;
}

#[tokio::test]
async fn everybody_hears_of_runs_nobody_here_asked_for() {
    let site = Site::with(|settings| {
        settings["gateway"]["http"]["endpoints"]["chatCompletions"]["enabled"] = json!(true);
    })
    .await;
    let mut client = Client::open(&site).await;
    let body =
        json!({ "model": "openclaw", "messages": [{ "role": "user", "content": "SAY:hello" }] });
    site.caller()
        .post_json("/v1/chat/completions", &body)
        .await
        .unwrap();
    let end = client
        .event_where("chat", |it| it["state"] == "final")
        .await;
    assert_eq!(end["payload"]["message"]["content"][0]["text"], "hello");
    site.stop().await;
}

#[tokio::test]
async fn what_tools_do_is_told_to_those_who_asked_for_it() {
    let site = Site::start().await;
    let mut seer = Client::connect(
        site.address,
        &owner_with(&json!({ "caps": ["tool-events"] })),
    )
    .await
    .unwrap();
    let mut other = Client::open(&site).await;
    std::fs::write(site.home.root().join("state/workspace/note.txt"), "hi").ok();
    send(&mut other, "TOOL:read{\"path\":\"AGENTS.md\"}", "t").await;
    let is_tool = |it: &Value| it["runId"] == "t" && it["stream"] == "tool";
    let begun = seer.event_where("agent", is_tool).await;
    assert_eq!(begun["payload"]["data"]["phase"], "start");
    assert_eq!(begun["payload"]["data"]["args"]["path"], "AGENTS.md");
    let over = seer.event_where("agent", is_tool).await;
    assert_eq!(over["payload"]["data"]["phase"], "result");
    ended(&mut other, "t").await;
    assert!(
        !other
            .events()
            .iter()
            .any(|event| event["payload"]["stream"] == "tool")
    );
    site.stop().await;
}

#[tokio::test]
async fn version_3_hears_no_states_it_does_not_know() {
    let site = Site::start().await;
    let params =
        owner_with(&json!({ "minProtocol": 3, "maxProtocol": 3, "auth": { "token": TOKEN } }));
    let mut old = Client::connect(site.address, &params).await.unwrap();
    let mut new = Client::open(&site).await;
    send_in(&mut new, "main", "SAY:hi", "v").await;
    new.event_where("chat", |it| it["state"] == "status").await;
    ended(&mut old, "v").await;
    assert!(
        !old.events()
            .iter()
            .any(|event| event["payload"]["state"] == "status")
    );
    site.stop().await;
}
