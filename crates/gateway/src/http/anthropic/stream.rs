//! Answers of `/v1/messages` as server-sent events. Source: Anthropic API, "Streaming messages".
//!
//! On this wire blocks follow one another. A provider may mix the pieces of several tool calls, so
//! what belongs to a block that is not its turn yet waits until the open one is closed.

use super::answer::{Head, UsageOut, error_value, stop_reason};
use super::signature;
use crate::error::ApiError;
use bytes::Bytes;
use domain::{ProviderState, StopReason, Usage};
use serde_json::{Value, json};

/// What a block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    /// A tool call, by its number within the answer.
    Call(u32),
}

/// A block that waits for its turn.
struct Waiting {
    kind: Kind,
    start: Value,
    deltas: String,
}

/// Writes the events of one stream.
pub(super) struct Blocks {
    head: Head,
    open: Option<Kind>,
    index: u32,
    waiting: Vec<Waiting>,
    calls: u32,
    out: String,
}

impl Blocks {
    pub(super) fn new(head: Head) -> Self {
        Self {
            head,
            open: None,
            index: 0,
            waiting: Vec::new(),
            calls: 0,
            out: String::new(),
        }
    }

    /// The beginning of the message.
    pub(super) fn begin(&mut self) -> Bytes {
        let message = json!({
            "id": self.head.id, "type": "message", "role": "assistant", "model": self.head.model,
            "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": UsageOut::default(),
        });
        self.event("message_start", &json!({ "message": message }));
        self.take()
    }

    /// Keeps the connection open.
    pub(super) fn ping(&mut self) -> Bytes {
        self.event("ping", &json!({}));
        self.take()
    }

    /// More text.
    pub(super) fn text(&mut self, text: &str) -> Bytes {
        self.append(Kind::Text, text_block, text);
        self.take()
    }

    /// More reasoning.
    pub(super) fn thinking(&mut self, text: &str) -> Bytes {
        self.append(Kind::Thinking, thinking_block, text);
        self.take()
    }

    /// State that belongs to the reasoning before it.
    pub(super) fn keep(&mut self, state: &ProviderState) -> Bytes {
        let text = signature::write(state);
        if self.open != Some(Kind::Thinking) && self.make_room() {
            self.start(Kind::Thinking, &thinking_block());
        }
        if self.open == Some(Kind::Thinking) {
            self.delta(&json!({ "type": "signature_delta", "signature": text }));
            self.close();
        } else {
            // It waits as a block of its own; its signature is all there is to it.
            let mut start = thinking_block();
            if let Some(block) = start.as_object_mut() {
                block.insert("signature".to_owned(), text.into());
            }
            self.waiting.push(Waiting {
                kind: Kind::Thinking,
                start,
                deltas: String::new(),
            });
        }
        self.take()
    }

    /// A tool call begins; returns the number its arguments come under.
    pub(super) fn call(&mut self, number: u32, id: &str, name: &str) -> Bytes {
        self.calls += 1;
        let start = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
        if self.make_room() {
            self.start(Kind::Call(number), &start);
        } else {
            self.waiting.push(Waiting {
                kind: Kind::Call(number),
                start,
                deltas: String::new(),
            });
        }
        self.take()
    }

