//! The same question on every wire, and what a client reads out of the answer.

use serde_json::{Value, json};
use testkit::fake_model::Wire;
use testkit::{Caller, FakeModel};

/// A question to `model`, as the path and the body.
pub(crate) fn question(wire: Wire, model: &str, text: &str, stream: bool) -> (String, Value) {
    match wire {
        Wire::Chat => {
            let mut body = json!({"model": model, "stream": stream,
                "messages": [{"role": "user", "content": text}]});
            if stream {
                body["stream_options"] = json!({"include_usage": true});
            }
            ("/v1/chat/completions".to_owned(), body)
        }
        Wire::Responses => (
            "/v1/responses".to_owned(),
            json!({"model": model, "stream": stream, "store": false, "input": text,
                "include": ["reasoning.encrypted_content"]}),
        ),
        Wire::Messages => (
            "/v1/messages".to_owned(),
            json!({"model": model, "stream": stream, "max_tokens": 2048,
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "messages": [{"role": "user", "content": text}]}),
        ),
        Wire::Gemini => {
            let action = if stream {
                "streamGenerateContent?alt=sse"
            } else {
                "generateContent"
            };
            (
                format!("/v1beta/models/{model}:{action}"),
                json!({"contents": [{"role": "user", "parts": [{"text": text}]}]}),
            )
        }
        Wire::Ollama => (
            "/api/chat".to_owned(),
            json!({"model": model, "stream": stream,
                "messages": [{"role": "user", "content": text}]}),
        ),
    }
}

/// The field of the body that limits the answer.
pub(crate) fn limit(wire: Wire, body: &mut Value, most: u64) {
    match wire {
        Wire::Chat => body["max_tokens"] = json!(most),
        Wire::Responses => body["max_output_tokens"] = json!(most),
        Wire::Messages => {
            body["max_tokens"] = json!(most);
            body.as_object_mut().unwrap().remove("thinking");
        }
        Wire::Gemini => body["generationConfig"] = json!({"maxOutputTokens": most}),
        Wire::Ollama => body["options"] = json!({"num_predict": most}),
    }
}

/// What a client reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) text: String,
    pub(crate) thought: String,
    pub(crate) finish: String,
    /// Prompt, answer and cached tokens, when they were told.
    pub(crate) usage: Option<(u64, u64, u64)>,
    pub(crate) calls: Vec<(String, Value)>,
}

pub(crate) async fn asked(fake: &FakeModel, wire: Wire, text: &str, stream: bool) -> Read {
    let (path, body) = question(wire, "fake-1", text, stream);
    told(&Caller::new(fake.address()), wire, &path, &body, stream).await
}

