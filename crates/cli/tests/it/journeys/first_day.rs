//! From an empty home to a conversation that survives `kill -9` in the middle of an answer.

use super::{BINARY, openclaw};
use serde_json::{Value, json};
use std::path::Path;
use testkit::{Caller, FakeModel, GatewayProcess, Home, Launch};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test(flavor = "multi_thread")]
async fn a_first_day() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::empty().unwrap();
    let token = onboard(&home, &model.base_url());
    let launch = Launch::with_binary(&home, BINARY).unwrap();
    let mut gateway = launch.without_token().start().await.unwrap();
    let caller = gateway.stranger().bearer(&token).unwrap();
    let (run, session) = talk(&caller, &mut gateway).await;
    gateway.restart().await.unwrap();
    look_back(&caller, &run, &session).await;
    let status = gateway.stop().await.unwrap();
    assert!(status.success(), "{status}");
    let said = format!("{}{}", gateway.stdout(), gateway.stderr());
    assert!(
        !said.contains(&token) && !said.contains("fake-key"),
        "{said}"
    );
}

/// Sets up without questions and returns the gateway token.
fn onboard(home: &Home, base_url: &str) -> String {
    let mut arguments = vec!["onboard", "--non-interactive", "--accept-risk", "--json"];
    arguments.extend(["--enable-chat-completions", "--custom-base-url", base_url]);
    arguments.extend([
        "--custom-api-key",
        "fake-key",
        "--custom-model-id",
        "fake-1",
    ]);
    let output = openclaw(home.root(), &home.state_dir(), &arguments);
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(said["gateway"]["authMode"], "token", "{said}");
    assert_eq!(said["testMessage"]["ok"], true, "{said}");
    assert!(home.state_dir().join("state.db").is_file());
    let workspace = Path::new(said["workspace"].as_str().unwrap());
    assert!(workspace.join("AGENTS.md").is_file());
    let settings = std::fs::read_to_string(home.config_path()).unwrap();
    let token = std::fs::read_to_string(home.state_dir().join("gateway.token")).unwrap();
    let token = token.trim();
    assert!(
        !settings.contains("fake-key") && !settings.contains(token),
        "{settings}"
    );
    token.to_owned()
}

fn chat(text: &str) -> Value {
    json!({ "model": "openclaw", "user": "me", "messages": [{ "role": "user", "content": text }] })
}

fn streamed(text: &str) -> Value {
    let mut body = chat(text);
    body["stream"] = true.into();
    body
}

/// Two whole answers, and one in the middle of which the gateway dies. Returns its run and session.
async fn talk(caller: &Caller, gateway: &mut GatewayProcess) -> (String, String) {
    let whole = caller.post_json(CHAT, &chat("hello")).await.unwrap();
    assert_eq!(whole.status, 200, "{}", whole.text());
    let stream = caller.stream(CHAT, &streamed("hello")).await.unwrap();
    assert_eq!(stream.text().await.unwrap(), "Hello from the fake model.");
    let mut stream = caller.stream(CHAT, &streamed("SLOW:400")).await.unwrap();
    let run = stream.header("x-openclaw-run-id").unwrap().to_owned();
    let session = stream.header("x-openclaw-session-key").unwrap().to_owned();
    // A draft is kept half a second after the first words; by the fifth event it is on disk.
    for _ in 0..5 {
        stream.next().await.unwrap();
    }
    gateway.kill9().await.unwrap();
    (run, session)
}

/// The session is intact, the run has ended, and the conversation goes on.
async fn look_back(caller: &Caller, run: &str, session: &str) {
    let wait = json!({ "runId": run, "timeoutMs": 10_000 });
    assert_eq!(
        caller.rpc("agent.wait", &wait).await.unwrap()["outcome"],
        "interrupted"
    );
    let asked = json!({ "sessionKey": session });
    let history = caller.rpc("chat.history", &asked).await.unwrap();
    let messages = history["messages"].as_array().unwrap();
    let seen: Vec<_> = messages
        .iter()
        .map(|message| {
            (
                message["role"].as_str().unwrap(),
                message["incomplete"] == true,
            )
        })
        .collect();
    let whole = [("user", false), ("assistant", false)];
    let cut = [("user", false), ("assistant", true)];
    assert_eq!(seen, [whole, whole, cut].concat(), "{history}");
    let next = caller.post_json(CHAT, &chat("hello")).await.unwrap();
    assert_eq!(
        next.status,
        200,
        "the conversation goes on: {}",
        next.text()
    );
}
