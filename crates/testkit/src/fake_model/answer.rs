//! Chat completions as bytes: whole, as chunks, and as errors.
//! Source: OpenAI API, chat completion object and chat completion chunk object.

use bytes::Bytes;
use serde_json::{Value, json};

use super::body::Act;
use super::script::Call;

/// Prompt tokens of every answer; a completion has as many tokens as deltas.
const PROMPT_TOKENS: usize = 11;
/// The moment every answer claims to be from, in Unix seconds.
const CREATED: u64 = 1_700_000_000;
const ID: &str = "chatcmpl-fake";

/// What the model says.
#[derive(Debug, Default)]
pub(super) struct Saying {
    pub(super) deltas: Vec<String>,
    pub(super) calls: Vec<Call>,
    /// The number of the first call.
    pub(super) first_call: usize,
}

impl Saying {
    /// Text, one delta per word; the closing full stop is a delta of its own.
    pub(super) fn text(text: &str) -> Self {
        let mut deltas: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
        // "Hello from" becomes "Hello", " from": models put the space before the word.
        for index in (1..deltas.len()).rev() {
            let Some(ended) = deltas
                .get_mut(index - 1)
                .filter(|delta| delta.ends_with(' '))
            else {
                continue;
            };
            ended.pop();
            if let Some(delta) = deltas.get_mut(index) {
                delta.insert(0, ' ');
            }
        }
        if deltas
            .last()
            .is_some_and(|last| last.len() > 1 && last.ends_with('.'))
        {
            if let Some(last) = deltas.last_mut() {
                last.pop();
            }
            deltas.push(".".to_owned());
        }
        deltas.retain(|delta| !delta.is_empty());
        Self {
            deltas,
            ..Self::default()
        }
    }

    pub(super) fn calls(calls: Vec<Call>, first_call: usize) -> Self {
        Self {
            deltas: Vec::new(),
            calls,
            first_call,
        }
    }

    fn finish(&self) -> &'static str {
        if self.calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        }
    }

    fn usage(&self) -> Value {
        let out = self.deltas.len() + self.calls.len();
        json!({"prompt_tokens": PROMPT_TOKENS, "completion_tokens": out,
               "total_tokens": PROMPT_TOKENS + out})
    }

    fn call_id(&self, index: usize) -> String {
        format!("call_{}", self.first_call + index + 1)
    }

    /// The whole answer as one JSON object.
    pub(super) fn whole(&self, model: &str) -> Bytes {
        let content = self.deltas.concat();
        let mut message = json!({"role": "assistant", "content": content, "refusal": null});
        if !self.calls.is_empty() {
            let calls: Vec<Value> = self
                .calls
                .iter()
                .enumerate()
                .map(|(index, call)| {
                    json!({"id": self.call_id(index), "type": "function",
                       "function": {"name": call.name, "arguments": call.arguments}})
                })
                .collect();
            if let Some(fields) = message.as_object_mut() {
                fields.insert("content".to_owned(), Value::Null);
                fields.insert("tool_calls".to_owned(), Value::Array(calls));
            }
        }
        let body = json!({
            "id": ID, "object": "chat.completion", "created": CREATED, "model": model,
            "choices": [{"index": 0, "message": message, "logprobs": null,
                         "finish_reason": self.finish()}],
            "usage": self.usage(), "system_fingerprint": "fp_fake"
        });
        Bytes::from(body.to_string())
    }

    /// The deltas of a stream, each one event; neither the end nor the usage.
    pub(super) fn chunks(&self, model: &str) -> Vec<Bytes> {
        let mut chunks = Vec::with_capacity(self.deltas.len() + 2 * self.calls.len() + 1);
        chunks.push(chunk(model, r#"{"role":"assistant","content":""}"#, None));
        for delta in &self.deltas {
            let delta = format!(r#"{{"content":{}}}"#, Value::from(delta.as_str()));
            chunks.push(chunk(model, &delta, None));
        }
        for (index, call) in self.calls.iter().enumerate() {
            let head = json!({"tool_calls": [{"index": index, "id": self.call_id(index),
                "type": "function", "function": {"name": call.name, "arguments": ""}}]});
            chunks.push(chunk(model, &head.to_string(), None));
            for part in halves(&call.arguments) {
                let rest =
                    json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]});
                chunks.push(chunk(model, &rest.to_string(), None));
            }
        }
        chunks
    }

    /// What closes a stream: the reason, the usage when it was asked for, and the end mark.
    pub(super) fn closing(&self, model: &str, with_usage: bool) -> Vec<Bytes> {
        let mut events = vec![chunk(model, "{}", Some(self.finish()))];
        if with_usage {
            let body = json!({"id": ID, "object": "chat.completion.chunk", "created": CREATED,
                "model": model, "choices": [], "usage": self.usage()});
            events.push(Bytes::from(format!("data: {body}\n\n")));
        }
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }

    /// The whole stream, sent as fast as the connection takes it.
    pub(super) fn stream(&self, model: &str, with_usage: bool) -> Vec<Act> {
        let events = self
            .chunks(model)
            .into_iter()
            .chain(self.closing(model, with_usage));
        events.map(Act::Send).collect()
    }
}

/// An error answer's body.
pub(super) fn failure(code: u16, message: &str) -> Bytes {
    let (kind, name) = match code {
        401 => ("invalid_request_error", "invalid_api_key"),
        404 => ("invalid_request_error", "model_not_found"),
        429 => ("requests", "rate_limit_exceeded"),
        400..=499 => ("invalid_request_error", "invalid_request"),
        _ => ("server_error", "internal_error"),
    };
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": name}});
    Bytes::from(body.to_string())
}

/// One chunk event. Written by hand: it is the hot path of the benches.
fn chunk(model: &str, delta: &str, finish: Option<&str>) -> Bytes {
    let finish = finish.map_or_else(|| "null".to_owned(), |reason| format!("\"{reason}\""));
    let model = Value::from(model);
    Bytes::from(format!(
        "data: {{\"id\":\"{ID}\",\"object\":\"chat.completion.chunk\",\"created\":{CREATED},\
         \"model\":{model},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\
         \"finish_reason\":{finish}}}]}}\n\n"
    ))
}

/// A text in two parts, so that whoever reads must join them.
fn halves(text: &str) -> [&str; 2] {
    let middle = (0..=text.len() / 2)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    text.split_at_checked(middle)
        .map_or([text, ""], |(left, right)| [left, right])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_has_six_deltas() {
        let saying = Saying::text("Hello from the fake model.");
        assert_eq!(
            saying.deltas,
            ["Hello", " from", " the", " fake", " model", "."]
        );
    }

    #[test]
    fn deltas_join_to_the_text() {
        for text in ["", "a", ".", " a  b ", "a\nb. c", "ö ü."] {
            assert_eq!(Saying::text(text).deltas.concat(), text);
        }
    }
}