pub(crate) async fn told(
    caller: &Caller,
    wire: Wire,
    path: &str,
    body: &Value,
    stream: bool,
) -> Read {
    let answer = caller.post_json(path, body).await.unwrap();
    assert_eq!(answer.status, 200, "{wire:?}: {}", answer.text());
    let events: Vec<Value> = if stream {
        let text = answer.text();
        let lines = text.lines();
        let data = lines.filter_map(|line| match wire {
            Wire::Ollama => Some(line),
            Wire::Chat | Wire::Responses | Wire::Messages | Wire::Gemini => {
                line.strip_prefix("data: ")
            }
        });
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    } else {
        vec![answer.json().unwrap()]
    };
    let mut read = Read::default();
    for event in &events {
        match wire {
            Wire::Chat => chat(event, &mut read),
            Wire::Responses => responses(event, stream, &mut read),
            Wire::Messages => messages(event, &mut read),
            Wire::Gemini => gemini(event, &mut read),
            Wire::Ollama => ollama(event, &mut read),
        }
    }
    read
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

fn number(value: &Value, pointer: &str) -> u64 {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.unwrap_or_default()
}

fn chat(event: &Value, read: &mut Read) {
    for side in ["/choices/0/delta", "/choices/0/message"] {
        read.text.push_str(at(event, &format!("{side}/content")));
        let thought = format!("{side}/reasoning_content");
        read.thought.push_str(at(event, &thought));
    }
    read.finish.push_str(at(event, "/choices/0/finish_reason"));
    if event["usage"].is_object() {
        read.usage = Some((
            number(event, "/usage/prompt_tokens"),
            number(event, "/usage/completion_tokens"),
            number(event, "/usage/prompt_tokens_details/cached_tokens"),
        ));
    }
}

fn responses(event: &Value, stream: bool, read: &mut Read) {
    if at(event, "/type") == "response.output_text.delta" {
        read.text.push_str(at(event, "/delta"));
    }
    if at(event, "/type").starts_with("response.reasoning_summary_text.delta") {
        read.thought.push_str(at(event, "/delta"));
    }
    let done = if stream { &event["response"] } else { event };
    if done["status"] == "in_progress" || done.is_null() {
        return;
    }
    for item in done["output"].as_array().unwrap() {
        if !stream {
            read.text.push_str(at(item, "/content/0/text"));
            read.thought.push_str(at(item, "/summary/0/text"));
        }
        if item["type"] == "function_call" {
            let arguments = serde_json::from_str(at(item, "/arguments")).unwrap();
            read.calls.push((at(item, "/name").to_owned(), arguments));
        }
    }
    at(done, "/status").clone_into(&mut read.finish);
    if done["usage"].is_object() {
        read.usage = Some((
            number(done, "/usage/input_tokens"),
            number(done, "/usage/output_tokens"),
            number(done, "/usage/input_tokens_details/cached_tokens"),
        ));
    }
}

fn messages(event: &Value, read: &mut Read) {
    read.text.push_str(at(event, "/delta/text"));
    read.thought.push_str(at(event, "/delta/thinking"));
    for block in event["content"].as_array().into_iter().flatten() {
        read.text.push_str(at(block, "/text"));
        read.thought.push_str(at(block, "/thinking"));
        if block["type"] == "tool_use" {
            let name = at(block, "/name").to_owned();
            read.calls.push((name, block["input"].clone()));
        }
    }
    for side in ["/delta/stop_reason", "/stop_reason"] {
        read.finish.push_str(at(event, side));
    }
    for side in ["/message/usage", "/usage"] {
        let Some(usage) = event.pointer(side) else {
            continue;
        };
        let (input, _, cached) = read.usage.unwrap_or_default();
        let read_now = number(usage, "/cache_read_input_tokens");
        let input_now = number(usage, "/input_tokens")
            + number(usage, "/cache_creation_input_tokens")
            + read_now;
        read.usage = Some((
            input.max(input_now),
            number(usage, "/output_tokens"),
            cached.max(read_now),
        ));
    }
}

fn gemini(event: &Value, read: &mut Read) {
    let parts = event.pointer("/candidates/0/content/parts");
    for part in parts.and_then(Value::as_array).into_iter().flatten() {
        if part["thought"] == true {
            read.thought.push_str(at(part, "/text"));
        } else {
            read.text.push_str(at(part, "/text"));
        }
        if let Some(call) = part.get("functionCall") {
            let name = at(call, "/name").to_owned();
            read.calls.push((name, call["args"].clone()));
        }
    }
    read.finish
        .push_str(at(event, "/candidates/0/finishReason"));
    if let Some(usage) = event.get("usageMetadata") {
        read.usage = Some((
            number(usage, "/promptTokenCount"),
            number(usage, "/candidatesTokenCount") + number(usage, "/thoughtsTokenCount"),
            number(usage, "/cachedContentTokenCount"),
        ));
    }
}

fn ollama(event: &Value, read: &mut Read) {
    read.text.push_str(at(event, "/message/content"));
    read.thought.push_str(at(event, "/message/thinking"));
    let calls = event.pointer("/message/tool_calls");
    for call in calls.and_then(Value::as_array).into_iter().flatten() {
        let name = at(call, "/function/name").to_owned();
        let arguments = call.pointer("/function/arguments").unwrap().clone();
        read.calls.push((name, arguments));
    }
    read.finish.push_str(at(event, "/done_reason"));
    if event.get("eval_count").is_some() {
        read.usage = Some((
            number(event, "/prompt_eval_count"),
            number(event, "/eval_count"),
            0,
        ));
    }
}
