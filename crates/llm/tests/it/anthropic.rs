//! Anthropic messages as providers meet them. The checks read the wire, not the code.

mod tool_loop;

use crate::golden::{info, peer};
use crate::repair::history;
use domain::{FailureKind, Message, Sampling, ToolChoice, ToolName, ToolSpec};
use http::{HeaderMap, HeaderValue, StatusCode};
use llm::codec::Codec;
use llm::codec::anthropic::Anthropic;
use llm::provider::Quirks;
use llm::{CacheHints, ModelInfo, ModelRequest};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

fn codec() -> Anthropic {
    Anthropic::new(peer(&info()))
}

fn encoded(request: &ModelRequest, model: &ModelInfo) -> Value {
    let body = codec().encode(request, model, Quirks::USUAL).unwrap().body;
    serde_json::from_slice(&body).unwrap()
}

fn look() -> ToolSpec {
    ToolSpec {
        name: ToolName::new("look"),
        description: "Looks.".to_owned(),
        parameters: json!({ "type": "object" }),
        strict: None,
    }
}

/// What the provider documents and enforces.
fn check(body: &Value) -> Result<(), String> {
    let messages = body["messages"].as_array().ok_or("no messages")?;
    let mut ids = HashSet::new();
    let mut open: Vec<String> = Vec::new();
    let mut expected = "user";
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        if role != expected {
            return Err(format!("{role} message where {expected} was due"));
        }
        expected = if role == "user" { "assistant" } else { "user" };
        let blocks = message["content"].as_array().ok_or("no content")?;
        let last = blocks.last().ok_or("empty message")?;
        if last["type"]
            .as_str()
            .unwrap_or_default()
            .contains("thinking")
        {
            return Err("a message ends with a thought".into());
        }
        let mut answering = role == "user";
        for block in blocks {
            let kind = block["type"].as_str().unwrap_or_default();
            match (role, kind) {
                ("user" | "assistant", "text") => solid(&block["text"])?,
                ("user", "image") => solid(&block["source"]["data"])?,
                ("user", "tool_result") if answering => answer(block, &mut open)?,
                ("assistant", "thinking") => solid(&block["signature"])?,
                ("assistant", "redacted_thinking") => solid(&block["data"])?,
                ("assistant", "tool_use") => {
                    let id = call(block)?;
                    if !ids.insert(id.clone()) {
                        return Err(format!("one id twice: {id:?}"));
                    }
                    open.push(id);
                }
                (role, kind) => return Err(format!("{kind} of {role}")),
            }
            answering &= kind == "tool_result";
            if answering || role == "assistant" {
                continue;
            }
            if !open.is_empty() {
                return Err(format!("calls {open:?} have no result"));
            }
        }
        if role == "user" && !open.is_empty() {
            return Err(format!("calls {open:?} have no result"));
        }
    }
    let called = !ids.is_empty();
    if called && body["tools"].as_array().is_none_or(Vec::is_empty) {
        return Err("calls, but no tools".into());
    }
    let marks = body.to_string().matches("\"cache_control\"").count();
    if marks > 4 {
        return Err(format!("{marks} marks"));
    }
    match expected {
        "assistant" => Ok(()),
        _ => Err("the model would answer itself".into()),
    }
}

fn solid(text: &Value) -> Result<(), String> {
    match text.as_str() {
        Some(text) if !text.trim().is_empty() => Ok(()),
        Some(_) | None => Err(format!("no text: {text}")),
    }
}

fn plain(name: &str, longest: usize) -> Result<String, String> {
    let fits = |c: u8| c.is_ascii_alphanumeric() || b"_-".contains(&c);
    if (1..=longest).contains(&name.len()) && name.bytes().all(fits) {
        Ok(name.to_owned())
    } else {
        Err(format!("name {name:?}"))
    }
}

fn call(block: &Value) -> Result<String, String> {
    plain(block["name"].as_str().unwrap_or_default(), 128)?;
    if !block["input"].is_object() {
        return Err(format!("input {}", block["input"]));
    }
    plain(block["id"].as_str().unwrap_or_default(), 64)
}

fn answer(block: &Value, open: &mut Vec<String>) -> Result<(), String> {
    let id = block["tool_use_id"].as_str().unwrap_or_default();
    let at = open.iter().position(|open| open == id);
    open.remove(at.ok_or(format!("result for {id:?}, which nobody called"))?);
    match (&block["content"], &block["is_error"]) {
        (Value::Null, Value::Null) => Ok(()),
        (content, _) => solid(content),
    }
}

