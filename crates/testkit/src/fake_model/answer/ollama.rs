//! Source: Ollama API, responses of a chat.

use serde_json::{Value, json};

use super::{Stream, Telling, line, object, set};
use crate::fake_model::saying::{Ended, tokens_of};
use crate::fake_model::script::Reports;

const CREATED: &str = "2023-11-14T22:13:20Z";

fn body(telling: &Telling<'_>, message: &Value, done: bool) -> Value {
    let mut body = json!({"model": telling.model, "created_at": CREATED, "message": message,
        "done": done});
    if done {
        set(
            &mut body,
            "done_reason",
            Value::from(match telling.saying.ended {
                Ended::Stop | Ended::Calls => "stop",
                Ended::Length => "length",
            }),
        );
        set(&mut body, "total_duration", Value::from(1_000_000));
        if telling.reports != Reports::Never {
            let used = telling.all_used();
            set(&mut body, "prompt_eval_count", Value::from(used.input));
            set(&mut body, "eval_count", Value::from(used.output));
        }
    }
    body
}

fn calls(telling: &Telling<'_>) -> Vec<Value> {
    let calls = telling.saying.calls.iter();
    calls
        .map(|call| json!({"function": {"name": call.name, "arguments": object(&call.arguments)}}))
        .collect()
}

pub(super) fn whole(telling: &Telling<'_>) -> Value {
    let saying = telling.saying;
    let mut message = json!({"role": "assistant", "content": saying.deltas.concat()});
    if !saying.thought.is_empty() {
        set(
            &mut message,
            "thinking",
            Value::from(saying.thought.concat()),
        );
    }
    if !saying.calls.is_empty() {
        set(&mut message, "tool_calls", Value::from(calls(telling)));
    }
    body(telling, &message, true)
}

pub(super) fn stream(telling: &Telling<'_>, stream: &mut Stream) {
    for delta in &telling.saying.thought {
        stream.think();
        let message = json!({"role": "assistant", "content": "", "thinking": delta});
        stream.delta(line(&body(telling, &message, false)), false);
    }
    for delta in &telling.saying.deltas {
        stream.count(1);
        let message = json!({"role": "assistant", "content": delta});
        stream.delta(line(&body(telling, &message, false)), false);
    }
    for (call, part) in telling.saying.calls.iter().zip(calls(telling)) {
        stream.count(tokens_of(call));
        let message = json!({"role": "assistant", "content": "", "tool_calls": [part]});
        stream.delta(line(&body(telling, &message, false)), false);
    }
    let end = line(&body(
        telling,
        &json!({"role": "assistant", "content": ""}),
        true,
    ));
    if telling.reports == Reports::Never {
        stream.frame(end);
    } else {
        stream.report(end);
    }
}
