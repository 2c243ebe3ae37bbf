//! The policy chain as a table: settings and a call in, verdict and layer out.

use crate::place::{Place, call, names};
use std::path::Path;
use tools::policy::{Decision, Layer, PolicyCx, Verdict, decide};
use tools::{
    Access, Effect, Intent, Protected, Registry, ToolPattern, Toolbox, ToolsSettings, WriteMode,
};

fn settings(json: serde_json::Value) -> ToolsSettings {
    serde_json::from_value(json).unwrap()
}

fn judge(intent: &Intent, effect: Effect, settings: &ToolsSettings, access: &Access) -> Decision {
    let protected = Protected::new(["/h/u/.openclaw".into()]);
    let workspace = Path::new("/h/u");
    decide(
        intent,
        &PolicyCx {
            settings,
            access,
            effect,
            workspace,
            protected: &protected,
        },
    )
}

/// One row: tool, path, `tools` section, the agent's section, verdict, layer.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Verdict,
    Layer,
);

#[rustfmt::skip]
const TABLE: &[Row] = {
    use Layer::{AllowList, DenyList, Hard, Mode};
    use Verdict::{Allow, Ask, Deny};
    &[
        ("read", "a", "{}", "{}", Allow, Mode),
        ("write", "a", "{}", "{}", Allow, Mode),
        ("read", ".openclaw/gateway.token", "{}", "{}", Deny, Hard),
        ("write", "/h/u/.openclaw/x", "{}", "{}", Deny, Hard),
        ("read", "../v/x", "{}", "{}", Deny, Hard),
        ("read", "/etc/passwd", "{}", "{}", Deny, Hard),
        // A hard denial stands before every list, an allow list never lifts a deny list.
        ("read", "/etc/passwd", r#"{"allow": ["*"]}"#, "{}", Deny, Hard),
        ("read", "a", r#"{"allow": ["read"], "deny": ["group:fs"]}"#, "{}", Deny, DenyList),
        ("read", "a", "{}", r#"{"deny": ["r*"]}"#, Deny, DenyList),
        ("read", "a", r#"{"profile": "messaging"}"#, "{}", Deny, AllowList),
        ("read", "a", r#"{"profile": "coding"}"#, "{}", Allow, Mode),
        ("read", "a", "{}", r#"{"profile": "minimal"}"#, Deny, AllowList),
        ("read", "a", r#"{"allow": ["ls"]}"#, "{}", Deny, AllowList),
        // An empty list means nobody; only a list that is not there means everybody.
        ("read", "a", r#"{"allow": []}"#, "{}", Deny, AllowList),
        ("read", "a", "{}", r#"{"allow": []}"#, Deny, AllowList),
        // An agent cannot add what the gateway took away.
        ("read", "a", r#"{"allow": ["ls"]}"#, r#"{"allow": ["read"], "profile": "full"}"#, Deny, AllowList),
        ("write", "a", r#"{"fs": {"write": "ask"}}"#, "{}", Ask, Mode),
        ("write", "a", r#"{"fs": {"write": "deny"}}"#, "{}", Deny, Mode),
        ("read", "a", r#"{"fs": {"write": "deny"}}"#, "{}", Allow, Mode),
    ]
};

#[test]
fn the_first_layer_with_an_opinion_wins() {
    for (tool, path, global, agent, verdict, layer) in TABLE {
        let (intent, effect) = intent(tool, path);
        let access = Access {
            agent: serde_json::from_str(agent).unwrap(),
            read_only: false,
        };
        let settings = serde_json::from_str(global).unwrap();
        let decision = judge(&intent, effect, &settings, &access);
        assert_eq!(
            (decision.verdict, decision.layer),
            (*verdict, *layer),
            "{tool} {path} under {global} and {agent}: {}",
            decision.reason
        );
    }
}

#[test]
fn a_turn_that_may_only_look_changes_nothing() {
    let looking = Access {
        read_only: true,
        ..Access::default()
    };
    let judged = ["write", "read"].map(|tool| {
        let (intent, effect) = intent(tool, "a");
        let decision = judge(&intent, effect, &ToolsSettings::default(), &looking);
        (decision.verdict, decision.layer)
    });
    assert_eq!(
        judged,
        [
            (Verdict::Deny, Layer::Caller),
            (Verdict::Allow, Layer::Mode)
        ]
    );
}

fn intent(tool: &str, path: &str) -> (Intent, Effect) {
    let intent = Intent::nothing(tool);
    if tool == "read" {
        (intent.reading(path), Effect::Reads)
    } else {
        (intent.writing(path), Effect::Changes)
    }
}

#[test]
fn refusals_name_the_setting() {
    let none = Access::default();
    let read = Intent::nothing("read").reading("a");
    let write = Intent::nothing("write").writing("a");
    for (intent, json, expected) in [
        (
            &read,
            serde_json::json!({"deny": ["r*d"]}),
            "read is denied by \"r*d\" in tools.deny",
        ),
        (
            &read,
            serde_json::json!({"profile": "minimal"}),
            "read is not in the profile minimal; tools.profile chooses another",
        ),
        (
            &read,
            serde_json::json!({"allow": []}),
            "read is not listed in tools.allow",
        ),
        (
            &write,
            serde_json::json!({"fs": {"write": "ask"}}),
            "write changes files and tools.fs.write is ask; the owner can set it to allow",
        ),
    ] {
        let decision = judge(intent, Effect::Changes, &settings(json), &none);
        assert_eq!(decision.reason, expected);
    }
}

#[tokio::test]
async fn an_ask_is_a_refusal_that_says_what_to_set_and_nothing_is_written() {
    let place = Place::new();
    let mut ask = ToolsSettings::default();
    ask.fs.write = WriteMode::Ask;
    let toolbox = Toolbox::new(Registry::standard(Protected::default()), ask);
    let write = call("write", r#"{"path":"a","content":"x"}"#);
    let result = toolbox.run(&write, &place.cx()).await;
    assert!(result.is_error);
    assert!(
        result.content.contains("the owner can set it to allow"),
        "{}",
        result.content
    );
    assert_eq!(names(&place.ws), Vec::<String>::new());
}

#[test]
fn what_is_always_denied_is_not_offered() {
    let offered = |json: serde_json::Value, access: &Access| -> Vec<String> {
        let toolbox = Toolbox::new(Registry::standard(Protected::default()), settings(json));
        toolbox
            .specs(access)
            .into_iter()
            .map(|spec| spec.name.to_string())
            .collect()
    };
    let open = Access::default();
    let none: Vec<String> = Vec::new();
    assert_eq!(
        offered(serde_json::json!({}), &open),
        ["edit", "ls", "read", "write"]
    );
    assert_eq!(
        offered(serde_json::json!({"deny": ["edit"]}), &open),
        ["ls", "read", "write"]
    );
    assert_eq!(
        offered(serde_json::json!({"profile": "minimal"}), &open),
        none
    );
    assert_eq!(
        offered(serde_json::json!({"fs": {"write": "deny"}}), &open),
        ["ls", "read"]
    );
    assert_eq!(
        offered(serde_json::json!({"fs": {"write": "ask"}}), &open),
        ["edit", "ls", "read", "write"]
    );
    let looking = Access {
        read_only: true,
        ..Access::default()
    };
    assert_eq!(offered(serde_json::json!({}), &looking), ["ls", "read"]);
}

#[test]
fn settings_have_safe_readers() {
    assert_eq!(settings(serde_json::json!({})), ToolsSettings::default());
    for wrong in [
        serde_json::json!({"alow": []}),
        serde_json::json!({"profile": "everything"}),
        serde_json::json!({"fs": {"write": true}}),
    ] {
        assert!(
            serde_json::from_value::<ToolsSettings>(wrong.clone()).is_err(),
            "{wrong}"
        );
    }
    let list = settings(serde_json::json!({"deny": ["exec"]}));
    assert_eq!(list.deny, [ToolPattern::new("exec")]);
}
