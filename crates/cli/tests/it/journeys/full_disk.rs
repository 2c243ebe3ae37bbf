//! A disk that fills up: new turns are refused with the reason, reads go on, health says why, and when
//! there is room again the gateway works again.
//!
//! The state directory is a small file system of its own, mounted where only the gateway sees it; from
//! outside it is reached through the process.

use super::{BINARY, socket};
use client::ClientError;
use client::ws::Connection;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::{Caller, FakeModel, GatewayProcess, Home, Launch};

/// Gives the gateway a state directory of 8 MiB. `unshare -r` lets a plain user do it.
const WRAPPER: &str = r#"#!/bin/sh
exec unshare -rm sh -c 'mount -t tmpfs -o size=8m,mode=0700 tmpfs "$OPENCLAW_STATE_DIR" && exec "$0" "$@"' "$BINARY" "$@"
"#;

/// More turns than the space SQLite has in reserve can take.
const PATIENCE: usize = 5_000;

async fn start(home: &Home) -> GatewayProcess {
    let wrapper = home.root().join("in-a-small-place");
    std::fs::write(&wrapper, WRAPPER).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    // The settings lie outside, because the mount hides what is below it.
    let settings = home.root().join("settings.json");
    std::fs::rename(home.config_path(), &settings).unwrap();
    let launch = Launch::with_binary(home, wrapper).unwrap();
    let launch = launch
        .env("OPENCLAW_CONFIG_PATH", settings)
        .env("BINARY", BINARY);
    launch.start().await.unwrap()
}

/// The state directory as the gateway sees it.
fn inside(gateway: &GatewayProcess, home: &Home) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", gateway.pid().unwrap()));
    root.join(home.state_dir().strip_prefix("/").unwrap())
}

fn fill(file: &Path) {
    let mut file = std::fs::File::create(file).unwrap();
    let block = vec![0_u8; 64 * 1024];
    while file.write_all(&block).is_ok() {}
    while file.write_all(&[0]).is_ok() {}
}

async fn ask(caller: &Caller, n: usize) -> testkit::Answer {
    let body = json!({ "model": "openclaw",
        "messages": [{ "role": "user", "content": format!("turn {n}") }] });
    caller
        .post_json("/v1/chat/completions", &body)
        .await
        .unwrap()
}

