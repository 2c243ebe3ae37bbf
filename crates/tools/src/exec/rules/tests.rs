use super::{ExecRules, Judgement, matches};
use crate::exec::Program;
use serde_json::{Value, json};
use std::path::Path;

fn rules(defaults: &Value, list: &Value) -> ExecRules {
    let file =
        json!({ "version": 1, "defaults": defaults, "agents": { "main": { "allowlist": list } } });
    ExecRules::read(file).unwrap()
}

fn judge(rules: &ExecRules, command: &[&str], cwd: &str) -> Judgement {
    let words: Vec<String> = command.iter().map(|it| (*it).to_owned()).collect();
    let (first, args) = words.split_first().unwrap();
    rules.judge("main", &Program::find(first).unwrap(), args, Path::new(cwd))
}

#[test]
fn nothing_runs_unasked_until_somebody_allows_it() {
    let fresh = ExecRules::default();
    assert_eq!(judge(&fresh, &["true"], "/"), Judgement::Ask);
    let full = rules(&json!({ "security": "full", "ask": "off" }), &json!([]));
    assert_eq!(judge(&full, &["sh", "-c", "x"], "/"), Judgement::Allow);
    let deny = rules(
        &json!({ "security": "deny" }),
        &json!([{ "pattern": "true" }]),
    );
    assert!(matches!(judge(&deny, &["true"], "/"), Judgement::Deny(_)));
    let always = rules(&json!({ "security": "full", "ask": "always" }), &json!([]));
    assert_eq!(judge(&always, &["true"], "/"), Judgement::Ask);
    let silent = rules(&json!({ "ask": "off" }), &json!([]));
    assert!(matches!(judge(&silent, &["true"], "/"), Judgement::Deny(_)));
}

#[test]
fn a_path_alone_never_covers_a_program_that_runs_others() {
    let list = json!([{ "pattern": "/usr/bin/*" }, { "pattern": "/bin/*" }, { "pattern": "env" }]);
    let rules = rules(&json!({}), &list);
    assert_eq!(judge(&rules, &["true"], "/"), Judgement::Allow);
    for carrier in ["env", "sh", "nice", "timeout", "xargs", "find", "sort"] {
        assert_eq!(
            judge(&rules, &[carrier, "touch", "x"], "/"),
            Judgement::Ask,
            "{carrier}"
        );
    }
}

#[test]
fn an_exact_line_covers_its_arguments_and_folder_only() {
    let line = json!([{ "pattern": "env", "args": ["true"], "cwd": "/tmp" }]);
    let rules = rules(&json!({}), &line);
    assert_eq!(judge(&rules, &["env", "true"], "/tmp"), Judgement::Allow);
    for (command, cwd) in [
        (vec!["env", "true"], "/"),
        (vec!["env", "true", "x"], "/tmp"),
        (vec!["env"], "/tmp"),
        (vec!["env", "touch"], "/tmp"),
        (vec!["true"], "/tmp"),
    ] {
        assert_eq!(judge(&rules, &command, cwd), Judgement::Ask, "{command:?}");
    }
}

#[test]
fn wildcards_stop_at_slashes_and_cases_differ() {
    let fits = |pattern: &str, path: &str| matches(pattern.as_bytes(), path.as_bytes());
    assert!(
        fits("/opt/t?ols/*", "/opt/tools/x")
            && fits("/opt/**", "/opt/a/b")
            && fits("/a*c", "/abbc")
    );
    assert!(!fits("/opt/t?ols/*", "/opt/t/ols/x") && !fits("/opt/*", "/opt/a/b"));
    assert!(
        !fits("/OPT/*", "/opt/a")
            && !fits("/opt/*", "/opt")
            && !fits("/a", "/ab")
            && !fits("", "/a")
    );
    assert!(fits("/opt/*", "/opt/"));
}

#[test]
fn what_cannot_be_understood_is_refused() {
    for file in [
        json!({ "version": 2 }),
        json!({ "version": 1, "defaults": { "security": "Full" } }),
        json!({ "version": 1, "defaults": { "ask": "never" } }),
        json!({ "version": 1, "agents": { "main": { "security": "yes" } } }),
        json!({ "version": 1, "agents": { "main": { "allowlist": [{ "pattern": " " }] } } }),
        json!({ "version": 1, "agents": { "main": { "allowlist": [{}] } } }),
        json!([]),
        json!({}),
    ] {
        assert!(ExecRules::read(file.clone()).is_err(), "{file}");
    }
}
