//! Messages.

use super::{refuses, takes};
use serde_json::{Value, json};

const API: &str = "anthropic-messages";

fn body(messages: &Value) -> Value {
    json!({"model": "m", "max_tokens": 4096, "messages": messages})
}

fn user() -> Value {
    json!({"role": "user", "content": "x"})
}

fn said(blocks: &Value) -> Value {
    json!({"role": "assistant", "content": blocks})
}

fn told(blocks: &Value) -> Value {
    json!({"role": "user", "content": blocks})
}

fn call(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "f", "input": {}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "1"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body(&json!([user()]));
    body[field] = value;
    body
}

fn thought() -> Value {
    json!({"type": "thinking", "thinking": "hm", "signature": "AAAA"})
}

#[test]
fn takes_what_the_service_takes() {
    let mark = json!({"type": "ephemeral"});
    let mut thinks = body(&json!([
        user(),
        said(&json!([thought(), call("a"), call("b")])),
        told(&json!([result("b"), result("a"), {"type": "text", "text": "go on"}]))
    ]));
    thinks["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    let media = told(&json!([
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "document",
         "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
        {"type": "text", "text": "x", "cache_control": mark}]));
    let mut tools = with(
        "tools",
        json!([{"name": "f", "input_schema": {"type": "object"}, "cache_control": mark}]),
    );
    tools["tool_choice"] = json!({"type": "tool", "name": "f"});
    takes(API, &[thinks, body(&json!([media])), tools]);
}

#[test]
fn counting_needs_no_limit() {
    let mut count = body(&json!([user()]));
    assert!(testkit::wire::count_tokens_check(&count).is_err());
    count.as_object_mut().unwrap().remove("max_tokens");
    assert_eq!(testkit::wire::count_tokens_check(&count), Ok(()));
}

#[test]
fn refuses_a_broken_conversation() {
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let late = json!([{"type": "text", "text": "x"}, result("a")]);
    let loops = |blocks: &Value| json!([user(), said(blocks), told(&json!([result("a")]))]);
    let unsigned = json!([{"type": "thinking", "thinking": "hm"}, call("a")]);
    let mut thinks = body(&loops(&json!([call("a")])));
    thinks["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    let calls = said(&json!([call("a")]));
    refuses(
        API,
        &[
            (body(&json!([])), "must not be empty"),
            (body(&json!([said(&text("x"))])), "begin with user"),
            (body(&json!([user(), user()])), "must alternate"),
            (body(&json!([told(&text(" "))])), "white space"),
            (body(&json!([told(&json!(""))])), "white space"),
            (body(&json!([told(&json!([]))])), "must not be empty"),
            (body(&json!([user(), calls])), "at the end"),
            (body(&json!([user(), calls, user()])), "immediately after"),
            (
                body(&json!([user(), calls, told(&late)])),
                "before all else",
            ),
            (body(&json!([told(&json!([result("a")]))])), "no tool_use"),
            (body(&loops(&json!([call("a"), call("a")]))), "not unique"),
            (body(&loops(&unsigned)), "\"signature\" is required"),
            (
                body(&loops(&json!([call("a"), thought()]))),
                "must not be a thinking block",
            ),
            (thinks, "must begin with a thinking block"),
            (
                body(&json!([user(), said(&text("x "))])),
                "end in white space",
            ),
        ],
    );
}

#[test]
fn refuses_wrong_parameters() {
    let mark = json!({"type": "ephemeral"});
    let block = json!({"type": "text", "text": "x", "cache_control": mark});
    let five = told(&json!([block, block, block, block, block]));
    let mut hot = with("temperature", json!(0.5));
    hot["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    refuses(
        API,
        &[
            (
                json!({"model": "m", "messages": [user()]}),
                "\"max_tokens\" is required",
            ),
            (with("max_tokens", json!(0)), "at least 1"),
            (with("n", json!(1)), "unknown field \"n\""),
            (with("temperature", json!(1.5)), "from 0 to 1"),
            (body(&json!([five])), "5 blocks"),
            (hot, "may only be 1"),
            (
                with(
                    "thinking",
                    json!({"type": "enabled", "budget_tokens": 4096}),
                ),
                "less than max_tokens",
            ),
            (
                with("tool_choice", json!({"type": "auto"})),
                "only allowed when tools",
            ),
            (
                with("tools", json!([{"name": "f", "input_schema": {}}])),
                "\"type\" is required",
            ),
            (
                with("metadata", json!({"user_id": "u", "session": "s"})),
                "unknown field",
            ),
        ],
    );
}
