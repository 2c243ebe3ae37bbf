//! `openclaw gateway …` and the commands that talk to a running gateway.

use super::Sandbox;
use super::sandbox::Running;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Starts a gateway and waits until it answers calls.
pub(crate) fn started(sandbox: &Sandbox, args: &[&str]) -> Running {
    let gateway = sandbox.start(args);
    let deadline = Instant::now() + Duration::from_secs(20);
    while sandbox.run(&["gateway", "status", "--require-rpc"]).code != 0 {
        assert!(
            Instant::now() < deadline,
            "the gateway did not start: {:?}",
            gateway.end()
        );
    }
    gateway
}

#[test]
fn that_nothing_runs_is_an_answer() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["gateway", "status"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out
            .contains("not running; start it with: openclaw gateway run"),
        "{}",
        ran.out
    );
    let json = sandbox.run(&["gateway", "status", "--json"]).json();
    assert_eq!(json["gateway"]["running"], false);
    assert_eq!(json["gateway"]["port"], sandbox.port);
    assert_eq!(json["gateway"]["portSource"], "env");
    assert_eq!(json["config"]["valid"], true);
    assert_eq!(json["rpc"]["ok"], false);
    assert_eq!(sandbox.run(&["gateway", "status", "--require-rpc"]).code, 1);
    let ran = sandbox.run(&["gateway", "stop"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("no gateway is running"), "{}", ran.out);
    assert_eq!(sandbox.run(&["status"]).code, 0);
    for args in [
        &["health"][..],
        &["dashboard"],
        &["agent", "-m", "x"],
        &["gateway", "call", "status"],
    ] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, 1, "{args:?}");
        assert!(
            format!("{}{}", ran.out, ran.err).contains("openclaw gateway run"),
            "{ran:?}"
        );
    }
    let json = sandbox.run(&["health", "--json"]).json();
    assert_eq!(json["error"]["type"], "gateway_transport_error");
    assert_eq!(json["error"]["code"], "UNREACHABLE");
    assert!(!sandbox.state("").try_exists().unwrap());
}

