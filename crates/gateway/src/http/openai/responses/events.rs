//! A response as server-sent events, and the output that grows by them.
//! Source: HTTP API, section 6, "Streaming".

use super::object::{Content, Item, Phase, Response, Status, Summary, item_id};
use crate::http::exchange::Piece;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The last thing of every stream.
const DONE: &[u8] = b"data: [DONE]\n\n";

/// Turns the pieces of an answer into events, and puts them together in the response.
pub(super) struct Story {
    pub(super) response: Response,
    sequence: u64,
    /// Where in the output the reasoning under way is.
    thought: Option<usize>,
    /// Where in the output the message under way is.
    message: Option<usize>,
    /// Where in the output each call of the answer is.
    calls: BTreeMap<u32, usize>,
    out: Vec<u8>,
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    sequence_number: u64,
    #[serde(flatten)]
    rest: &'a Value,
}

#[derive(Serialize)]
struct WholeEvent<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    sequence_number: u64,
    response: &'a Response,
}

impl Story {
    pub(super) fn new(response: Response) -> Self {
        Self {
            response,
            sequence: 0,
            thought: None,
            message: None,
            calls: BTreeMap::new(),
            out: Vec::new(),
        }
    }

    /// The events before anything was said.
    pub(super) fn begin(&mut self) -> Bytes {
        self.whole("response.created");
        self.whole("response.in_progress");
        self.taken()
    }

