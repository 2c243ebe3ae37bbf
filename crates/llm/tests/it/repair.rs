//! Whatever the history, what is sent is valid. The check reads the wire, not the code.

use crate::golden::{codec, info};
use domain::{
    Blob, Message, Part, ProviderId, ProviderState, Role, ToolCall, ToolCallId, ToolChoice,
    ToolName, ToolResult,
};
use llm::ModelRequest;
use llm::codec::Codec;
use llm::provider::Quirks;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashSet;

fn encoded(messages: Vec<Message>, quirks: Quirks) -> Vec<Value> {
    let request = ModelRequest {
        system: Vec::new(),
        messages,
        tools: Vec::new().into(),
        tool_choice: ToolChoice::Auto,
        sampling: domain::Sampling::default(),
        stream: true,
        cache: llm::CacheHints::default(),
    };
    let body = codec().encode(&request, &info(), quirks).unwrap().body;
    let body: Value = serde_json::from_slice(&body).unwrap();
    body["messages"].as_array().unwrap().clone()
}

/// What OpenAI documents and its imitators enforce.
fn check(messages: &[Value], short_ids: bool) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        if role != "tool" && !open.is_empty() {
            return Err(format!(
                "{role} message while calls {open:?} have no result"
            ));
        }
        let has_content = match &message["content"] {
            Value::String(text) => !text.is_empty(),
            Value::Array(parts) => !parts.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        };
        match role {
            "user" if !has_content => return Err("empty user message".into()),
            "user" => {}
            "assistant" => {
                let calls = message["tool_calls"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                if calls.is_empty() && !has_content {
                    return Err("empty assistant message".into());
                }
                for call in calls {
                    let id = call["id"].as_str().unwrap_or_default().to_owned();
                    let fits = if short_ids {
                        id.len() == 9
                    } else {
                        (1..=40).contains(&id.len())
                    };
                    if !fits
                        || !id
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
                    {
                        return Err(format!("call id {id:?}"));
                    }
                    if call["function"]["name"].as_str().is_none_or(str::is_empty) {
                        return Err("call without a name".into());
                    }
                    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
                    let read: Result<serde_json::Map<String, Value>, _> =
                        serde_json::from_str(arguments);
                    if read.is_err() {
                        return Err(format!("arguments {arguments:?}"));
                    }
                    open.push(id);
                }
                if open.iter().collect::<HashSet<_>>().len() != open.len() {
                    return Err(format!("one id twice in {open:?}"));
                }
            }
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                match open.iter().position(|known| known == id) {
                    Some(at) => drop(open.remove(at)),
                    None => return Err(format!("result for {id:?}, which nobody called")),
                }
                if !message["content"].is_string() {
                    return Err("result without content".into());
                }
            }
            other => return Err(format!("role {other:?}")),
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("calls {open:?} have no result"))
    }
}

fn part() -> impl Strategy<Value = Part> {
    let ids = [
        "",
        "a",
        "b",
        "c",
        "x y",
        "toolu_01ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789_long",
    ];
    let id = proptest::sample::select(ids.to_vec());
    let text = proptest::sample::select(vec!["", " \n", "hello", "two\nlines"]);
    let keep = proptest::sample::select(vec![
        None,
        Some(("acme", "thinking", "m-1 c2ln")),
        Some(("acme", "redacted_thinking", "m-1 c2VjcmV0")),
        Some(("acme", "thinking", "m-2 c2ln")),
        Some(("other", "thinking", "m-1 c2ln")),
    ]);
    let json = proptest::sample::select(vec![
        "",
        "{}",
        "{\"a\":1}",
        "{\"a\":",
        "[1]",
        "null",
        " {} ",
    ]);
    let name = proptest::sample::select(vec!["", "read", "a.b c"]);
    prop_oneof![
        text.clone().prop_map(|text| Part::Text {
            text: text.to_owned()
        }),
        (text.clone(), keep).prop_map(|(text, keep)| Part::Reasoning {
            text: text.to_owned(),
            keep: keep.map(|(provider, kind, data)| ProviderState {
                provider: ProviderId::new(provider),
                kind: kind.into(),
                data: data.into(),
            }),
        }),
        Just(Part::Image {
            media_type: "image/png".to_owned(),
            data: Blob("AA==".into())
        }),
        (id.clone(), name, json).prop_map(|(id, name, json)| {
            Part::ToolCall(ToolCall {
                id: ToolCallId::new(id),
                name: ToolName::new(name),
                arguments: json.to_owned(),
            })
        }),
        (id, text, any::<bool>()).prop_map(|(id, text, is_error)| {
            Part::ToolResult(ToolResult {
                call: ToolCallId::new(id),
                name: None,
                content: text.to_owned(),
                is_error,
            })
        }),
    ]
}

/// Any history, as logs, clients and other providers leave them.
pub(crate) fn history() -> impl Strategy<Value = Vec<Message>> {
    let role = proptest::sample::select(vec![Role::User, Role::Assistant, Role::Tool]);
    let message = (role, proptest::collection::vec(part(), 0..4))
        .prop_map(|(role, parts)| Message { role, parts });
    proptest::collection::vec(message, 0..12)
}

proptest! {
    #[test]
    fn any_history_becomes_a_valid_request(messages in history(), short_ids: bool) {
        let quirks = Quirks { short_call_ids: short_ids, ..Quirks::USUAL };
        let sent = encoded(messages, quirks);
        prop_assert!(check(&sent, short_ids).is_ok(), "{:?}\n{sent:#?}", check(&sent, short_ids));
    }
}

fn call(id: &str) -> Part {
    let name = ToolName::new("read");
    Part::ToolCall(ToolCall {
        id: ToolCallId::new(id),
        name,
        arguments: "{}".to_owned(),
    })
}

fn result(id: &str, content: &str) -> Part {
    let call = ToolCallId::new(id);
    Part::ToolResult(ToolResult {
        call,
        name: None,
        content: content.to_owned(),
        is_error: false,
    })
}

#[test]
fn a_cut_run_is_told_to_the_model_and_nothing_is_lost() {
    let messages = vec![
        Message::user("read both"),
        Message {
            role: Role::Assistant,
            parts: vec![call("a"), call("b")],
        },
        Message {
            role: Role::Tool,
            parts: vec![result("b", "two"), result("z", "stray")],
        },
        Message::user("and now?"),
    ];
    let sent = encoded(messages, Quirks::USUAL);
    let said: Vec<(&str, Option<&str>, Option<&str>)> = sent
        .iter()
        .map(|m| {
            (
                m["role"].as_str().unwrap(),
                m["tool_call_id"].as_str(),
                m["content"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("user", None, Some("read both")),
            ("assistant", None, None),
            ("tool", Some("a"), Some(llm::codec::repair::NO_RESULT)),
            ("tool", Some("b"), Some("two")),
            ("user", None, Some("and now?")),
        ]
    );
}

#[test]
fn the_check_itself_finds_faults() {
    let orphan = serde_json::json!([{ "role": "tool", "tool_call_id": "a", "content": "x" }]);
    assert!(check(orphan.as_array().unwrap(), false).is_err());
    let unanswered = serde_json::json!([{ "role": "assistant", "tool_calls":
        [{ "id": "a", "function": { "name": "f", "arguments": "{}" } }] }]);
    assert!(check(unanswered.as_array().unwrap(), false).is_err());
}
