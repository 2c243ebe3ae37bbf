//! Answers as bytes, on each wire: whole, and event by event.

mod anthropic;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;

use bytes::Bytes;
use serde_json::{Value, json};

use super::bill::Used;
use super::saying::Saying;
use super::script::Reports;
use super::wire::Wire;

/// The moment every answer claims to be from, in Unix seconds.
const CREATED: u64 = 1_700_000_000;

/// An answer to write.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    pub(super) wire: Wire,
    pub(super) model: &'a str,
    pub(super) saying: &'a Saying,
    /// The prompt's side; the answer's side grows as it is written.
    pub(super) prompt: Used,
    pub(super) reports: Reports,
    /// Whether the end of a stream tells the usage.
    pub(super) wants_usage: bool,
    /// What the model wants back with its thought.
    pub(super) state: String,
}

/// One piece of a body, and what it means for the bill.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) bytes: Bytes,
    /// Whether it carries a word, a piece of a call or a thought.
    pub(super) delta: bool,
    /// Answer tokens so far, and how many of them are reasoning.
    pub(super) output: u64,
    pub(super) reasoning: u64,
    /// Whether it tells them.
    pub(super) reports: bool,
}

impl Telling<'_> {
    /// The whole answer.
    pub(super) fn whole(&self) -> Sent {
        let body = match self.wire {
            Wire::Chat => openai_chat::whole(self),
            Wire::Responses => openai_responses::whole(self),
            Wire::Messages => anthropic::whole(self),
            Wire::Gemini => gemini::whole(self),
            Wire::Ollama => ollama::whole(self),
        };
        Sent {
            bytes: Bytes::from(body.to_string()),
            delta: true,
            output: self.saying.tokens(),
            reasoning: self.saying.reasoning(),
            reports: self.reports != Reports::Never,
        }
    }

    /// The pieces of a stream, in order.
    pub(super) fn stream(&self) -> Vec<Sent> {
        let mut stream = Stream::default();
        match self.wire {
            Wire::Chat => openai_chat::stream(self, &mut stream),
            Wire::Responses => openai_responses::stream(self, &mut stream),
            Wire::Messages => anthropic::stream(self, &mut stream),
            Wire::Gemini => gemini::stream(self, &mut stream),
            Wire::Ollama => ollama::stream(self, &mut stream),
        }
        stream.sent
    }

    /// The event that breaks a stream off with an error of this kind.
    pub(super) fn error(&self, kind: &str) -> Bytes {
        let message = format!("fake failure {kind}");
        let named =
            |overloaded: &'static str, limited: &'static str, server: &'static str| match kind {
                "overloaded" => overloaded.to_owned(),
                "rate_limit" => limited.to_owned(),
                "server" => server.to_owned(),
                other => other.to_owned(),
            };
        match self.wire {
            Wire::Chat => {
                let kind = named("overloaded", "rate_limit_exceeded", "server_error");
                data(&json!({"error": {"message": message, "type": kind, "code": kind}}))
            }
            Wire::Responses => {
                let kind = named("server_error", "rate_limit_exceeded", "server_error");
                event(
                    &json!({"type": "error", "code": kind, "message": message, "param": null,
                    "sequence_number": 999}),
                )
            }
            Wire::Messages => {
                let kind = named("overloaded_error", "rate_limit_error", "api_error");
                event(&json!({"type": "error", "error": {"type": kind, "message": message}}))
            }
            Wire::Gemini => {
                let status = named("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL");
                let code = status_of(kind);
                data(&json!({"error": {"code": code, "message": message, "status": status}}))
            }
            Wire::Ollama => line(&json!({ "error": message })),
        }
    }

    /// A piece that is not JSON.
    pub(super) fn broken(&self) -> Bytes {
        Bytes::from_static(match self.wire {
            Wire::Chat => b"data: {\"id\":\"chatcmpl-fake\",\"choices\":[{\n\n",
            Wire::Responses => {
                b"event: response.output_text.delta\ndata: {\"type\":\"response.output_te\n\n"
            }
            Wire::Messages => {
                b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"ind\n\n"
            }
            Wire::Gemini => b"data: {\"candidates\":[{\"content\":\r\n\r\n",
            Wire::Ollama => b"{\"model\":\"fake-1\",\"message\":{\n",
        })
    }

    /// The usage at this moment.
    fn used(&self, output: u64, reasoning: u64) -> Used {
        Used {
            output,
            reasoning,
            ..self.prompt
        }
    }

    /// The usage at the end.
    fn all_used(&self) -> Used {
        self.used(self.saying.tokens(), self.saying.reasoning())
    }
}

/// The status a whole answer has where a stream would have an error event.
pub(super) fn status_of(kind: &str) -> u16 {
    match kind {
        "overloaded" | "overloaded_error" => 503,
        "rate_limit" | "rate_limit_error" | "rate_limit_exceeded" => 429,
        _ => 500,
    }
}

/// A stream while it is written.
#[derive(Debug, Default)]
struct Stream {
    sent: Vec<Sent>,
    output: u64,
    reasoning: u64,
}

impl Stream {
    fn push(&mut self, bytes: Bytes, delta: bool, reports: bool) {
        self.sent.push(Sent {
            bytes,
            delta,
            output: self.output,
            reasoning: self.reasoning,
            reports,
        });
    }

    /// Something that is no part of the answer's content.
    fn frame(&mut self, bytes: Bytes) {
        self.push(bytes, false, false);
    }

    /// Counts tokens of the answer.
    fn count(&mut self, tokens: u64) {
        self.output += tokens;
    }

    /// Counts a token of reasoning.
    fn think(&mut self) {
        self.output += 1;
        self.reasoning += 1;
    }

    /// A piece of content; with the usage so far in it when `reports`.
    fn delta(&mut self, bytes: Bytes, reports: bool) {
        self.push(bytes, true, reports);
    }

    /// A frame that tells the usage.
    fn report(&mut self, bytes: Bytes) {
        self.push(bytes, false, true);
    }
}

fn data(body: &Value) -> Bytes {
    Bytes::from(format!("data: {body}\n\n"))
}

/// An event named as its `type` field says.
fn event(body: &Value) -> Bytes {
    let kind = body.get("type").and_then(Value::as_str);
    Bytes::from(format!(
        "event: {}\ndata: {body}\n\n",
        kind.unwrap_or_default()
    ))
}

fn line(body: &Value) -> Bytes {
    Bytes::from(format!("{body}\n"))
}

/// Sets a field of an object.
fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// Arguments as an object, for wires that know no other.
fn object(arguments: &str) -> Value {
    serde_json::from_str(arguments)
        .ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}))
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
