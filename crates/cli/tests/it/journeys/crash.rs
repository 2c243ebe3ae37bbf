//! A hundred times: load, `kill -9` at a random moment, restart, and everything that was acknowledged
//! is there, ended, and no tool did its work twice (security specification, 7.3).

use super::{BINARY, socket};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::{Caller, FakeModel, GatewayProcess, Home, Launch};
use tokio::task::JoinSet;

const CYCLES: u64 = 100;

/// Clients that send turns at the same time.
const CLIENTS: u64 = 6;

/// The latest moment of death.
const LATEST_MS: u64 = 300;

/// A turn the gateway said it has.
struct Acknowledged {
    run: String,
    session: String,
    text: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::with_model(&model.base_url()).unwrap();
    let mut gateway = Launch::with_binary(&home, BINARY)
        .unwrap()
        .start()
        .await
        .unwrap();
    let workspace = home.state_dir().join("workspace");
    // A small generator of its own: which moments are tried must not depend on a library's version.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(std::process::id());
    let mut total = 0;
    for cycle in 0..CYCLES {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let load = Load {
                caller: gateway.caller().unwrap(),
                name: format!("{cycle}-{client}"),
                session: format!("c{cycle}-{}", client % 4),
                workspace: workspace.clone(),
                stop: Arc::clone(&stop),
            };
            clients.spawn(load.run(client));
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        tokio::time::sleep(Duration::from_millis(random % LATEST_MS)).await;
        gateway.kill9().await.unwrap();
        stop.store(true, Ordering::Relaxed);
        let mut acknowledged = Vec::new();
        while let Some(client) = clients.join_next().await {
            acknowledged.extend(client.unwrap());
        }
        gateway.restart().await.unwrap();
        total += acknowledged.len();
        verify(&gateway, &acknowledged, cycle).await;
    }
    assert!(
        total > 1_000,
        "only {total} turns were acknowledged: that is no load"
    );
    let twice: Vec<_> = std::fs::read_dir(&workspace)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "count"))
        .map(|path| (std::fs::read_to_string(&path).unwrap(), path))
        .filter(|(text, _)| !["|", "|+"].contains(&text.as_str()))
        .collect();
    assert!(twice.is_empty(), "a tool did its work twice: {twice:?}");
    gateway.stop().await.unwrap();
    let home = home.state_dir();
    drop(gateway);
    let database = std::process::Command::new(BINARY)
        .args(["doctor", "--json"])
        .env_clear()
        .env("HOME", &home)
        .env("OPENCLAW_STATE_DIR", &home)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&database.stdout);
    assert!(!report.contains("damaged"), "{report}");
}

/// A message that was acknowledged is answered, whatever happens to the process afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_message_is_answered_by_the_next_process() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::with_model(&model.base_url()).unwrap();
    let mut gateway = Launch::with_binary(&home, BINARY)
        .unwrap()
        .start()
        .await
        .unwrap();
    let sent = json!({ "sessionKey": "main", "message": "SLOW:150", "idempotencyKey": "sent" });
    let ack = gateway
        .caller()
        .unwrap()
        .rpc("chat.send", &sent)
        .await
        .unwrap();
    assert_eq!(ack["status"], "started");
    gateway.kill9().await.unwrap();
    gateway.restart().await.unwrap();
    let caller = gateway.caller().unwrap();
    let wait = json!({ "runId": "sent", "timeoutMs": 20_000 });
    let end = caller.rpc("agent.wait", &wait).await.unwrap();
    assert_eq!(end["status"], "ok", "{end}");
    let again = caller.rpc("chat.send", &sent).await.unwrap();
    assert_eq!(again["status"], "ok");
    let history = json!({ "sessionKey": "main" });
    let history = caller.rpc("chat.history", &history).await.unwrap();
    let messages = history["messages"].as_array().unwrap();
    let said = |role: &str| messages.iter().filter(|it| it["role"] == role).count();
    assert_eq!(said("user"), 1, "{history}");
    assert!(
        messages
            .iter()
            .any(|it| it["role"] == "assistant" && it["incomplete"] == false)
    );
    gateway.stop().await.unwrap();
}

