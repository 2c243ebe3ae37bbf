//! From an empty home to a conversation that survives `kill -9` in the middle of an answer.

use super::{BINARY, openclaw};
use serde_json::{Value, json};
use testkit::{FakeModel, Home, Launch};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test(flavor = "multi_thread")]
async fn a_first_day() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::empty().unwrap();
    let base_url = model.base_url();
    let onboard = openclaw(
        home.root(),
        &home.state_dir(),
        &[
            "onboard",
            "--non-interactive",
            "--accept-risk",
            "--json",
            "--enable-chat-completions",
            "--custom-base-url",
            &base_url,
            "--custom-api-key",
            "fake-key",
            "--custom-model-id",
            "fake-1",
        ],
    );
    let said: Value = serde_json::from_slice(&onboard.stdout).unwrap_or_else(|_| {
        panic!(
            "onboard: {}\n{}",
            String::from_utf8_lossy(&onboard.stdout),
            String::from_utf8_lossy(&onboard.stderr)
        )
    });
    assert_eq!(
        (&said["ok"], &said["gateway"]["authMode"]),
        (&json!(true), &json!("token")),
        "{said}"
    );
    assert_eq!(said["testMessage"]["ok"], true, "{said}");
    assert!(home.state_dir().join("state.db").is_file());
    assert!(
        Path::new(said["workspace"].as_str().unwrap())
            .join("AGENTS.md")
            .is_file()
    );
    let secrets = std::fs::read_to_string(home.config_path()).unwrap();
    assert!(
        !secrets.contains("fake-key"),
        "the key is in the settings file"
    );
    let token = std::fs::read_to_string(home.state_dir().join("gateway.token")).unwrap();
    let token = token.trim();
    assert!(
        !secrets.contains(token),
        "the token is in the settings file"
    );

    let launch = Launch::with_binary(&home, BINARY).unwrap().without_token();
    let mut gateway = launch.start().await.unwrap();
    let caller = gateway.stranger().bearer(token).unwrap();
    let chat = json!({ "model": "openclaw", "user": "me",
        "messages": [{ "role": "user", "content": "hello" }] });
    let whole = caller.post_json(CHAT, &chat).await.unwrap();
    assert_eq!(whole.status, 200, "{}", whole.text());
    let mut streamed = chat.clone();
    streamed["stream"] = true.into();
    assert_eq!(
        caller
            .stream(CHAT, &streamed)
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "Hello from the fake model."
    );

    streamed["messages"][0]["content"] = "SLOW:400".into();
    let mut stream = caller.stream(CHAT, &streamed).await.unwrap();
    let run = stream.header("x-openclaw-run-id").unwrap().to_owned();
    let session = stream.header("x-openclaw-session-key").unwrap().to_owned();
    for _ in 0..4 {
        stream.next().await.unwrap();
    }
    gateway.kill9().await.unwrap();
    drop(stream);
    gateway.restart().await.unwrap();

    let ended = caller
        .rpc("agent.wait", &json!({ "runId": run, "timeoutMs": 10_000 }))
        .await;
    assert_eq!(ended.unwrap()["outcome"], "interrupted");
    let history = caller
        .rpc("chat.history", &json!({ "sessionKey": session }))
        .await
        .unwrap();
    let roles: Vec<_> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            (
                message["role"].as_str().unwrap(),
                message["incomplete"] == true,
            )
        })
        .collect();
    assert_eq!(
        roles,
        [
            ("user", false),
            ("assistant", false),
            ("user", false),
            ("assistant", false),
            ("user", false),
            ("assistant", true)
        ],
        "two answers whole, the third one kept as far as it was drafted: {history}"
    );
    let next = caller.post_json(CHAT, &chat).await.unwrap();
    assert_eq!(
        next.status,
        200,
        "the conversation goes on: {}",
        next.text()
    );
    let status = gateway.stop().await.unwrap();
    assert!(status.success(), "{status}");
    let everything = format!("{}{}", gateway.stdout(), gateway.stderr());
    assert!(
        !everything.contains(token) && !everything.contains("fake-key"),
        "{everything}"
    );
}

use std::path::Path;
