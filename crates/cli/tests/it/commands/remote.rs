//! The commands that ask a running gateway: what each prints and exits with.

use super::Sandbox;
use super::gateway::started;
use super::sandbox::Running;
use serde_json::{Value, json};

fn running() -> (Sandbox, Running) {
    let sandbox = Sandbox::new();
    let gateway = started(&sandbox, &["gateway"]);
    let ran = sandbox.run(&["agent", "-m", "hello", "--model", "offline/demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    (sandbox, gateway)
}

/// Commands that ask and change nothing that another one shows.
const ASKING: &[&[&str]] = &[
    &["health"],
    &["status"],
    &["status", "--all"],
    &["gateway", "status", "--require-rpc"],
    &["gateway", "probe"],
    &["gateway", "call", "health"],
    &["sessions"],
    &["sessions", "list", "--limit", "5"],
    &["sessions", "show", "main"],
    &["sessions", "history", "main"],
    &["agents", "list"],
    &["models", "list"],
    &["models", "status"],
    &["channels", "status"],
    &["devices", "list"],
    &["nodes", "status"],
    &["nodes", "list"],
    &["nodes", "pending"],
    &["approvals", "get"],
    &["approvals", "allowlist", "add", "/usr/bin/git"],
    &["approvals", "pending"],
    &["logs", "--limit", "5"],
    &["skills", "list"],
    &["system", "presence"],
    &["system", "heartbeat", "last"],
    &["cron", "list"],
    &["cron", "status"],
    &["cron", "runs"],
    &["hooks", "list"],
    &["secrets", "reload"],
    &["gateway", "usage-cost", "--days", "7"],
];

/// A command either works, in text and as JSON, or its method is absent from the gateway and it
/// says why.
#[test]
fn every_asking_command_exits_with_0_or_says_what_is_absent() {
    let (sandbox, _gateway) = running();
    let mut worked = 0;
    for command in ASKING {
        let with_json: Vec<&str> = command.iter().chain(&["--json"]).copied().collect();
        let ran = sandbox.run(&with_json);
        let answer = ran.json();
        let text = sandbox.run(command);
        assert_eq!(text.code, ran.code, "{command:?}: {ran:?} {text:?}");
        if ran.code == 0 {
            assert!(!text.out.trim().is_empty(), "{command:?} shows nothing");
            assert_eq!(text.err, "", "{command:?}");
            worked += 1;
            continue;
        }
        let code = answer["error"]["code"].as_str().unwrap();
        assert!(
            ran.code == 1 && matches!(code, "UNAVAILABLE" | "NOT_AVAILABLE"),
            "{command:?}: {answer}"
        );
        assert!(text.err.starts_with("error: "), "{text:?}");
    }
    assert!(worked > 27, "{worked} commands worked");
}

/// Commands whose subsystem is not there, and the words of the way that is.
const NOT_THERE: &[(&[&str], &str)] = &[
    (
        &[
            "cron",
            "add",
            "--name",
            "n",
            "--every",
            "1h",
            "--message",
            "m",
        ],
        "call agent from a timer",
    ),
    (&["cron", "run", "x"], "call agent from a timer"),
    (&["cron", "rm", "x"], "call agent from a timer"),
    (&["cron", "enable", "x"], "call agent from a timer"),
    (
        &[
            "message",
            "send",
            "--channel",
            "c",
            "--target",
            "t",
            "-m",
            "m",
        ],
        "use chat.send or agent",
    ),
    (&["system", "heartbeat", "enable"], "no heartbeats"),
];

#[test]
fn what_is_not_there_yet_is_said_in_one_line_with_what_to_use() {
    let (sandbox, _gateway) = running();
    for (command, says) in NOT_THERE {
        let ran = sandbox.run(command);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{command:?}");
        let lines: Vec<&str> = ran.err.lines().collect();
        assert!(
            lines.len() == 1 && lines[0].starts_with("error: ") && lines[0].contains(says),
            "{command:?}: {ran:?}"
        );
        let with_json: Vec<&str> = command.iter().chain(&["--json"]).copied().collect();
        let ran = sandbox.run(&with_json);
        let error = ran.json()["error"].clone();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
    }
}

#[test]
fn what_a_job_or_a_message_would_be_is_checked_before_anybody_is_asked() {
    let sandbox = Sandbox::new();
    let job = ["cron", "add", "--name", "n"];
    for (rest, says) in [
        (&["--message", "m"][..], "--every"),
        (&["--every", "1h"], "--message"),
        (&["--every", "soon", "--message", "m"], "--every 30m"),
        (
            &["--every", "1h", "--at", "x", "--message", "m"],
            "cannot be used",
        ),
    ] {
        let command: Vec<&str> = job.iter().chain(rest).copied().collect();
        let ran = sandbox.run(&command);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(says), "{ran:?}");
    }
    let send = ["message", "send", "--channel", "irc", "--target", "#a"];
    assert_eq!(sandbox.run(&send).code, 2);
    let dry: Vec<&str> = send
        .iter()
        .chain(&["-m", "hi", "--dry-run"])
        .copied()
        .collect();
    let shown: Value = sandbox.run(&dry).json();
    assert_eq!(
        (
            &shown["action"],
            &shown["params"]["to"],
            &shown["params"]["message"]
        ),
        (&"send".into(), &"#a".into(), &"hi".into())
    );
}

#[test]
fn the_whole_status_shows_who_is_there_and_no_secret() {
    let (sandbox, _gateway) = running();
    let token = sandbox.read("gateway.token");
    let text = sandbox.run(&["status", "--all"]);
    for part in [
        "listens on",
        "settings",
        "WHO",
        "gateway",
        "no chat network",
    ] {
        assert!(text.out.contains(part), "{part}: {text:?}");
    }
    let json = sandbox.run(&["status", "--all", "--json"]);
    assert!(!json.out.contains(token.trim()) && !text.out.contains(token.trim()));
    let json = json.json();
    assert_eq!(json["health"]["ok"], true);
    assert_eq!(json["presence"][0]["mode"], "gateway");
    assert!(json["channels"]["channelOrder"].is_array() && json["stability"]["count"] == 0);
    let idle = Sandbox::new();
    let ran = idle.run(&["status", "--all"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("fix: openclaw gateway run"), "{ran:?}");
}

#[test]
fn a_wrong_token_is_told_by_its_code_over_both_wires() {
    let (sandbox, _gateway) = running();
    for (scheme, code) in [("ws", "AUTH_TOKEN_MISMATCH"), ("http", "UNAUTHORIZED")] {
        let url = format!("{scheme}://127.0.0.1:{}", sandbox.port);
        let ran = sandbox.run(&["sessions", "--url", &url, "--token", "hunter2", "--json"]);
        let error = ran.json()["error"].clone();
        assert_eq!(
            (ran.code, &error["details"]["code"]),
            (1, &code.into()),
            "{error}"
        );
        assert!(
            error["fix"].as_str().unwrap().contains("--token"),
            "{error}"
        );
        assert!(!ran.out.contains("hunter2"), "{ran:?}");
    }
}

#[test]
fn another_machines_settings_and_environment_lead_to_the_gateway() {
    let (sandbox, _gateway) = running();
    let token = sandbox.read("gateway.token");
    let token = token.trim();
    let url = format!("ws://127.0.0.1:{}", sandbox.port);
    let remote = json!({ "url": url, "token": token });
    let settings = json!({ "gateway": { "mode": "remote", "remote": remote } });
    let other = Sandbox::new().with_settings("openclaw.json", &settings.to_string());
    let ran = other.run(&["health"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let status = other.run(&["status", "--json"]).json();
    assert_eq!(
        (&status["gateway"]["mode"], &status["gateway"]["url"]),
        (&"remote".into(), &url.as_str().into())
    );
    let ran = other.run(&["config", "validate"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));

    let by_env = Sandbox::new()
        .with("OPENCLAW_GATEWAY_URL", &url)
        .with("OPENCLAW_GATEWAY_TOKEN", token);
    assert_eq!(by_env.run(&["agents", "list"]).code, 0);

    let unset = Sandbox::new().with_settings("openclaw.json", "{ gateway: { mode: 'remote' } }");
    let ran = unset.run(&["health"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .contains("fix: openclaw config set gateway.remote.url"),
        "{}",
        ran.err
    );
    let ran = unset.run(&["health", "--url", "ws://8.8.8.8:1", "--token", "x"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("wss://"), "{}", ran.err);
}

#[test]
fn a_call_waits_for_the_end_when_asked_and_an_answer_is_shown_while_it_grows() {
    let (sandbox, _gateway) = running();
    let call = |key: &str, more: &[&str]| -> Value {
        let params = json!({ "message": "hello", "model": "offline/demo", "idempotencyKey": key });
        let params = params.to_string();
        let mut command = vec!["gateway", "call", "agent", "--params", &params];
        command.extend(more);
        sandbox.run(&command).json()
    };
    assert_eq!(call("one", &[])["status"], "accepted");
    assert_eq!(call("two", &["--expect-final"])["status"], "ok");

    let slowly = "/pace 150 one two three four five six";
    let ask = ["agent", "-m", slowly, "--model", "offline/demo", "--stream"];
    let ran = sandbox.run(&ask);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "one two three four five six\n");
    let as_json: Vec<&str> = ask.iter().chain(&["--json"]).copied().collect();
    let lines: Vec<Value> = sandbox
        .run(&as_json)
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.last().unwrap()["status"], "ok");
    let is_text = |line: &Value| line["payload"]["stream"] == "assistant";
    assert!(lines.iter().any(is_text), "{lines:?}");
}

#[test]
fn errors_say_what_to_type_next() {
    let (sandbox, _gateway) = running();
    let invoke = ["nodes", "invoke", "--node", "x", "--command", "y"];
    let odd: Vec<&str> = invoke.iter().chain(&["--params", "{"]).copied().collect();
    for (command, code, says) in [
        (
            &["devices", "approve"][..],
            1,
            "no device asks to be let in",
        ),
        (&["devices", "remove", "nobody"], 1, "error: "),
        (&["nodes", "approve"], 1, "no node waits for approval"),
        (&invoke, 1, "no node is called"),
        (&odd, 2, "not JSON"),
        (
            &["approvals", "allow", "nobody"],
            1,
            "fix: openclaw approvals pending",
        ),
        (&["approvals", "set", "missing.json"], 2, "missing.json"),
        (&["sessions", "patch", "main"], 2, "nothing to change"),
        (&["gateway", "call", "no.such"], 1, "no.such"),
    ] {
        let ran = sandbox.run(command);
        assert_eq!(ran.code, code, "{command:?}: {ran:?}");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains(says), "{command:?}: {ran:?}");
    }
}
