//! The validators take what the services take and refuse what they refuse.

mod anthropic;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;

use serde_json::Value;
use testkit::wire_check;

/// Every one must be taken.
fn takes(api: &str, bodies: &[Value]) {
    for body in bodies {
        assert_eq!(wire_check(api, body), Ok(()), "{body}");
    }
}

/// Every one must be refused with these words.
fn refuses(api: &str, bodies: &[(Value, &str)]) {
    for (body, words) in bodies {
        let error = wire_check(api, body).expect_err(words);
        assert!(error.contains(words), "{body}: {error}, not {words}");
    }
}

#[test]
fn a_wire_nobody_speaks_is_refused() {
    refuses("telex", &[(Value::Null, "telex")]);
}