    /// More of a call's arguments.
    pub(super) fn arguments(&mut self, number: u32, json: &str) -> Bytes {
        let kind = Kind::Call(number);
        if self.open.as_ref() == Some(&kind) {
            self.delta(&delta(&kind, json));
        } else if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.kind == kind) {
            waiting.deltas.push_str(json);
        }
        self.take()
    }

    /// The end of the message.
    pub(super) fn end(&mut self, stop: &StopReason, usage: &Usage) -> Bytes {
        self.close();
        for waiting in std::mem::take(&mut self.waiting) {
            self.start(waiting.kind.clone(), &waiting.start);
            if !waiting.deltas.is_empty() {
                self.delta(&delta(&waiting.kind, &waiting.deltas));
            }
            self.close();
        }
        let reason = stop_reason(stop, self.calls > 0);
        let ended = json!({
            "delta": { "stop_reason": reason, "stop_sequence": null },
            "usage": UsageOut::from(usage),
        });
        self.event("message_delta", &ended);
        self.event("message_stop", &json!({}));
        self.take()
    }

    /// An error in place of the rest.
    pub(super) fn error(&mut self, error: &ApiError) -> Bytes {
        self.event("error", &error_value(error));
        self.take()
    }

    fn append(&mut self, kind: Kind, start: impl Fn() -> Value, text: &str) {
        if self.open.as_ref() != Some(&kind) {
            if !self.make_room() {
                match self.waiting.last_mut() {
                    Some(last) if last.kind == kind => last.deltas.push_str(text),
                    Some(_) | None => self.waiting.push(Waiting {
                        kind,
                        start: start(),
                        deltas: text.to_owned(),
                    }),
                }
                return;
            }
            self.start(kind.clone(), &start());
        }
        self.delta(&delta(&kind, text));
    }

    /// Closes the open block, unless it is a tool call: more of its arguments may come.
    fn make_room(&mut self) -> bool {
        if matches!(self.open, Some(Kind::Call(_))) {
            return false;
        }
        self.close();
        true
    }

    fn start(&mut self, kind: Kind, block: &Value) {
        let event = json!({ "index": self.index, "content_block": block });
        self.event("content_block_start", &event);
        self.open = Some(kind);
    }

    fn delta(&mut self, delta: &Value) {
        let event = json!({ "index": self.index, "delta": delta });
        self.event("content_block_delta", &event);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            let event = json!({ "index": self.index });
            self.event("content_block_stop", &event);
            self.index += 1;
        }
    }

    fn event(&mut self, kind: &str, fields: &Value) {
        let mut event = json!({ "type": kind });
        if let (Some(event), Some(fields)) = (event.as_object_mut(), fields.as_object()) {
            event.extend(fields.clone());
        }
        self.out.push_str("event: ");
        self.out.push_str(kind);
        self.out.push_str("\ndata: ");
        self.out.push_str(&event.to_string());
        self.out.push_str("\n\n");
    }

    fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.out))
    }
}

fn text_block() -> Value {
    json!({ "type": "text", "text": "" })
}

fn thinking_block() -> Value {
    json!({ "type": "thinking", "thinking": "", "signature": "" })
}

fn delta(kind: &Kind, text: &str) -> Value {
    match kind {
        Kind::Text => json!({ "type": "text_delta", "text": text }),
        Kind::Thinking => json!({ "type": "thinking_delta", "thinking": text }),
        Kind::Call(_) => json!({ "type": "input_json_delta", "partial_json": text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[Bytes]) -> Vec<String> {
        let text: String = bytes
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        text.split("\n\n")
            .filter_map(|event| event.split_once("data: "))
            .map(|(_, data)| {
                let value: Value = serde_json::from_str(data).unwrap();
                let kind = value["type"].as_str().unwrap();
                match value.get("index") {
                    Some(index) => format!("{kind} {index}"),
                    None => kind.to_owned(),
                }
            })
            .collect()
    }

    #[test]
    fn mixed_pieces_of_two_calls_come_out_one_block_after_the_other() {
        let mut blocks = Blocks::new(Head::new("m"));
        let bytes = [
            blocks.begin(),
            blocks.text("let me see"),
            blocks.call(0, "a", "one"),
            blocks.call(1, "b", "two"),
            blocks.arguments(1, "{\"x\":"),
            blocks.arguments(0, "{}"),
            blocks.arguments(1, "1}"),
            blocks.end(&StopReason::ToolCalls, &Usage::default()),
        ];
        assert_eq!(
            kinds(&bytes),
            [
                "message_start",
                "content_block_start 0",
                "content_block_delta 0",
                "content_block_stop 0",
                "content_block_start 1",
                "content_block_delta 1",
                "content_block_stop 1",
                "content_block_start 2",
                "content_block_delta 2",
                "content_block_stop 2",
                "message_delta",
                "message_stop",
            ]
        );
        let all: Vec<u8> = bytes.concat();
        assert!(String::from_utf8_lossy(&all).contains(r#""partial_json":"{\"x\":1}""#));
    }
}
