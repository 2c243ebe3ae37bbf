//! `openclaw node run`: a real node of a real gateway (clients, section 4; attacks D1 to D15, E1).

use super::Sandbox;
use super::sandbox::{Ran, Running};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A gateway with a node of its own home.
pub(super) struct Pair {
    pub(super) gateway: Sandbox,
    node: Sandbox,
    running: Option<Running>,
    _serving: Running,
}

impl Pair {
    pub(super) fn start() -> Self {
        let gateway = Sandbox::new();
        let serving = gateway.start(&["gateway", "run"]);
        until("the gateway", || {
            gateway.run(&["gateway", "status", "--require-rpc"]).code == 0
        });
        let token = gateway.run(&["gateway", "token"]).out.trim().to_owned();
        let node = Sandbox::new()
            .with("OPENCLAW_GATEWAY_TOKEN", &token)
            .with("AWS_SECRET_ACCESS_KEY", "not for programs");
        let port = gateway.port.to_string();
        let args = [
            "node",
            "run",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
            "--display-name",
            "workshop",
        ];
        let running = node.start(&args);
        let pair = Self {
            gateway,
            node,
            running: Some(running),
            _serving: serving,
        };
        until("the node", || {
            pair.invoke("system.which", &json!({ "bins": [] })).code == 0
        });
        pair
    }

    pub(super) fn invoke(&self, command: &str, params: &Value) -> Ran {
        let params = params.to_string();
        self.gateway.run(&[
            "nodes",
            "invoke",
            "--node",
            "workshop",
            "--command",
            command,
            "--params",
            &params,
            "--json",
        ])
    }

    /// The payload of a `system.run` that ran.
    fn ran(&self, params: &Value) -> Value {
        let ran = self.invoke("system.run", params);
        assert_eq!(ran.code, 0, "{params}: {ran:?}");
        ran.json()["payload"].take()
    }

    /// The message of a `system.run` that did not.
    fn refused(&self, params: &Value) -> String {
        let ran = self.invoke("system.run", params);
        assert_eq!(ran.code, 1, "{params}: {ran:?}");
        format!("{}{}", ran.out, ran.err)
    }

    fn rules(&self, rules: &Value) {
        std::fs::write(self.node.state("exec-approvals.json"), rules.to_string()).unwrap();
    }
}

pub(super) fn until(what: &str, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_there() {
        assert!(Instant::now() < deadline, "{what} did not come");
    }
}

#[test]
fn a_node_answers_and_leaves_when_it_is_told_to() {
    let mut pair = Pair::start();
    let which = pair
        .invoke(
            "system.which",
            &json!({ "bins": ["sh", "no-such-program", "../sh"] }),
        )
        .json();
    assert_eq!(
        (&which["ok"], &which["command"]),
        (&json!(true), &json!("system.which"))
    );
    let bins = which["payload"]["bins"].as_object().unwrap();
    assert!(
        bins.len() == 1 && bins["sh"].as_str().unwrap().ends_with("bin/sh"),
        "{which}"
    );
    let home = pair
        .node
        .state("")
        .parent()
        .unwrap()
        .canonicalize()
        .unwrap();
    std::fs::create_dir(home.join("folder")).unwrap();
    let list = pair.invoke("fs.listDir", &json!({ "path": "~" })).json();
    assert_eq!(list["payload"]["path"], home.to_str().unwrap());
    let entries = list["payload"]["entries"].as_array().unwrap();
    assert!(
        entries
            .iter()
            .any(|it| it["name"] == "folder" && it["kind"] == "directory"),
        "{list}"
    );
    let listed = pair.gateway.run(&["nodes", "list", "--json"]).out;
    assert!(
        listed.contains("\"approved\"") && listed.contains("cpuCount"),
        "{listed}"
    );
    assert_eq!(pair.node.mode("identity/device.json"), 0o600);

    let running = pair.running.take().unwrap();
    running.signal(Signal::TERM);
    let ended = running.end();
    assert_eq!(ended.code, 0, "{ended:?}");
    let line = format!(
        "node host gateway connected: ws://127.0.0.1:{}",
        pair.gateway.port
    );
    assert!(ended.out.contains(&line), "{ended:?}");
    let gone = pair.invoke("system.which", &json!({ "bins": [] }));
    assert!(
        gone.code == 1 && format!("{}{}", gone.out, gone.err).contains("not connected"),
        "{gone:?}"
    );
}

