use config::{REDACTED, redact, restore};
use serde_json::json;

use crate::validation::rules;

#[test]
fn secrets_are_hidden_wherever_the_schema_or_a_name_says_so() {
    let value = json!({
        "gateway": {"port": 1, "auth": {"token": "canary-1", "allow": ["a"]}},
        "providers": {
            "a": {"baseUrl": "u", "apiKey": "canary-2"},
            "b": {"baseUrl": "u", "apiKey": "${KEY}"},
            "c": {"baseUrl": "u", "apiKey": {"source": "env", "provider": "default", "id": "KEY"}},
            "d": {"baseUrl": "u", "apiKey": {"source": "canary-3", "id": "canary-4"}},
        },
        "list": [{"kind": "remote", "url": "u", "token": "canary-5"}],
        "env": {"vars": {"A": "canary-6"}, "B": "canary-7"},
        "free": {"deep": {"botToken": "canary-8", "apiKeys": ["canary-9"], "maxTokens": 5, "name": "n"}},
        "unknown": {"password": "canary-10", "clientSecret": {"x": "canary-11"}},
        "secrets": {"providers": {"v": {"source": "exec", "command": "/c", "env": {"T": "canary-12"}}}},
    });
    let shown = redact(&value, &rules());
    let text = shown.to_string();
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(text.matches(REDACTED).count(), 12, "{text}");
    assert_eq!(shown["providers"]["b"], value["providers"]["b"]);
    assert_eq!(shown["providers"]["c"], value["providers"]["c"]);
    assert_eq!(shown["gateway"]["auth"]["allow"], json!(["a"]));
    assert_eq!(shown["free"]["deep"]["maxTokens"], 5);
    assert_eq!(restore(&shown, &value).unwrap(), value);
}

#[test]
fn a_marker_never_moves_a_secret_to_another_element() {
    let stored = json!({"l": [{"id": "a", "k": "secret-a"}, {"id": "b", "k": "secret-b"}]});
    let only_b = json!({"l": [{"id": "b", "k": REDACTED}]});
    assert_eq!(
        restore(&only_b, &stored).unwrap(),
        json!({"l": [{"id": "b", "k": "secret-b"}]})
    );
    let unnamed = json!({"l": [{"k": REDACTED}]});
    assert!(restore(&unnamed, &stored).is_err());
    let stored = json!({"keys": ["one", "two"]});
    assert_eq!(
        restore(&json!({"keys": [REDACTED, "x"]}), &stored).unwrap(),
        json!({"keys": ["one", "x"]})
    );
    assert!(restore(&json!({"keys": [REDACTED]}), &stored).is_err());
    assert!(restore(&json!({"new": REDACTED}), &stored).is_err());
    assert!(restore(&json!({"keys": [format!("{REDACTED}x"), "two"]}), &stored).is_err());
}
