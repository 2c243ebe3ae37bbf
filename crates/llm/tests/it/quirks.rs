//! Where vendors differ, the request differs.

use crate::golden::{codec, info};
use domain::{
    Blob, Message, Part, Role, Sampling, ToolCall, ToolCallId, ToolChoice, ToolName, ToolSpec,
};
use llm::codec::Codec;
use llm::provider::{Quirks, vendors::VENDORS};
use llm::{ModelInfo, ModelRequest};
use serde_json::{Value, json};

fn request() -> ModelRequest {
    let call = ToolCall {
        id: ToolCallId::new("toolu_01AbCdEfGh"),
        name: ToolName::new("look"),
        arguments: "{}".to_owned(),
    };
    let image = Part::Image {
        media_type: "image/png".to_owned(),
        data: Blob("AA==".into()),
    };
    ModelRequest {
        system: Vec::new(),
        messages: vec![
            Message {
                role: Role::User,
                parts: vec![image],
            },
            Message {
                role: Role::Assistant,
                parts: vec![Part::ToolCall(call)],
            },
        ],
        tools: vec![ToolSpec {
            name: ToolName::new("look"),
            description: String::new(),
            parameters: json!({}),
            strict: None,
        }]
        .into(),
        tool_choice: ToolChoice::Required,
        sampling: Sampling {
            max_tokens: Some(5),
            ..Sampling::default()
        },
        stream: true,
        cache: llm::CacheHints::default(),
    }
}

fn sent(model: &ModelInfo, quirks: Quirks) -> Value {
    serde_json::from_slice(&codec().encode(&request(), model, quirks).unwrap().body).unwrap()
}

fn of(vendor: &str) -> Quirks {
    VENDORS.iter().find(|row| row.id == vendor).unwrap().quirks
}

#[test]
fn vendors_get_what_they_understand() {
    let usual = sent(&info(), Quirks::USUAL);
    assert_eq!(
        (&usual["max_tokens"], &usual["max_completion_tokens"]),
        (&json!(5), &Value::Null)
    );
    assert_eq!(usual["stream_options"], json!({ "include_usage": true }));
    assert_eq!(usual["messages"][2]["tool_call_id"], "toolu_01AbCdEfGh");

    let openai = sent(&info(), of("openai"));
    assert_eq!(
        (&openai["max_tokens"], &openai["max_completion_tokens"]),
        (&Value::Null, &json!(5))
    );

    let mistral = sent(&info(), of("mistral"));
    assert_eq!(mistral["stream_options"], Value::Null);
    let id = mistral["messages"][1]["tool_calls"][0]["id"]
        .as_str()
        .unwrap();
    assert_eq!(
        (id.len(), &mistral["messages"][2]["tool_call_id"]),
        (9, &json!(id))
    );
}

#[test]
fn models_are_not_sent_what_they_cannot_read() {
    let plain = ModelInfo {
        images: false,
        media: llm::MediaKinds::default(),
        tools: false,
        ..info()
    };
    let body = sent(&plain, Quirks::USUAL);
    assert!(
        body["messages"][0]["content"]
            .as_str()
            .unwrap()
            .contains("image was left out")
    );
    assert_eq!(
        (&body["tools"], &body["tool_choice"]),
        (&Value::Null, &Value::Null)
    );
}
