//! Source: OpenAI API, response object and streaming events of responses.

use serde_json::{Value, json};

use super::{CREATED, Stream, Telling, event, halves, set};
use crate::fake_model::saying::{Ended, tokens_of};
use crate::fake_model::script::Reports;

const ID: &str = "resp_fake";

fn usage(telling: &Telling<'_>) -> Value {
    let used = telling.all_used();
    json!({
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cache_read},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.input + used.output
    })
}

fn response(telling: &Telling<'_>, status: &str, output: &[Value]) -> Value {
    let ended = status != "in_progress";
    let reports = ended && telling.reports != Reports::Never;
    json!({
        "id": ID, "object": "response", "created_at": CREATED, "model": telling.model,
        "status": status, "background": false, "error": null,
        "incomplete_details":
            if status == "incomplete" { json!({"reason": "max_output_tokens"}) } else { Value::Null },
        "instructions": null, "metadata": {}, "output": output, "parallel_tool_calls": true,
        "previous_response_id": null, "store": false, "temperature": 1.0, "top_p": 1.0,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
        "truncation": "disabled",
        "usage": if reports { usage(telling) } else { Value::Null }
    })
}

fn status(telling: &Telling<'_>) -> &'static str {
    match telling.saying.ended {
        Ended::Stop | Ended::Calls => "completed",
        Ended::Length => "incomplete",
    }
}

fn reasoning(telling: &Telling<'_>) -> Value {
    json!({"type": "reasoning", "id": "rs_fake", "encrypted_content": telling.state,
        "summary": [{"type": "summary_text", "text": telling.saying.thought.concat()}]})
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn message(status: &str, content: &[Value]) -> Value {
    json!({"type": "message", "id": "msg_fake", "status": status, "role": "assistant",
        "content": content})
}

fn call(telling: &Telling<'_>, index: usize, arguments: &str, status: &str) -> Value {
    let name = telling
        .saying
        .calls
        .get(index)
        .map(|call| call.name.as_str());
    json!({"type": "function_call", "id": telling.saying.call_id("fc", index),
        "call_id": telling.saying.call_id("call", index), "name": name,
        "arguments": arguments, "status": status})
}

/// All items, as they are in the end.
fn output(telling: &Telling<'_>) -> Vec<Value> {
    let saying = telling.saying;
    let mut items = Vec::new();
    if !saying.thought.is_empty() {
        items.push(reasoning(telling));
    }
    if !saying.deltas.is_empty() {
        items.push(message("completed", &[part(&saying.deltas.concat())]));
    }
    for (index, made) in saying.calls.iter().enumerate() {
        items.push(call(telling, index, &made.arguments, "completed"));
    }
    items
}

pub(super) fn whole(telling: &Telling<'_>) -> Value {
    response(telling, status(telling), &output(telling))
}

/// Numbers the events.
struct Numbered<'a> {
    stream: &'a mut Stream,
    next: u64,
}

impl Numbered<'_> {
    fn numbered(&mut self, mut body: Value) -> bytes::Bytes {
        set(&mut body, "sequence_number", Value::from(self.next));
        self.next += 1;
        event(&body)
    }

    fn frame(&mut self, body: Value) {
        let bytes = self.numbered(body);
        self.stream.frame(bytes);
    }

    fn delta(&mut self, body: Value) {
        let bytes = self.numbered(body);
        self.stream.delta(bytes, false);
    }
}

pub(super) fn stream(telling: &Telling<'_>, stream: &mut Stream) {
    let mut to = Numbered { stream, next: 0 };
    for kind in ["response.created", "response.in_progress"] {
        to.frame(json!({"type": kind, "response": response(telling, "in_progress", &[])}));
    }
    let items = output(telling);
    let mut place = 0;
    if !telling.saying.thought.is_empty() {
        thought(telling, &mut to);
        place += 1;
    }
    if !telling.saying.deltas.is_empty() {
        text(telling, place, &mut to);
        place += 1;
    }
    for index in 0..telling.saying.calls.len() {
        tool(telling, index, place + index, &mut to);
    }
    let status = status(telling);
    let end = response(telling, status, &items);
    let bytes = to.numbered(json!({"type": format!("response.{status}"), "response": end}));
    if telling.reports == Reports::Never {
        to.stream.frame(bytes);
    } else {
        to.stream.report(bytes);
    }
}

fn thought(telling: &Telling<'_>, to: &mut Numbered<'_>) {
    let all = telling.saying.thought.concat();
    let opened = json!({"type": "reasoning", "id": "rs_fake", "summary": []});
    to.frame(json!({"type": "response.output_item.added", "output_index": 0, "item": opened}));
    let at = |kind: &str| {
        json!({"type": format!("response.reasoning_summary_{kind}"), "item_id": "rs_fake",
            "output_index": 0, "summary_index": 0})
    };
    let with = |kind: &str, field: &str, value: Value| {
        let mut body = at(kind);
        set(&mut body, field, value);
        body
    };
    let part = |text: &str| json!({"type": "summary_text", "text": text});
    to.frame(with("part.added", "part", part("")));
    for delta in &telling.saying.thought {
        to.stream.think();
        to.delta(with("text.delta", "delta", Value::from(delta.as_str())));
    }
    to.frame(with("text.done", "text", Value::from(all.as_str())));
    to.frame(with("part.done", "part", part(&all)));
    let item = reasoning(telling);
    to.frame(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
}

fn text(telling: &Telling<'_>, place: usize, to: &mut Numbered<'_>) {
    let all = telling.saying.deltas.concat();
    to.frame(
        json!({"type": "response.output_item.added", "output_index": place,
        "item": message("in_progress", &[])}),
    );
    let at = |kind: &str| {
        json!({"type": format!("response.{kind}"), "item_id": "msg_fake",
            "output_index": place, "content_index": 0})
    };
    let with = |kind: &str, field: &str, value: Value| {
        let mut body = at(kind);
        set(&mut body, field, value);
        body
    };
    to.frame(with("content_part.added", "part", part("")));
    for delta in &telling.saying.deltas {
        to.stream.count(1);
        to.delta(with(
            "output_text.delta",
            "delta",
            Value::from(delta.as_str()),
        ));
    }
    to.frame(with("output_text.done", "text", Value::from(all.as_str())));
    to.frame(with("content_part.done", "part", part(&all)));
    to.frame(
        json!({"type": "response.output_item.done", "output_index": place,
        "item": message("completed", &[part(&all)])}),
    );
}

fn tool(telling: &Telling<'_>, index: usize, place: usize, to: &mut Numbered<'_>) {
    let Some(made) = telling.saying.calls.get(index) else {
        return;
    };
    let id = telling.saying.call_id("fc", index);
    to.stream.count(tokens_of(made));
    to.delta(
        json!({"type": "response.output_item.added", "output_index": place,
        "item": call(telling, index, "", "in_progress")}),
    );
    for half in halves(&made.arguments) {
        to.delta(
            json!({"type": "response.function_call_arguments.delta", "item_id": id,
            "output_index": place, "delta": half}),
        );
    }
    to.frame(
        json!({"type": "response.function_call_arguments.done", "item_id": id,
        "output_index": place, "arguments": made.arguments}),
    );
    to.frame(
        json!({"type": "response.output_item.done", "output_index": place,
        "item": call(telling, index, &made.arguments, "completed")}),
    );
}