#[test]
fn a_gateway_starts_on_nothing_serves_and_stops() {
    let sandbox = Sandbox::new();
    let gateway = started(&sandbox, &["gateway"]);
    let health = sandbox.run(&["health", "--probe"]);
    assert_eq!(health.code, 0, "{}", health.err);

    let ran = sandbox.run(&[
        "agent",
        "-m",
        "my name is Ann",
        "--model",
        "offline/demo",
        "--json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let said = ran.json();
    assert_eq!(
        (&said["status"], &said["summary"]),
        (&"ok".into(), &"completed".into())
    );
    let meta = &said["result"]["meta"]["agentMeta"];
    assert_eq!(
        (&meta["provider"], &meta["model"]),
        (&"offline".into(), &"demo".into())
    );
    let ran = sandbox.run(&["agent", "-m", "hello", "--model", "offline/demo"]);
    assert!(
        ran.out.contains("Ann"),
        "the session is remembered: {}",
        ran.out
    );

    let status = sandbox.run(&["status", "--json"]).json();
    assert_eq!(status["gateway"]["reachable"], true);
    assert_eq!(status["authMode"], "token");
    let link = sandbox.run(&["dashboard"]);
    assert!(link.out.contains("/#code="), "{}", link.out);
    let history = [
        "gateway",
        "call",
        "chat.history",
        "--params",
        r#"{"sessionKey":"main"}"#,
    ];
    assert_eq!(
        sandbox.run(&history).json()["messages"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let wrong = sandbox
        .run(&["status", "--token", "wrong", "--json"])
        .json();
    assert_eq!(wrong["gateway"]["reachable"], false);
    let wrong = sandbox.run(&["health", "--token", "wrong", "--json"]);
    assert_eq!(
        (wrong.code, &wrong.json()["error"]["code"]),
        (1, &"AUTH_TOKEN_MISMATCH".into())
    );

    let stopped = sandbox.run(&["gateway", "stop", "--json"]).json();
    assert_eq!(stopped["stopped"], true);
    let ended = gateway.end();
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended
            .out
            .starts_with("openclaw is listening on http://127.0.0.1:"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("\nmodel: "), "{}", ended.out);
    assert!(ended.out.contains("/#code="), "{}", ended.out);
    let token = sandbox.read("gateway.token");
    assert!(!ended.out.contains(token.trim()) && !ended.err.contains(token.trim()));
    let ran = sandbox.run(&["agent", "-m", "hello", "--model", "offline/demo", "--local"]);
    assert!(ran.out.contains("Ann"), "{}", ran.out);
}

#[test]
fn a_running_gateway_is_noticed_by_every_command() {
    let sandbox = Sandbox::new();
    let gateway = started(&sandbox, &["gateway"]);
    let ran = sandbox.run(&["agent", "-m", "x", "--agent", "nobody"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("nobody") && ran.err.contains("fix: use main"),
        "{}",
        ran.err
    );
    let ran = sandbox.run(&["agent", "-m", "x", "--local"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("fix: leave --local out"), "{}", ran.err);

    let second = sandbox.run(&["gateway", "run"]);
    assert_eq!(second.code, 1);
    assert!(second.err.contains("another gateway"), "{}", second.err);
    let ran = sandbox.run(&["config", "set", "gateway.auth.mode", "token"]);
    assert!(ran.out.contains("takes it over by itself"), "{}", ran.out);
    let ran = sandbox.run(&["config", "set", "gateway.port", "4000"]);
    assert!(ran.out.contains("Restart the gateway"), "{}", ran.out);
    assert_eq!(sandbox.run(&["doctor"]).code, 0);

    std::fs::write(sandbox.state("openclaw.json"), "{ gateway: { port: 'x', ").unwrap();
    assert_eq!(
        sandbox.run(&["health"]).code,
        0,
        "a broken file shuts nobody out"
    );
    assert_eq!(sandbox.run(&["gateway", "stop"]).code, 0);
    assert_eq!(gateway.end().code, 0);
}

#[test]
fn force_replaces_the_running_gateway() {
    let sandbox = Sandbox::new();
    let first = started(&sandbox, &["gateway", "run", "--log-json"]);
    let second = sandbox.start(&["gateway", "run", "--force"]);
    let first = first.end();
    assert_eq!(first.code, 0);
    for line in first.err.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while sandbox.run(&["gateway", "status", "--require-rpc"]).code != 0 {
        assert!(Instant::now() < deadline);
    }
    assert_eq!(sandbox.run(&["gateway", "stop"]).code, 0);
    assert_eq!(second.end().code, 0);
}

#[test]
fn an_open_gateway_is_refused_with_78_and_the_reason() {
    let sandbox = Sandbox::new();
    for (args, reason) in [
        (
            &["gateway", "run", "--bind", "lan", "--auth", "none"][..],
            "none",
        ),
        (
            &["gateway", "run", "--bind", "lan", "--token", "short"],
            "token",
        ),
        (
            &[
                "gateway",
                "run",
                "--bind",
                "lan",
                "--auth",
                "password",
                "--password",
                "short",
            ],
            "password",
        ),
    ] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, 78, "{args:?}: {}", ran.err);
        assert!(ran.err.contains("error: refusing to start"), "{}", ran.err);
        assert!(
            ran.err.contains(reason) && ran.err.contains("\nfix: "),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_start_that_fails_says_why() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", "{ gateway: { port: 'x' } }");
    let ran = sandbox.run(&["gateway", "run"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("Problem: gateway.port: "), "{}", ran.err);
    let sandbox = Sandbox::new();
    let _other = std::net::TcpListener::bind(("127.0.0.1", sandbox.port)).unwrap();
    let ran = sandbox.run(&["gateway", "run"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&sandbox.port.to_string()), "{}", ran.err);
}

#[test]
fn the_password_opens_a_gateway_with_a_password() {
    let sandbox = Sandbox::new().with("OPENCLAW_GATEWAY_PASSWORD", "correct horse battery");
    let gateway = started(&sandbox, &["gateway", "run", "--auth", "password"]);
    assert_eq!(sandbox.run(&["health"]).code, 0);
    assert_eq!(sandbox.run(&["health", "--password", "wrong"]).code, 1);
    assert_eq!(sandbox.run(&["gateway", "stop"]).code, 0);
    assert_eq!(gateway.end().code, 0);
}

#[test]
fn the_first_signal_waits_for_runs_and_the_second_does_not() {
    let sandbox = Sandbox::new();
    let gateway = started(&sandbox, &["gateway"]);
    let hang = r#"/script {"deltas":["a"],"fail":{"kind":"hang","afterDeltas":1}}"#;
    let run = sandbox.start(&["agent", "-m", hang, "--model", "offline/demo"]);
    let deadline = Instant::now() + Duration::from_secs(20);
    let active = || sandbox.run(&["status", "--json"]).json()["activeRuns"].clone();
    while active() != 1 {
        assert!(Instant::now() < deadline);
    }
    gateway.signal(Signal::TERM);
    while sandbox.run(&["gateway", "status", "--require-rpc"]).code == 0 {
        assert!(Instant::now() < deadline);
    }
    let status = sandbox
        .run(&["gateway", "status", "--json", "--no-probe"])
        .json();
    assert_eq!(status["gateway"]["running"], true, "the run is waited for");
    gateway.signal(Signal::TERM);
    let ended = gateway.end();
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(Instant::now() < deadline, "the second signal hurries");
    assert_eq!(run.end().code, 1);
}
