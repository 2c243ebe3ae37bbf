//! Source: Gemini API, `GenerateContentResponse`. Its streams tell the usage with every chunk.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Stream, Telling, object, set};
use crate::fake_model::bill::Used;
use crate::fake_model::saying::{Ended, tokens_of};
use crate::fake_model::script::Reports;

fn usage(used: &Used) -> Value {
    let text = json!({"modality": "TEXT", "tokenCount": used.input - used.media});
    let mut details = vec![text];
    if used.media > 0 {
        details.push(json!({"modality": "IMAGE", "tokenCount": used.media}));
    }
    let mut usage = json!({
        "promptTokenCount": used.input,
        "candidatesTokenCount": used.output - used.reasoning,
        "totalTokenCount": used.input + used.output,
        "promptTokensDetails": details
    });
    if used.cache_read > 0 {
        set(
            &mut usage,
            "cachedContentTokenCount",
            Value::from(used.cache_read),
        );
    }
    if used.reasoning > 0 {
        set(
            &mut usage,
            "thoughtsTokenCount",
            Value::from(used.reasoning),
        );
    }
    usage
}

fn body(telling: &Telling<'_>, parts: &[Value], finish: Option<&str>, used: &Used) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(reason) = finish {
        set(&mut candidate, "finishReason", Value::from(reason));
    }
    let mut body = json!({"candidates": [candidate], "modelVersion": telling.model,
        "responseId": "fake"});
    if telling.reports != Reports::Never {
        set(&mut body, "usageMetadata", usage(used));
    }
    body
}

fn finish(telling: &Telling<'_>) -> &'static str {
    match telling.saying.ended {
        // Calls are no reason of their own here.
        Ended::Stop | Ended::Calls => "STOP",
        Ended::Length => "MAX_TOKENS",
    }
}

/// The parts of the calls; the first carries the signature of what was thought.
fn calls(telling: &Telling<'_>) -> Vec<Value> {
    let thinks = !telling.saying.thought.is_empty();
    let part = |(index, call): (usize, &crate::fake_model::script::Call)| {
        let mut part =
            json!({"functionCall": {"name": call.name, "args": object(&call.arguments)}});
        if thinks && index == 0 {
            set(
                &mut part,
                "thoughtSignature",
                Value::from(telling.state.as_str()),
            );
        }
        part
    };
    telling.saying.calls.iter().enumerate().map(part).collect()
}

pub(super) fn whole(telling: &Telling<'_>) -> Value {
    let saying = telling.saying;
    let mut parts = Vec::new();
    if !saying.thought.is_empty() {
        parts.push(json!({"text": saying.thought.concat(), "thought": true}));
    }
    if !saying.deltas.is_empty() {
        let mut part = json!({"text": saying.deltas.concat()});
        if !saying.thought.is_empty() {
            set(
                &mut part,
                "thoughtSignature",
                Value::from(telling.state.as_str()),
            );
        }
        parts.push(part);
    }
    parts.extend(calls(telling));
    let finish = finish(telling);
    body(telling, &parts, Some(finish), &telling.all_used())
}

fn chunk(body: &Value) -> Bytes {
    Bytes::from(format!("data: {body}\r\n\r\n"))
}

pub(super) fn stream(telling: &Telling<'_>, stream: &mut Stream) {
    let saying = telling.saying;
    let reports = telling.reports != Reports::Never;
    let put = |stream: &mut Stream, part: Value| {
        let used = telling.used(stream.output, stream.reasoning);
        let bytes = chunk(&body(telling, &[part], None, &used));
        stream.delta(bytes, reports);
    };
    for delta in &saying.thought {
        stream.think();
        put(stream, json!({"text": delta, "thought": true}));
    }
    for delta in &saying.deltas {
        stream.count(1);
        put(stream, json!({ "text": delta }));
    }
    for (call, part) in saying.calls.iter().zip(calls(telling)) {
        stream.count(tokens_of(call));
        put(stream, part);
    }
    // A signature that no call carries comes with an empty text at the end.
    let mut last = json!({"text": ""});
    if !saying.thought.is_empty() && saying.calls.is_empty() {
        set(
            &mut last,
            "thoughtSignature",
            Value::from(telling.state.as_str()),
        );
    }
    let finish = finish(telling);
    let end = chunk(&body(telling, &[last], Some(finish), &telling.all_used()));
    if reports {
        stream.report(end);
    } else {
        stream.frame(end);
    }
}
