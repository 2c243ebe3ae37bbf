//! `openclaw config …`

use super::Sandbox;

const COMMENTED: &str = "// my gateway\n{\n  gateway: {\n    port: 18789, // the usual one\n  },\n  models: { providers: { openai: { apiKey: \"${OPENAI_API_KEY}\" } } },\n}\n";

#[test]
fn set_keeps_comments_order_and_variables() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", COMMENTED);
    let ran = sandbox.run(&["config", "set", "gateway.port", "3000"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let path = sandbox.state("openclaw.json");
    assert_eq!(ran.out, format!("Updated {}.\n", path.display()));
    assert_eq!(
        sandbox.read("openclaw.json"),
        COMMENTED.replace("18789", "3000")
    );
    assert_eq!(sandbox.read("openclaw.json.bak"), COMMENTED);
    assert_eq!(sandbox.mode("openclaw.json"), 0o600);
}

#[test]
fn set_speaks_yaml_too() {
    let text = "# mine\ngateway:\n  port: 18789 # usual\n";
    let sandbox = Sandbox::new().with_settings("openclaw.yaml", text);
    let ran = sandbox.run(&["config", "set", "gateway.port", "3000"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(sandbox.read("openclaw.yaml"), text.replace("18789", "3000"));
}

#[test]
fn set_makes_the_file_and_reads_values_as_json5_else_as_text() {
    let sandbox = Sandbox::new();
    for (path, value) in [
        ("gateway.http.endpoints.chatCompletions.enabled", "true"),
        (
            "agents.defaults.model",
            "{primary: 'offline/demo', fallbacks: []}",
        ),
        ("agents.defaults.workspace", "~/agent files"),
        ("agents.list[0].id", "ann"),
    ] {
        let ran = sandbox.run(&["config", "set", path, value]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.err);
    }
    let all = sandbox.run(&["config", "get", "--json"]).json();
    let expected = serde_json::json!({
        "gateway": { "http": { "endpoints": { "chatCompletions": { "enabled": true } } } },
        "agents": {
            "defaults": {
                "model": { "primary": "offline/demo", "fallbacks": [] },
                "workspace": "~/agent files",
            },
            "list": [{ "id": "ann" }],
        },
    });
    assert_eq!(all, expected);
    assert_eq!(sandbox.mode(""), 0o700);
    assert_eq!(sandbox.mode("openclaw.json"), 0o600);
    let strict = [
        "config",
        "set",
        "agents.defaults.workspace",
        "not json",
        "--strict-json",
    ];
    assert_eq!(sandbox.run(&strict).code, 2);
}

#[test]
fn set_refuses_unknown_keys_and_values_that_do_not_fit() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", COMMENTED);
    for (path, value, hint) in [
        ("gateway.prot", "1", "did you mean \"port\"?"),
        ("gatway.port", "1", "did you mean \"gateway\"?"),
        ("gateway.port", "70000", "65535"),
        ("gateway.port", "abc", "integer"),
        ("gateway.auth.mode", "nothing", "trusted-proxy"),
        ("gateway.bind", "eth0", "eth0"),
    ] {
        let ran = sandbox.run(&["config", "set", path, value]);
        assert_eq!(ran.code, 1, "{path}");
        assert!(
            ran.err.starts_with("error: nothing was written"),
            "{}",
            ran.err
        );
        assert!(
            ran.err.contains("Problem: ") && ran.err.contains(hint),
            "{path}: {}",
            ran.err
        );
        assert!(ran.err.contains("\nfix: "), "{}", ran.err);
        let json = sandbox.run(&["config", "set", path, value, "--json"]);
        assert_eq!((json.code, json.err.as_str()), (1, ""));
        assert_eq!(json.json()["error"]["type"], "config_error");
    }
    assert_eq!(sandbox.read("openclaw.json"), COMMENTED);
}

#[test]
fn an_old_problem_does_not_stop_the_repair_of_another() {
    let text = "{ gateway: { port: 'x', bindd: 'lan' }, future: 1 }";
    let sandbox = Sandbox::new().with_settings("openclaw.json", text);
    let ran = sandbox.run(&["config", "set", "gateway.port", "4000"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(sandbox.run(&["config", "unset", "gateway.bindd"]).code, 0);
    assert_eq!(sandbox.run(&["config", "unset", "future"]).code, 0);
    assert_eq!(sandbox.run(&["config", "validate"]).code, 0);
}

#[test]
fn get_hides_secrets_and_shows_references() {
    let text = "{ gateway: { auth: { token: 'canary-token-0123456789' } }, models: { providers: {\
        a: { baseUrl: 'http://x/v1', apiKey: 'canary-key' },\
        b: { baseUrl: 'http://x/v1', apiKey: { source: 'env', provider: 'default', id: 'B_KEY' } },\
        } } }";
    let sandbox = Sandbox::new().with_settings("openclaw.json", text);
    for args in [
        &["config", "get"][..],
        &["config", "get", "gateway.auth.token"],
    ] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(!ran.out.contains("canary"), "{}", ran.out);
        assert!(ran.out.contains("__OPENCLAW_REDACTED__"), "{}", ran.out);
    }
    assert!(sandbox.run(&["config", "get"]).out.contains("B_KEY"));
    let ran = sandbox.run(&[
        "config",
        "set",
        "gateway.auth.token",
        "__OPENCLAW_REDACTED__",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        sandbox
            .read("openclaw.json")
            .contains("canary-token-0123456789")
    );
}

#[test]
fn what_is_not_there_is_said_with_exit_code_1() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", COMMENTED);
    for command in ["get", "unset"] {
        let ran = sandbox.run(&["config", command, "gateway.bind"]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""));
        assert!(
            ran.err.starts_with("error: gateway.bind is not set in "),
            "{}",
            ran.err
        );
    }
    let json = sandbox
        .run(&["config", "get", "gateway.bind", "--json"])
        .json();
    assert_eq!(
        (&json["ok"], &json["error"]["code"]),
        (&false.into(), &"NOT_FOUND".into())
    );
    let ran = sandbox.run(&["config", "unset", "gateway.port"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(sandbox.read("openclaw.json").contains("// my gateway"));
    assert_eq!(sandbox.run(&["config", "get", "gateway.port"]).code, 1);
}

#[test]
fn validate_says_everything_at_once_with_lines() {
    let text = "{\n  gateway: {\n    prot: 1,\n    port: 'x',\n  },\n  nonsense: 1,\n}\n";
    let sandbox = Sandbox::new().with_settings("openclaw.json", text);
    let ran = sandbox.run(&["config", "validate"]);
    assert_eq!(ran.code, 1);
    for part in [
        "gateway.prot",
        "openclaw.json:3",
        "gateway.port",
        "openclaw.json:4",
        "nonsense",
    ] {
        assert!(ran.err.contains(part), "{part} is missing in {}", ran.err);
    }
    let json = sandbox.run(&["config", "validate", "--json"]);
    let said = json.json();
    assert_eq!((json.code, &said["valid"]), (1, &false.into()));
    assert_eq!(said["problems"].as_array().unwrap().len(), 3, "{said}");

    let sandbox = Sandbox::new().with_settings("openclaw.json", COMMENTED);
    let ran = sandbox.run(&["config", "validate"]);
    let expected = format!(
        "Config valid: {}\n",
        sandbox.state("openclaw.json").display()
    );
    assert_eq!((ran.code, ran.out), (0, expected));
}

#[test]
fn a_file_that_cannot_be_read_is_a_typed_failure() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", "{ gateway: ");
    for args in [
        &["config", "get"][..],
        &["config", "validate"],
        &["config", "set", "gateway.port", "1"],
    ] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, 1, "{args:?}");
        assert!(ran.err.contains("openclaw.json"), "{}", ran.err);
    }
    let two = Sandbox::new()
        .with_settings("openclaw.json", "{}")
        .with_settings("openclaw.yaml", "");
    let ran = two.run(&["config", "get"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("openclaw.json") && ran.err.contains("openclaw.yaml"),
        "{}",
        ran.err
    );
}

#[test]
fn schema_describes_the_settings() {
    let ran = Sandbox::new().run(&["config", "schema"]);
    assert_eq!(ran.code, 0);
    assert!(ran.json()["properties"]["gateway"].is_object());
}
