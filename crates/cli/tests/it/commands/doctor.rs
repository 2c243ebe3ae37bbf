//! `openclaw doctor`

use super::Sandbox;
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

/// The findings of one check, as `(level, message, fix)`.
fn findings(said: &Value, check: &str) -> Vec<(String, String, String)> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    said["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["check"] == check)
        .map(|f| (text(f, "level"), text(f, "message"), text(f, "fix")))
        .collect()
}

fn has(said: &Value, check: &str, level: &str, part: &str) -> bool {
    findings(said, check)
        .iter()
        .any(|(l, message, _)| l == level && message.contains(part))
}

#[test]
fn an_empty_home_has_no_errors_and_stays_empty() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["doctor"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("fix: openclaw onboard"), "{}", ran.out);
    assert!(!sandbox.state("").try_exists().unwrap());
}

#[test]
fn a_home_that_was_set_up_is_fine() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox
            .run(&["onboard", "--non-interactive", "--auth-choice", "offline"])
            .code,
        0
    );
    let ran = sandbox.run(&["doctor", "--json", "--non-interactive"]);
    let said = ran.json();
    assert_eq!(
        (ran.code, &said["errors"], &said["warnings"]),
        (0, &0.into(), &0.into()),
        "{said}"
    );
    assert!(has(&said, "database", "ok", "1 sessions"), "{said}");
    assert!(has(&said, "model", "ok", "offline/demo"), "{said}");
}

#[test]
fn broken_settings_are_listed_with_lines_and_commands() {
    let text = "{\n  gateway: { port: 'x' },\n  tools: { profil: 'full' },\n  nonsense: 1,\n}";
    let sandbox = Sandbox::new().with_settings("openclaw.json", text);
    let ran = sandbox.run(&["doctor", "--json"]);
    let said = ran.json();
    assert_eq!((ran.code, &said["ok"]), (1, &false.into()));
    assert!(has(&said, "settings", "error", "gateway.port: "), "{said}");
    assert!(has(&said, "settings", "error", "openclaw.json:2"), "{said}");
    assert!(has(&said, "settings", "error", "tools.profil: "), "{said}");
    assert!(has(&said, "settings", "warning", "nonsense: "), "{said}");
    let fixes = findings(&said, "settings");
    assert!(
        fixes
            .iter()
            .all(|(_, _, fix)| fix.starts_with("openclaw config unset ")),
        "{said}"
    );
}

#[test]
fn an_open_door_is_an_error() {
    let text = "{ gateway: { bind: 'lan', auth: { mode: 'none' } } }";
    let sandbox = Sandbox::new().with_settings("openclaw.json", text);
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1);
    assert!(!findings(&ran.json(), "login").is_empty(), "{}", ran.out);
}

#[test]
fn rights_of_others_are_found_and_taken_with_fix() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", "{}");
    let open = |name: &str, mode| {
        std::fs::set_permissions(sandbox.state(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    open("", 0o755);
    open("openclaw.json", 0o644);
    let said = sandbox.run(&["doctor", "--json"]).json();
    assert!(has(&said, "state directory", "warning", "0755"), "{said}");
    assert!(has(&said, "files", "warning", "0644"), "{said}");
    assert_eq!(
        (sandbox.mode(""), sandbox.mode("openclaw.json")),
        (0o755, 0o644)
    );
    assert_eq!(sandbox.run(&["doctor", "--fix"]).code, 0);
    assert_eq!(
        (sandbox.mode(""), sandbox.mode("openclaw.json")),
        (0o700, 0o600)
    );
    assert!(sandbox.read("gateway.token").trim().len() >= 43);
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let sandbox = Sandbox::new();
    let _other = TcpListener::bind(("127.0.0.1", sandbox.port)).unwrap();
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1);
    assert!(
        has(&ran.json(), "port", "error", &sandbox.port.to_string()),
        "{}",
        ran.out
    );
}

#[test]
fn a_model_that_cannot_be_used_is_an_error() {
    let unreachable = "{ models: { providers: { mine: { baseUrl: 'http://127.0.0.1:9/v1' } } },\
        agents: { defaults: { model: 'mine/m' } } }";
    let keyless = "{ agents: { defaults: { model: 'openai/gpt-5.4' } } }";
    for (text, part) in [
        (unreachable, "cannot reach http://127.0.0.1:9/v1"),
        (keyless, "openai"),
    ] {
        let sandbox = Sandbox::new().with_settings("openclaw.json", text);
        let ran = sandbox.run(&["doctor", "--json"]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(has(&ran.json(), "model", "error", part), "{}", ran.out);
    }
}

#[test]
fn a_damaged_database_is_an_error() {
    let sandbox = Sandbox::new().with_settings("openclaw.json", "{}");
    std::fs::write(
        sandbox.state("state.db"),
        "this is no database, not even a small one",
    )
    .unwrap();
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(
        has(&ran.json(), "database", "error", "state.db"),
        "{}",
        ran.out
    );
}