proptest! {
    #[test]
    fn any_history_becomes_a_valid_request(messages in history(), keep: bool, offered: bool) {
        let request = ModelRequest {
            system: vec!["Be brief.".into(), "It is noon.".into()],
            messages,
            tools: if offered { vec![look()] } else { Vec::new() }.into(),
            cache: CacheHints { key: None, keep },
            ..ModelRequest::default()
        };
        let body = encoded(&request, &info());
        prop_assert_eq!(check(&body), Ok(()), "{:#}", body);
        prop_assert_eq!(testkit::wire_check("anthropic-messages", &body), Ok(()), "{:#}", body);
    }

    /// What was sent once is sent again: the provider's cache is of use only then.
    #[test]
    fn a_longer_history_begins_like_a_shorter_one(messages in history(), more in history()) {
        let body = |messages: Vec<Message>| {
            let request = ModelRequest { messages, ..ModelRequest::default() };
            encoded(&request, &info())["messages"].as_array().unwrap().clone()
        };
        // A turn that was complete: nothing of it is waiting for a result or for the user.
        let mut before = messages;
        before.push(Message::user("first"));
        let mut after = before.clone();
        after.push(Message::assistant("second"));
        after.extend(more);
        let (before, after) = (body(before), body(after));
        prop_assert!(after.starts_with(&before), "{before:#?}\n{after:#?}");
    }
}

#[test]
fn the_check_itself_finds_faults() {
    let call = json!({ "type": "tool_use", "id": "a", "name": "f", "input": {} });
    let result = json!({ "type": "tool_result", "tool_use_id": "a", "content": "x" });
    let text = |text: &str| json!({ "type": "text", "text": text });
    let said = |role: &str, blocks: &[&Value]| json!({ "role": role, "content": blocks });
    let tools = json!([{ "name": "f" }]);
    let hello = said("user", &[&text("hello")]);
    let good = json!({ "tools": tools, "messages":
        [hello, said("assistant", &[&call]), said("user", &[&result, &text("and?")])] });
    assert_eq!(check(&good), Ok(()));
    let faults = [
        json!([]),
        json!([said("assistant", &[&text("hello")])]),
        json!([hello, hello]),
        json!([said("user", &[&text(" ")])]),
        json!([hello, said("assistant", &[&call])]),
        json!([hello, said("assistant", &[&call]), hello]),
        json!([
            hello,
            said("assistant", &[&call]),
            said("user", &[&text("x"), &result])
        ]),
        json!([
            hello,
            said("assistant", &[&call, &call]),
            said("user", &[&result, &result])
        ]),
        json!([said("user", &[&result])]),
    ];
    for messages in faults {
        let body = json!({ "tools": tools, "messages": messages });
        assert!(check(&body).is_err(), "{body}");
    }
}

#[test]
fn the_version_is_named_and_the_key_is_not_in_the_request() {
    let encoded = codec()
        .encode(&ModelRequest::default(), &info(), Quirks::USUAL)
        .unwrap();
    let names: Vec<&str> = encoded
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .collect();
    assert_eq!(names, ["content-type", "accept", "anthropic-version"]);
    assert_eq!(encoded.headers["anthropic-version"], "2023-06-01");
}

#[test]
fn numbers_that_are_none_are_left_out() {
    let request = ModelRequest {
        sampling: Sampling {
            temperature: Some(f64::NAN),
            top_p: Some(f64::INFINITY),
            max_tokens: Some(0),
            ..Sampling::default()
        },
        tool_choice: ToolChoice::Required,
        ..ModelRequest::default()
    };
    let body = encoded(&request, &info());
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["max_tokens", "messages", "model"]);
    assert_eq!(body["max_tokens"], 1);
}

#[test]
fn refusals_have_their_types() {
    let table = [
        (
            400,
            "invalid_request_error",
            "messages: too short",
            FailureKind::InvalidRequest,
        ),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 9 tokens > 8 maximum",
            FailureKind::ContextTooLong,
        ),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
            FailureKind::Forbidden,
        ),
        (
            401,
            "authentication_error",
            "invalid x-api-key",
            FailureKind::Unauthorized,
        ),
        (402, "billing_error", "no balance", FailureKind::Forbidden),
        (403, "permission_error", "not yours", FailureKind::Forbidden),
        (
            404,
            "not_found_error",
            "model: m-1",
            FailureKind::ModelNotFound,
        ),
        (
            413,
            "request_too_large",
            "too large",
            FailureKind::ContextTooLong,
        ),
        (
            429,
            "rate_limit_error",
            "slow down",
            FailureKind::RateLimited,
        ),
        (500, "api_error", "oops", FailureKind::ProviderFailed),
        (
            504,
            "timeout_error",
            "too slow",
            FailureKind::ProviderFailed,
        ),
        (
            529,
            "overloaded_error",
            "Overloaded",
            FailureKind::ProviderFailed,
        ),
    ];
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", HeaderValue::from_static("7"));
    for (status, kind, message, expected) in table {
        let body = json!({ "type": "error", "request_id": "req_1",
            "error": { "type": kind, "message": format!("{message} sk-canary-0123456789") } });
        let body = body.to_string();
        let status = StatusCode::from_u16(status).unwrap();
        let error = codec().error(status, &headers, body.as_bytes());
        assert_eq!(error.kind(), expected, "{status} {kind}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        let waits = matches!(
            expected,
            FailureKind::RateLimited | FailureKind::ProviderFailed
        );
        assert_eq!(error.retry_after(), waits.then_some(Duration::from_secs(7)));
    }
}