    /// The events of a piece that is not the end; may be empty.
    pub(super) fn tell(&mut self, piece: &Piece) -> Bytes {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Reasoning(text) => self.reasoning(text),
            Piece::Call { index, id, name } => self.call(*index, id.as_str(), name.as_str()),
            Piece::Arguments { index, json } => self.arguments(*index, json),
            Piece::Keep(_) | Piece::Ended(_) => {}
        }
        self.taken()
    }

    /// The events after the end; the response was closed before.
    pub(super) fn end(&mut self) -> Bytes {
        let status = self.response.status;
        match status {
            Status::Completed | Status::Incomplete => self.finish_items(status),
            Status::InProgress | Status::Failed | Status::Cancelled => self.break_items(),
        }
        self.whole(match status {
            Status::Completed => "response.completed",
            Status::Failed => "response.failed",
            Status::InProgress | Status::Incomplete | Status::Cancelled => "response.incomplete",
        });
        self.out.extend_from_slice(DONE);
        self.taken()
    }

    /// Ends what is under way; an answer without anything is an empty message.
    fn finish_items(&mut self, status: Status) {
        self.close_thought();
        if self.message.is_none() && self.calls.is_empty() && !self.has_message() {
            self.open_message();
        }
        let phase = if self.calls.is_empty() {
            Phase::FinalAnswer
        } else {
            Phase::Commentary
        };
        self.close_message(phase, status);
        for at in std::mem::take(&mut self.calls).into_values() {
            self.close_call(at, status);
        }
    }

    /// What is under way stays as far as it came.
    fn break_items(&mut self) {
        for item in &mut self.response.output {
            let (Item::Message { status, .. }
            | Item::FunctionCall { status, .. }
            | Item::Reasoning { status, .. }) = item;
            if *status == Status::InProgress {
                *status = Status::Incomplete;
            }
        }
    }

    fn has_message(&self) -> bool {
        let is_message = |item: &Item| matches!(item, Item::Message { .. });
        self.response.output.iter().any(is_message)
    }

    fn text(&mut self, delta: &str) {
        self.close_thought();
        let at = match self.message {
            Some(at) => at,
            None => self.open_message(),
        };
        let Some(Item::Message { id, content, .. }) = self.response.output.get_mut(at) else {
            return;
        };
        if let Some(Content::OutputText { text, .. }) = content.first_mut() {
            text.push_str(delta);
        }
        let rest = json!({ "item_id": id, "output_index": at, "content_index": 0, "delta": delta,
            "logprobs": [] });
        self.event("response.output_text.delta", &rest);
    }

    fn open_message(&mut self) -> usize {
        let at = self.response.output.len();
        let id = item_id("msg");
        let mut item = Item::Message {
            id: id.clone(),
            role: "assistant".to_owned(),
            content: Vec::new(),
            phase: None,
            status: Status::InProgress,
        };
        self.event(
            "response.output_item.added",
            &json!({ "output_index": at, "item": item }),
        );
        let part = Content::text("");
        let rest = json!({ "item_id": id, "output_index": at, "content_index": 0, "part": part });
        self.event("response.content_part.added", &rest);
        if let Item::Message { content, .. } = &mut item {
            content.push(part);
        }
        self.response.output.push(item);
        self.message = Some(at);
        at
    }

    fn close_message(&mut self, why: Phase, end: Status) {
        let Some(at) = self.message.take() else {
            return;
        };
        let Some(item) = self.response.output.get_mut(at) else {
            return;
        };
        if let Item::Message { phase, status, .. } = item {
            *phase = Some(why);
            *status = end;
        }
        let item = item.clone();
        let Item::Message { id, content, .. } = &item else {
            return;
        };
        let Some(part @ Content::OutputText { text, .. }) = content.first() else {
            return;
        };
        let rest = json!({ "item_id": id, "output_index": at, "content_index": 0, "text": text,
            "logprobs": [] });
        self.event("response.output_text.done", &rest);
        let rest = json!({ "item_id": id, "output_index": at, "content_index": 0, "part": part });
        self.event("response.content_part.done", &rest);
        let rest = json!({ "output_index": at, "item": item });
        self.event("response.output_item.done", &rest);
    }

    fn reasoning(&mut self, delta: &str) {
        // What is thought between two texts of one message has no place in the output.
        if self.message.is_some() || !self.calls.is_empty() {
            return;
        }
        let at = match self.thought {
            Some(at) => at,
            None => self.open_thought(),
        };
        let Some(Item::Reasoning { id, summary, .. }) = self.response.output.get_mut(at) else {
            return;
        };
        if let Some(Summary::SummaryText { text }) = summary.first_mut() {
            text.push_str(delta);
        }
        let rest = json!({ "item_id": id, "output_index": at, "summary_index": 0, "delta": delta });
        self.event("response.reasoning_summary_text.delta", &rest);
    }

    fn open_thought(&mut self) -> usize {
        let at = self.response.output.len();
        let id = item_id("rs");
        let mut item = Item::Reasoning {
            id: id.clone(),
            summary: Vec::new(),
            status: Status::InProgress,
        };
        self.event(
            "response.output_item.added",
            &json!({ "output_index": at, "item": item }),
        );
        let part = Summary::SummaryText {
            text: String::new(),
        };
        let rest = json!({ "item_id": id, "output_index": at, "summary_index": 0, "part": part });
        self.event("response.reasoning_summary_part.added", &rest);
        if let Item::Reasoning { summary, .. } = &mut item {
            summary.push(part);
        }
        self.response.output.push(item);
        self.thought = Some(at);
        at
    }

    fn close_thought(&mut self) {
        let Some(at) = self.thought.take() else {
            return;
        };
        let Some(item) = self.response.output.get_mut(at) else {
            return;
        };
        if let Item::Reasoning { status, .. } = item {
            *status = Status::Completed;
        }
        let item = item.clone();
        let Item::Reasoning { id, summary, .. } = &item else {
            return;
        };
        let Some(part @ Summary::SummaryText { text }) = summary.first() else {
            return;
        };
        let rest = json!({ "item_id": id, "output_index": at, "summary_index": 0, "text": text });
        self.event("response.reasoning_summary_text.done", &rest);
        let rest = json!({ "item_id": id, "output_index": at, "summary_index": 0, "part": part });
        self.event("response.reasoning_summary_part.done", &rest);
        let rest = json!({ "output_index": at, "item": item });
        self.event("response.output_item.done", &rest);
    }

    /// A call begins. The message before it is closed, or made and closed: existing clients expect
    /// one.
    fn call(&mut self, index: u32, id: &str, name: &str) {
        self.close_thought();
        if self.message.is_none() && !self.has_message() {
            self.open_message();
        }
        self.close_message(Phase::Commentary, Status::Completed);
        let at = self.response.output.len();
        let item = Item::FunctionCall {
            id: item_id("call"),
            call_id: id.to_owned(),
            name: name.to_owned(),
            arguments: String::new(),
            status: Status::InProgress,
        };
        self.event(
            "response.output_item.added",
            &json!({ "output_index": at, "item": item }),
        );
        self.response.output.push(item);
        self.calls.insert(index, at);
    }

    fn arguments(&mut self, index: u32, delta: &str) {
        let Some(at) = self.calls.get(&index).copied() else {
            return;
        };
        let Some(Item::FunctionCall { id, arguments, .. }) = self.response.output.get_mut(at)
        else {
            return;
        };
        arguments.push_str(delta);
        let rest = json!({ "item_id": id, "output_index": at, "delta": delta });
        self.event("response.function_call_arguments.delta", &rest);
    }

    fn close_call(&mut self, at: usize, end: Status) {
        let Some(item) = self.response.output.get_mut(at) else {
            return;
        };
        if let Item::FunctionCall { status, .. } = item {
            *status = end;
        }
        let item = item.clone();
        let Item::FunctionCall {
            id,
            arguments,
            name,
            ..
        } = &item
        else {
            return;
        };
        let rest = json!({ "item_id": id, "output_index": at, "name": name,
            "arguments": arguments });
        self.event("response.function_call_arguments.done", &rest);
        let rest = json!({ "output_index": at, "item": item });
        self.event("response.output_item.done", &rest);
    }

    fn event(&mut self, kind: &str, rest: &Value) {
        let event = Event {
            kind,
            sequence_number: self.sequence,
            rest,
        };
        write(&mut self.out, kind, &event);
        self.sequence += 1;
    }

    fn whole(&mut self, kind: &str) {
        let event = WholeEvent {
            kind,
            sequence_number: self.sequence,
            response: &self.response,
        };
        write(&mut self.out, kind, &event);
        self.sequence += 1;
    }

    fn taken(&mut self) -> Bytes {
        std::mem::take(&mut self.out).into()
    }
}

/// Nothing, for those who listen for silence.
pub(super) fn heartbeat() -> Bytes {
    Bytes::from_static(b": keep-alive\n\n")
}

fn write(out: &mut Vec<u8>, kind: &str, value: &impl Serialize) {
    let start = out.len();
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Nothing of ours has a map with keys that are no text; if it ever has, the event is left out.
        out.truncate(start);
        return;
    }
    out.extend_from_slice(b"\n\n");
}
