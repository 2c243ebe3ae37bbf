//! Source: OpenAI API, chat completion object and chat completion chunk object.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{CREATED, Stream, Telling, data, halves, set};
use crate::fake_model::bill::Used;
use crate::fake_model::saying::{Ended, tokens_of};
use crate::fake_model::script::Reports;

const ID: &str = "chatcmpl-fake";

fn finish(telling: &Telling<'_>) -> &'static str {
    match telling.saying.ended {
        Ended::Stop => "stop",
        Ended::Calls => "tool_calls",
        Ended::Length => "length",
    }
}

fn usage(used: &Used) -> Value {
    json!({
        "prompt_tokens": used.input, "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning, "audio_tokens": 0}
    })
}

pub(super) fn whole(telling: &Telling<'_>) -> Value {
    let saying = telling.saying;
    let mut message = json!({"role": "assistant", "content": saying.deltas.concat(),
        "refusal": null});
    if !saying.thought.is_empty() {
        set(
            &mut message,
            "reasoning_content",
            Value::from(saying.thought.concat()),
        );
    }
    if !saying.calls.is_empty() {
        let calls = saying.calls.iter().enumerate().map(|(index, call)| {
            json!({"id": saying.call_id("call", index), "type": "function",
                   "function": {"name": call.name, "arguments": call.arguments}})
        });
        set(&mut message, "tool_calls", calls.collect());
        set(&mut message, "content", Value::Null);
    }
    let mut body = json!({
        "id": ID, "object": "chat.completion", "created": CREATED, "model": telling.model,
        "choices": [{"index": 0, "message": message, "logprobs": null,
                     "finish_reason": finish(telling)}],
        "system_fingerprint": "fp_fake"
    });
    if telling.reports != Reports::Never {
        set(&mut body, "usage", usage(&telling.all_used()));
    }
    body
}

pub(super) fn stream(telling: &Telling<'_>, stream: &mut Stream) {
    let saying = telling.saying;
    let head = r#"{"role":"assistant","content":""}"#;
    stream.frame(chunk(telling, stream, head, None));
    for thought in &saying.thought {
        stream.think();
        let delta = json!({ "reasoning_content": thought });
        put(telling, stream, &delta.to_string());
    }
    for delta in &saying.deltas {
        stream.count(1);
        let delta = format!(r#"{{"content":{}}}"#, Value::from(delta.as_str()));
        put(telling, stream, &delta);
    }
    for (index, call) in saying.calls.iter().enumerate() {
        stream.count(tokens_of(call));
        let head = json!({"tool_calls": [{"index": index, "id": saying.call_id("call", index),
            "type": "function", "function": {"name": call.name, "arguments": ""}}]});
        put(telling, stream, &head.to_string());
        for part in halves(&call.arguments) {
            let rest = json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]});
            put(telling, stream, &rest.to_string());
        }
    }
    stream.frame(chunk(telling, stream, "{}", Some(finish(telling))));
    if telling.wants_usage && telling.reports != Reports::Never {
        stream.report(data(&json!({"id": ID, "object": "chat.completion.chunk",
            "created": CREATED, "model": telling.model, "choices": [],
            "usage": usage(&telling.all_used())})));
    }
    stream.frame(Bytes::from_static(b"data: [DONE]\n\n"));
}

fn put(telling: &Telling<'_>, stream: &mut Stream, delta: &str) {
    let bytes = chunk(telling, stream, delta, None);
    stream.delta(bytes, telling.reports == Reports::Each);
}

/// One chunk event. Written by hand: it is the hot path of the benches.
fn chunk(telling: &Telling<'_>, stream: &Stream, delta: &str, finish: Option<&str>) -> Bytes {
    let finish = finish.map_or_else(|| "null".to_owned(), |reason| format!("\"{reason}\""));
    let model = Value::from(telling.model);
    let usage = if telling.reports == Reports::Each {
        let used = telling.used(stream.output, stream.reasoning);
        format!(",\"usage\":{}", usage(&used))
    } else {
        String::new()
    };
    Bytes::from(format!(
        "data: {{\"id\":\"{ID}\",\"object\":\"chat.completion.chunk\",\"created\":{CREATED},\
         \"model\":{model},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\
         \"finish_reason\":{finish}}}]{usage}}}\n\n"
    ))
}