/// Killed the moment a socket was told that the gateway has the message: it is there once, its run
/// ends, and whoever asks again gets the same run.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_socket_was_told_survives_kill_9() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::with_model(&model.base_url()).unwrap();
    let mut gateway = Launch::with_binary(&home, BINARY)
        .unwrap()
        .start()
        .await
        .unwrap();
    let rounds = 12;
    for round in 0..rounds {
        let key = format!("round-{round}");
        let script = ["SAY:done", "SLOW:100"][round % 2];
        let sent = json!({ "sessionKey": "main", "message": format!("{script} {key}"),
            "idempotencyKey": key });
        let connection = socket(&gateway).await;
        let ack = connection.call_named("chat.send", &sent).await.unwrap();
        gateway.kill9().await.unwrap();
        assert_eq!(
            (&ack["runId"], &ack["status"]),
            (&json!(key), &json!("started"))
        );
        gateway.restart().await.unwrap();
        let connection = socket(&gateway).await;
        let again = connection.call_named("chat.send", &sent).await.unwrap();
        assert_eq!(again["runId"], key);
        assert_ne!(again["status"], "started", "a second run");
        let wait = json!({ "runId": key, "timeoutMs": 20_000 });
        let end = connection.call_named("agent.wait", &wait).await.unwrap();
        assert_eq!(end["status"], "ok", "{end}");
        let again = connection.call_named("chat.send", &sent).await.unwrap();
        assert_eq!(
            (&again["runId"], &again["status"]),
            (&json!(key), &json!("ok"))
        );
    }
    let connection = socket(&gateway).await;
    let asked = json!({ "sessionKey": "main", "limit": 1_000 });
    let history = connection.call_named("chat.history", &asked).await.unwrap();
    let messages = history["messages"].as_array().unwrap();
    let said: Vec<_> = messages
        .iter()
        .filter(|message| message["role"] == "user")
        .filter_map(|message| text_of(&message["content"]))
        .collect();
    let expected: Vec<_> = (0..rounds)
        .map(|round| format!("{} round-{round}", ["SAY:done", "SLOW:100"][round % 2]))
        .collect();
    assert_eq!(said, expected);
    let answers = messages
        .iter()
        .filter(|message| message["role"] == "assistant" && message["incomplete"] == false);
    assert_eq!(answers.count(), rounds, "{history}");
    gateway.stop().await.unwrap();
}

/// One client.
struct Load {
    caller: Caller,
    name: String,
    session: String,
    workspace: std::path::PathBuf,
    stop: Arc<AtomicBool>,
}

impl Load {
    async fn run(self, kind: u64) -> Vec<Acknowledged> {
        let mut acknowledged = Vec::new();
        for turn in 0_u64.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let id = format!("{}-{turn}", self.name);
            let done = match kind % 3 {
                0 => self.accepted(&format!("SLOW:2 turn {id}"), &id).await,
                1 => self.streamed(&format!("SLOW:3 turn {id}")).await,
                _ => {
                    let file = format!("{id}.count");
                    std::fs::write(self.workspace.join(&file), "|").unwrap();
                    let call = json!({ "path": file, "oldText": "|", "newText": "|+" });
                    self.accepted(&format!("TOOL:edit{call}"), &id).await
                }
            };
            match done {
                Some(turn) => acknowledged.push(turn),
                // Refused for a full lane, or dead: look again in a moment.
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        acknowledged
    }

    /// A turn that is acknowledged by its reply and goes on without its caller.
    async fn accepted(&self, text: &str, id: &str) -> Option<Acknowledged> {
        let params = json!({ "message": text, "sessionKey": self.session, "idempotencyKey": id,
            "wait": false });
        let reply = self.caller.rpc("agent", &params).await.ok()?;
        assert_eq!(reply["status"], "accepted");
        Some(self.acknowledged(reply["runId"].as_str()?, text))
    }

    /// A turn that is acknowledged by the headers of its stream.
    async fn streamed(&self, text: &str) -> Option<Acknowledged> {
        let caller = self
            .caller
            .clone()
            .header("x-openclaw-session-key", &self.session)
            .unwrap();
        let body = json!({ "model": "openclaw", "stream": true,
            "messages": [{ "role": "user", "content": text }] });
        let stream = caller.stream("/v1/chat/completions", &body).await.ok()?;
        let run = stream.header("x-openclaw-run-id").map(str::to_owned)?;
        let read = stream.rest().await;
        drop(read);
        Some(self.acknowledged(&run, text))
    }

    fn acknowledged(&self, run: &str, text: &str) -> Acknowledged {
        Acknowledged {
            run: run.to_owned(),
            session: self.session.clone(),
            text: text.to_owned(),
        }
    }
}

async fn verify(gateway: &GatewayProcess, acknowledged: &[Acknowledged], cycle: u64) {
    let caller = gateway.caller().unwrap();
    for turn in acknowledged {
        let wait = json!({ "runId": turn.run, "timeoutMs": 30_000 });
        let ended = caller.rpc("agent.wait", &wait).await.unwrap();
        assert!(
            ended["outcome"].is_string(),
            "cycle {cycle}: run {} of {:?} has not ended: {ended}",
            turn.run,
            turn.text
        );
    }
    let sessions: HashSet<_> = acknowledged.iter().map(|turn| &turn.session).collect();
    for session in sessions {
        let asked = json!({ "sessionKey": session, "limit": 1_000 });
        let history = caller.rpc("chat.history", &asked).await.unwrap();
        let said: HashSet<_> = history["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|message| message["role"] == "user")
            .filter_map(|message| text_of(&message["content"]))
            .collect();
        for turn in acknowledged.iter().filter(|turn| turn.session == *session) {
            assert!(
                said.contains(&turn.text),
                "cycle {cycle}: {:?} is lost",
                turn.text
            );
        }
    }
}

fn text_of(content: &Value) -> Option<String> {
    let text = content.as_str().or_else(|| content[0]["text"].as_str());
    text.map(str::to_owned)
}