#[test]
fn programs_run_when_the_rules_or_a_person_say_so() {
    let pair = Pair::start();
    let run = |words: &[&str]| json!({ "command": words });
    assert!(pair.refused(&run(&["true"])).contains("approval required"));
    pair.rules(&json!({ "version": 1, "agents": { "main": { "allowlist": [{ "pattern": "/usr/bin/*" }, { "pattern": "/bin/*" }] } } }));
    let ran = pair.ran(&run(&["echo", "$HOME", "; touch x"]));
    assert_eq!(
        (&ran["stdout"], &ran["exitCode"], &ran["success"]),
        (&json!("$HOME ; touch x\n"), &json!(0), &json!(true))
    );
    assert_eq!(pair.ran(&run(&["false"]))["exitCode"], 1);
    for words in [
        &["env", "true"][..],
        &["sh", "-c", "true"],
        &["timeout", "1", "true"],
        &["nice", "true"],
    ] {
        assert!(
            pair.refused(&run(words)).contains("approval required"),
            "{words:?}"
        );
    }
    for wrong in [
        json!({ "command": ["./true"] }),
        json!({ "command": ["true "] }),
        json!({ "command": ["no-such-program"] }),
        json!({ "command": ["true"], "cwd": "/no/such/folder" }),
        json!({ "command": ["true"], "cwd": "relative" }),
        json!({ "command": ["true"], "rawCommand": "touch /tmp/x" }),
        json!({ "command": ["true"], "env": { "LD_PRELOAD": "/x.so" } }),
        json!({ "command": ["true"], "env": { "PATH": "/tmp" } }),
        json!({ "command": ["true"], "env": { "BASH_ENV": "/x" } }),
        json!({ "command": ["true"], "unknown": 1 }),
    ] {
        pair.refused(&wrong);
    }

    // The whole way: prepare, ask, allow, run; then the same again is refused.
    let cwd = pair.node.state("").display().to_string();
    let script = pair.node.state("script.sh");
    std::fs::write(&script, "echo from the script\n").unwrap();
    let command = json!({ "command": ["sh", "script.sh"], "cwd": cwd, "agentId": "main" });
    let allowed = |id: &str| {
        let prepared = pair.invoke("system.run.prepare", &command).json()["payload"]["plan"].take();
        let node =
            pair.gateway.run(&["nodes", "list", "--json"]).json()["nodes"][0]["nodeId"].take();
        let ask = json!({ "id": id, "host": "node", "nodeId": node, "systemRunPlan": prepared,
            "timeoutMs": 30_000, "requireDeliveryRoute": false });
        let asking = pair.gateway.start(&[
            "gateway",
            "call",
            "exec.approval.request",
            "--params",
            &ask.to_string(),
        ]);
        let allow = json!({ "id": id, "decision": "allow-once" }).to_string();
        until("the question", || {
            pair.gateway
                .run(&[
                    "gateway",
                    "call",
                    "exec.approval.resolve",
                    "--params",
                    &allow,
                ])
                .code
                == 0
        });
        drop(asking);
        let mut claim = command.clone();
        claim["command"] = prepared["argv"].clone();
        claim["approved"] = true.into();
        claim["runId"] = id.into();
        claim
    };
    let claim = allowed("one");
    let ran = pair.ran(&claim);
    assert_eq!(ran["stdout"], "from the script\n", "{ran}");
    assert!(pair.refused(&claim).contains("used already"));
    let claim = allowed("two");
    std::fs::write(&script, "touch was-here\n").unwrap();
    assert!(pair.refused(&claim).contains("has changed since"));
    assert!(!pair.node.state("was-here").try_exists().unwrap());
}

#[test]
fn programs_get_few_variables_little_time_and_leave_nothing_behind() {
    let pair = Pair::start();
    pair.rules(&json!({ "version": 1, "defaults": { "security": "full", "ask": "off" } }));
    let env = pair.ran(&json!({ "command": ["env"], "env": { "LANG": "C" } }));
    let names: Vec<&str> = env["stdout"]
        .as_str()
        .unwrap()
        .lines()
        .filter_map(|it| Some(it.split_once('=')?.0))
        .collect();
    for name in &names {
        assert!(
            [
                "PATH",
                "HOME",
                "LANG",
                "OPENCLAW_SHELL",
                "USER",
                "LOGNAME",
                "TZ",
                "TERM",
                "TMPDIR"
            ]
            .contains(name),
            "{names:?}"
        );
    }
    let started = Instant::now();
    let late =
        json!({ "command": ["sh", "-c", "sleep 300 & echo begun; sleep 300"], "timeoutMs": 500 });
    let late = pair.ran(&late);
    assert_eq!(
        (&late["timedOut"], &late["stdout"], &late["exitCode"]),
        (&json!(true), &json!("begun\n"), &Value::Null)
    );
    let background = pair.ran(&json!({ "command": ["sh", "-c", "sleep 301 & echo gone"] }));
    assert_eq!(background["stdout"], "gone\n");
    assert!(started.elapsed() < Duration::from_secs(20));
    let left = pair.ran(
        &json!({ "command": ["sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"] }),
    );
    assert!(
        !left["stdout"].as_str().unwrap().contains("sleep 30"),
        "{left}"
    );
    let much =
        pair.ran(&json!({ "command": ["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"] }));
    assert_eq!(much["truncated"], true);
    assert!(much["stdout"].as_str().unwrap().len() < 1_100_000);
    pair.rules(&json!({ "version": 1, "defaults": { "security": "deny" } }));
    pair.refused(&json!({ "command": ["true"] }));
    std::fs::write(pair.node.state("exec-approvals.json"), "{").unwrap();
    pair.refused(&json!({ "command": ["true"] }));
}

#[test]
fn a_node_without_a_secret_says_what_to_do() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["node", "run", "--host", "10.0.0.5"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--token-file"), "{ran:?}");
    let gateway = Sandbox::new();
    let _serving = gateway.start(&["gateway", "run"]);
    until("the gateway", || {
        gateway.run(&["gateway", "status", "--require-rpc"]).code == 0
    });
    let wrong = Sandbox::new().with(
        "OPENCLAW_GATEWAY_TOKEN",
        "wrong-token-that-is-long-enough-to-be-one",
    );
    let ran = wrong.run(&[
        "node",
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        &gateway.port.to_string(),
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
}
