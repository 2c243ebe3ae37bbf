//! Source: Anthropic API, message object and streaming messages.

use serde_json::{Value, json};

use super::{Stream, Telling, event, halves, object, set};
use crate::fake_model::bill::Used;
use crate::fake_model::saying::{Ended, tokens_of};
use crate::fake_model::script::Reports;

fn reason(telling: &Telling<'_>) -> &'static str {
    match telling.saying.ended {
        Ended::Stop => "end_turn",
        Ended::Calls => "tool_use",
        Ended::Length => "max_tokens",
    }
}

/// The service counts what was read from the cache and written to it apart from the rest.
fn usage(used: &Used) -> Value {
    json!({
        "input_tokens": used.input - used.cache_read - used.cache_write,
        "cache_creation_input_tokens": used.cache_write,
        "cache_read_input_tokens": used.cache_read,
        "output_tokens": used.output
    })
}

fn message(telling: &Telling<'_>, content: &[Value], reason: Option<&str>, used: &Used) -> Value {
    let mut body = json!({
        "id": "msg_fake", "type": "message", "role": "assistant", "model": telling.model,
        "content": content, "stop_reason": reason, "stop_sequence": null
    });
    if telling.reports != Reports::Never {
        set(&mut body, "usage", usage(used));
    }
    body
}

pub(super) fn whole(telling: &Telling<'_>) -> Value {
    let saying = telling.saying;
    let mut content = Vec::new();
    if !saying.thought.is_empty() {
        content.push(
            json!({"type": "thinking", "thinking": saying.thought.concat(),
            "signature": telling.state}),
        );
    }
    if !saying.deltas.is_empty() {
        content.push(json!({"type": "text", "text": saying.deltas.concat()}));
    }
    for (index, call) in saying.calls.iter().enumerate() {
        content.push(
            json!({"type": "tool_use", "id": saying.call_id("toolu", index),
            "name": call.name, "input": object(&call.arguments)}),
        );
    }
    message(
        telling,
        &content,
        Some(reason(telling)),
        &telling.all_used(),
    )
}

/// Blocks one after the other.
struct Blocks<'a, 'b> {
    telling: &'a Telling<'b>,
    stream: &'a mut Stream,
    index: usize,
}

impl Blocks<'_, '_> {
    fn open(&mut self, block: &Value) {
        self.stream.frame(event(
            &json!({"type": "content_block_start", "index": self.index,
            "content_block": block}),
        ));
    }

    fn delta(&mut self, delta: &Value) {
        let bytes = event(&json!({"type": "content_block_delta", "index": self.index,
            "delta": delta}));
        self.stream.delta(bytes, false);
        if self.telling.reports == Reports::Each {
            let so_far = json!({"output_tokens": self.stream.output});
            self.stream.report(event(&json!({"type": "message_delta",
                "delta": {"stop_reason": null, "stop_sequence": null}, "usage": so_far})));
        }
    }

    fn close(&mut self) {
        let bytes = event(&json!({"type": "content_block_stop", "index": self.index}));
        self.stream.frame(bytes);
        self.index += 1;
    }
}

pub(super) fn stream(telling: &Telling<'_>, stream: &mut Stream) {
    let saying = telling.saying;
    // What the service reports at the beginning counts one token of the answer.
    let first = u64::from(saying.tokens() > 0);
    let begun = message(telling, &[], None, &telling.used(first, 0));
    stream.count(first);
    let start = event(&json!({"type": "message_start", "message": begun}));
    if telling.reports == Reports::Never {
        stream.frame(start);
    } else {
        stream.report(start);
    }
    stream.output = 0;
    stream.frame(event(&json!({"type": "ping"})));
    let mut blocks = Blocks {
        telling,
        stream,
        index: 0,
    };
    if !saying.thought.is_empty() {
        blocks.open(&json!({"type": "thinking", "thinking": "", "signature": ""}));
        for delta in &saying.thought {
            blocks.stream.think();
            blocks.delta(&json!({"type": "thinking_delta", "thinking": delta}));
        }
        blocks.delta(&json!({"type": "signature_delta", "signature": telling.state}));
        blocks.close();
    }
    if !saying.deltas.is_empty() {
        blocks.open(&json!({"type": "text", "text": ""}));
        for delta in &saying.deltas {
            blocks.stream.count(1);
            blocks.delta(&json!({"type": "text_delta", "text": delta}));
        }
        blocks.close();
    }
    for (index, call) in saying.calls.iter().enumerate() {
        blocks.stream.count(tokens_of(call));
        blocks.open(
            &json!({"type": "tool_use", "id": saying.call_id("toolu", index),
            "name": call.name, "input": {}}),
        );
        for half in halves(&call.arguments) {
            blocks.delta(&json!({"type": "input_json_delta", "partial_json": half}));
        }
        blocks.close();
    }
    end(telling, stream);
}

fn end(telling: &Telling<'_>, stream: &mut Stream) {
    let delta = json!({"stop_reason": reason(telling), "stop_sequence": null});
    let output = json!({"output_tokens": telling.saying.tokens()});
    if telling.reports == Reports::Never {
        stream.frame(event(&json!({"type": "message_delta", "delta": delta})));
    } else {
        let body = json!({"type": "message_delta", "delta": delta, "usage": output});
        stream.report(event(&body));
    }
    stream.frame(event(&json!({"type": "message_stop"})));
}
