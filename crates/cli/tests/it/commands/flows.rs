//! Whole ways of people: a session from its first word to its end, a node, the rules for commands, the
//! log while it grows, and what goes wrong with a call.

use super::Sandbox;
use super::gateway::started;
use super::node::{Pair, until};
use rustix::process::Signal;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

fn says(sandbox: &Sandbox, command: &[&str], part: &str) {
    let ran = sandbox.run(command);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, ""),
        "{command:?}: {}",
        ran.out
    );
    assert!(ran.out.contains(part), "{command:?}: {}", ran.out);
}

fn fails(sandbox: &Sandbox, command: &[&str], code: i32, parts: &[&str]) {
    let ran = sandbox.run(command);
    let text = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.code, code, "{command:?}: {text}");
    for part in parts {
        assert!(
            text.contains(part),
            "{command:?} does not say {part:?}: {text}"
        );
    }
}

#[test]
fn a_session_is_looked_at_changed_begun_anew_and_deleted() {
    let sandbox = Sandbox::new();
    let _gateway = started(&sandbox, &["gateway"]);
    let say = |key: &str| {
        let ran = sandbox.run(&[
            "agent",
            "-m",
            "hello",
            "--session-key",
            key,
            "--model",
            "offline/demo",
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    say("lab");
    says(&sandbox, &["sessions"], "agent:main:lab");
    says(&sandbox, &["sessions", "show", "lab"], "agent:main:lab");
    says(&sandbox, &["sessions", "history", "lab"], "user: hello");
    let patch = [
        "sessions",
        "patch",
        "lab",
        "--label",
        "Shapes",
        "--model",
        "offline/demo",
    ];
    says(&sandbox, &patch, "agent:main:lab is changed");
    says(&sandbox, &["sessions", "show", "lab"], "Shapes");
    says(&sandbox, &["sessions", "--search", "shap"], "Shapes");
    let before = sandbox.run(&["sessions", "show", "lab", "--json"]).json();
    assert_eq!(before["session"]["model"], "demo");
    fails(
        &sandbox,
        &["sessions", "patch", "lab", "--model", "no/such"],
        1,
        &["error: ", "no"],
    );

    says(
        &sandbox,
        &["sessions", "reset", "lab"],
        "agent:main:lab begins anew",
    );
    says(
        &sandbox,
        &["sessions", "history", "lab"],
        "nothing was said yet",
    );
    let after = sandbox.run(&["sessions", "show", "lab", "--json"]).json();
    assert_ne!(
        after["session"]["sessionId"],
        before["session"]["sessionId"]
    );
    assert_eq!(after["session"]["label"], "Shapes");

    says(
        &sandbox,
        &["sessions", "delete", "lab"],
        "agent:main:lab is deleted",
    );
    fails(
        &sandbox,
        &["sessions", "show", "lab"],
        1,
        &["no session has the key", "fix: openclaw sessions"],
    );
    fails(
        &sandbox,
        &["sessions", "delete", "lab"],
        1,
        &["no session has the key", "fix: openclaw sessions"],
    );
    say("main");
    fails(
        &sandbox,
        &["sessions", "delete", "main"],
        1,
        &["Cannot delete the main session"],
    );
}

#[test]
fn nodes_that_wait_are_a_list() {
    let sandbox = Sandbox::new();
    let _gateway = started(&sandbox, &["gateway"]);
    let waiting = || {
        let ran = sandbox.run(&["nodes", "pending", "--json"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        ran.json()
    };
    assert_eq!(waiting(), json!([]));
    let ask = r#"{"nodeId":"shed-1","displayName":"shed"}"#;
    let asked = sandbox.run(&["gateway", "call", "node.pair.request", "--params", ask]);
    assert_eq!(asked.code, 0, "{asked:?}");
    let found = waiting();
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found[0]["nodeId"], "shed-1");
    let request = found[0]["requestId"].as_str().unwrap();
    says(&sandbox, &["nodes", "pending"], request);
    says(&sandbox, &["nodes", "reject", request], "is refused");
    assert_eq!(waiting(), json!([]));
}

#[test]
fn a_node_is_looked_at_asked_named_and_forgotten() {
    let pair = Pair::start();
    let gateway = &pair.gateway;
    says(gateway, &["nodes", "list"], "workshop");
    says(gateway, &["nodes", "status"], "connected");
    says(gateway, &["nodes", "pending"], "no node waits for approval");
    says(
        gateway,
        &["nodes", "describe", "--node", "workshop"],
        "system.which",
    );
    let which = [
        "nodes",
        "invoke",
        "--node",
        "WORKSHOP",
        "--command",
        "system.which",
        "--params",
        "{\"bins\":[\"sh\"]}",
    ];
    says(gateway, &which, "bin/sh");
    fails(
        gateway,
        &[
            "nodes",
            "invoke",
            "--node",
            "workshop",
            "--command",
            "no.such",
        ],
        1,
        &["error: ", "no.such"],
    );
    fails(
        gateway,
        &["nodes", "describe", "--node", "x"],
        1,
        &["no node is called", "fix: openclaw nodes status"],
    );
    says(
        gateway,
        &["nodes", "rename", "--node", "workshop", "--name", "bench"],
        "called bench now",
    );
    says(gateway, &["nodes", "describe", "--node", "bench"], "bench");
    says(
        gateway,
        &["nodes", "remove", "--node", "bench"],
        "is forgotten",
    );
    until("the node's end", || {
        gateway.run(&["nodes", "describe", "--node", "bench"]).code == 1
    });
}

#[test]
fn the_rules_for_commands_are_read_and_replaced_here_and_on_a_node() {
    let pair = Pair::start();
    let gateway = &pair.gateway;
    let touch = json!({ "command": ["true"] });
    assert_eq!(pair.invoke("system.run", &touch).code, 1);
    let rules = json!({ "version": 1, "defaults": { "security": "full", "ask": "off" } });
    std::fs::write(gateway.state("rules.json"), rules.to_string()).unwrap();
    let file = gateway.state("rules.json").display().to_string();
    for place in [&[][..], &["--node", "workshop"]] {
        let command = |words: &[&str]| -> Vec<String> {
            words
                .iter()
                .chain(place)
                .map(|word| (*word).to_owned())
                .collect()
        };
        let typed = command(&["approvals", "get"]);
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        says(gateway, &typed, "exec-approvals.json");
        let typed = command(&["approvals", "set", &file]);
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        says(gateway, &typed, "full");
        let typed = command(&["approvals", "get", "--json"]);
        let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        let got = gateway.run(&typed).json();
        assert_eq!(got["file"]["defaults"], rules["defaults"], "{got}");
    }
    // What was written for the node counts there.
    let ran = pair.invoke("system.run", &touch);
    assert_eq!(
        (ran.code, &ran.json()["payload"]["success"]),
        (0, &json!(true))
    );
    std::fs::write(gateway.state("rules.json"), "{").unwrap();
    fails(
        gateway,
        &["approvals", "set", &file],
        2,
        &["is not JSON", "fix: "],
    );
    std::fs::write(
        gateway.state("rules.json"),
        "{\"version\": 1, \"defaults\": {\"security\": \"everything\"}}",
    )
    .unwrap();
    fails(
        gateway,
        &["approvals", "set", &file],
        1,
        &["error: ", "security"],
    );
}

#[test]
fn the_log_is_followed_until_the_gateway_goes() {
    let sandbox = Sandbox::new();
    let gateway = started(&sandbox, &["gateway"]);
    let mut follow = sandbox
        .command(&["logs", "--follow", "--limit", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, heard) = channel();
    let out = BufReader::new(follow.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        for line in out.lines() {
            if tell.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    let patience = Duration::from_secs(30);
    let first = heard.recv_timeout(patience).unwrap();
    assert!(!first.contains("settings"), "{first}");
    let set = ["config", "set", "agents.defaults.timeoutSeconds", "77"];
    assert_eq!(sandbox.run(&set).code, 0);
    loop {
        let line = heard.recv_timeout(patience).unwrap();
        if line.contains("settings") {
            break;
        }
    }
    gateway.signal(Signal::KILL);
    drop(gateway);
    let ended = follow.wait_with_output().unwrap();
    drop(heard);
    reader.join().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(
        err.contains("was closed") && err.contains("fix: openclaw gateway status"),
        "{err}"
    );
}

#[test]
fn a_call_that_cannot_work_says_what_to_do() {
    let sandbox = Sandbox::new();
    let call = |rest: &[&'static str]| -> Vec<&'static str> {
        ["gateway", "call"].iter().chain(rest).copied().collect()
    };
    fails(
        &sandbox,
        &call(&["health"]),
        1,
        &["UNREACHABLE", "openclaw gateway run"],
    );
    let gateway = started(&sandbox, &["gateway"]);
    fails(
        &sandbox,
        &call(&["health", "--params", "{"]),
        2,
        &["--params is not JSON", "write an object"],
    );
    for odd in ["[1]", "7", "\"x\"", "null"] {
        fails(
            &sandbox,
            &call(&["health", "--params", odd]),
            2,
            &["not an object", "write an object"],
        );
    }
    fails(
        &sandbox,
        &call(&["no.such"]),
        1,
        &["unknown method: no.such", "openclaw gateway probe"],
    );
    fails(
        &sandbox,
        &call(&["chat.send", "--params", "{}"]),
        1,
        &["invalid chat.send params", "fix"],
    );
    let url: &'static str = format!("ws://127.0.0.1:{}", sandbox.port).leak();
    fails(
        &sandbox,
        &call(&["health", "--url", url, "--token", "wrong"]),
        1,
        &["AUTH_TOKEN_MISMATCH", "--token"],
    );
    fails(
        &sandbox,
        &call(&["health", "--url", url]),
        2,
        &["without a secret", "--token"],
    );
    fails(
        &sandbox,
        &call(&["health", "--url", "localhost:1", "--token", "x"]),
        2,
        &["ws://"],
    );
    drop(gateway);
}