async fn until_ready(caller: &Caller, wanted: bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = caller.get("/readyz").await.unwrap().json().unwrap();
        if seen["ready"] == wanted {
            return seen;
        }
        assert!(Instant::now() < deadline, "{seen}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A message that is sent over a socket is refused with the reason and the way out.
async fn refused_over(connection: &Connection, send: &Value) {
    let refused = connection.call_named("chat.send", send).await.unwrap_err();
    let ClientError::Refused {
        code,
        message,
        details,
        ..
    } = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(code, "UNAVAILABLE");
    assert!(message.contains("free some space"), "{message}");
    assert_eq!(details.unwrap()["code"], "DISK_FULL");
}

/// It is taken and answered.
async fn answered_over(connection: &Connection, send: &Value) {
    let ack = connection.call_named("chat.send", send).await.unwrap();
    assert_eq!(
        (&ack["runId"], &ack["status"]),
        (&send["idempotencyKey"], &json!("started"))
    );
    let wait = json!({ "runId": ack["runId"], "timeoutMs": 20_000 });
    let end = connection.call_named("agent.wait", &wait).await.unwrap();
    assert_eq!(end["status"], "ok", "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_only_what_it_must() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::with_model(&model.base_url()).unwrap();
    let mut gateway = start(&home).await;
    let caller = gateway
        .caller()
        .unwrap()
        .header("x-openclaw-session-key", "disk")
        .unwrap();
    assert_eq!(ask(&caller, 0).await.status, 200);
    let filler = inside(&gateway, &home).join("filler");
    fill(&filler);

    let mut answered = 1;
    let refused = loop {
        let answer = ask(&caller, answered).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
        assert!(answered < PATIENCE, "the disk never became full");
    };
    assert!(refused.status.is_server_error(), "{}", refused.text());
    let refused = loop {
        // A run that was under way when the disk became full fails to be saved; the next turn is
        // refused at the door.
        let answer = ask(&caller, answered).await;
        if answer.status == 503 {
            break answer.json().unwrap();
        }
    };
    assert_eq!(refused["error"]["code"], "disk_full", "{refused}");
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("free some space")
    );
    // A message is not acknowledged that is not kept.
    let sent = json!({ "sessionKey": "disk", "message": "hi", "idempotencyKey": "unkept" });
    let sent = caller.post_json("/api/rpc/chat.send", &sent).await.unwrap();
    let error = sent.json().unwrap()["error"].clone();
    assert_eq!(
        (sent.status.as_u16(), &error["code"]),
        (503, &json!("UNAVAILABLE"))
    );
    assert_eq!(error["type"], "disk_full", "{error}");
    // Nor over a socket, which opens all the same.
    let connection = socket(&gateway).await;
    let send = json!({ "sessionKey": "disk", "message": "SAY:hi", "idempotencyKey": "unkept" });
    refused_over(&connection, &send).await;
    let waited = json!({ "runId": "unkept", "timeoutMs": 10 });
    let waited = caller.rpc("agent.wait", &waited).await.unwrap();
    assert_eq!(waited["status"], "timeout");
    let seen = until_ready(&caller, false).await;
    assert_eq!(seen["failing"], json!(["storage"]), "{seen}");
    assert!(
        seen["reasons"][0].as_str().unwrap().contains("full"),
        "{seen}"
    );
    let asked = json!({ "sessionKey": "disk", "limit": 1_000 });
    let history = caller.rpc("chat.history", &asked).await.unwrap();
    assert!(
        !history["messages"].as_array().unwrap().is_empty(),
        "reads go on"
    );

    std::fs::remove_file(filler).unwrap();
    until_ready(&caller, true).await;
    answered_over(&connection, &send).await;
    // The turns that were accepted before may still be finishing; the lane must come free.
    let deadline = Instant::now() + Duration::from_secs(20);
    while ask(&caller, answered).await.status != 200 {
        assert!(Instant::now() < deadline, "the session does not come back");
    }
    let history = caller.rpc("chat.history", &asked).await.unwrap();
    let said = history["messages"].to_string();
    for n in answered.saturating_sub(100)..answered {
        assert!(said.contains(&format!("\"turn {n}\"")), "turn {n} is lost");
    }
    assert!(gateway.stop().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_could_not_be_saved_is_saved_when_there_is_room() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::with_model(&model.base_url()).unwrap();
    let mut gateway = start(&home).await;
    let caller = gateway.caller().unwrap();
    let params = json!({ "message": "SLOW:300", "sessionKey": "late", "idempotencyKey": "k",
        "wait": false });
    let run = caller.rpc("agent", &params).await.unwrap()["runId"].clone();
    // What the answer costs is reserved before the disk is full; without that no call is made.
    while model.calls() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let filler = inside(&gateway, &home).join("filler");
    fill(&filler);
    // Uses up what SQLite has in reserve, so that the end of the slow run finds no room.
    let mut n = 0;
    while ask(&caller, n).await.status != 503 {
        n += 1;
        assert!(n < PATIENCE, "the disk never became full");
    }
    let ended = json!({ "runId": run, "timeoutMs": 4_000 });
    let waited = caller.rpc("agent.wait", &ended).await.unwrap();
    assert_eq!(
        waited["status"], "timeout",
        "it cannot have been saved: {waited}"
    );
    std::fs::remove_file(filler).unwrap();
    let ended = json!({ "runId": run, "timeoutMs": 20_000 });
    let waited = caller.rpc("agent.wait", &ended).await.unwrap();
    assert_eq!(waited["outcome"], "completed", "{waited}");
    let asked = json!({ "sessionKey": "late" });
    let history = caller.rpc("chat.history", &asked).await.unwrap();
    let last = history["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last["content"][0]["text"], "Hello from the fake model.",
        "{history}"
    );
    assert!(gateway.stop().await.unwrap().success());
}
