//! Records of a session log as the messages clients show. Source: gateway RPC methods, "Chat".

use crate::events::stop_word;
use domain::record::{AssistantMessage, CommandAnswered};
use domain::{Message, MicroUsd, Part, Record, Role, RunId, TokenCount, Turn};
use protocol::Protocol;
use serde_json::{Map, Value, json};
use state::Recorded;

/// Texts longer than this are cut unless told otherwise.
pub(crate) const MAX_CHARS: usize = 8_000;

/// How messages are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// The version whose shapes are used.
    pub(crate) protocol: Protocol,
    /// Texts longer than this are cut.
    pub(crate) max_chars: usize,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            protocol: Protocol::V4,
            max_chars: MAX_CHARS,
        }
    }
}

impl Shown {
    /// The messages a record holds; most hold none or one.
    pub(crate) fn messages(self, recorded: &Recorded) -> Vec<Value> {
        let mut messages = match &recorded.record {
            Record::TurnAccepted(turn) => self.turn(turn, recorded.run.as_ref()),
            Record::AssistantMessage(said) => vec![self.said(said)],
            Record::ToolFinished(result) => {
                let message = Message {
                    role: Role::Tool,
                    parts: vec![Part::ToolResult(result.clone())],
                };
                self.spoken(&message)
            }
            Record::CommandAnswered(answered) => self.command(answered),
            Record::SessionOpened(_)
            | Record::RunStarted(_)
            | Record::ToolStarted(_)
            | Record::ApprovalDecided(_)
            | Record::RunFinished(_)
            | Record::SessionReset(_)
            | Record::Trimmed(_)
            | Record::Unknown { .. } => Vec::new(),
        };
        for (at, message) in messages.iter_mut().enumerate() {
            sign(message, recorded, at);
        }
        messages
    }

    fn turn(self, turn: &Turn, run: Option<&RunId>) -> Vec<Value> {
        let mut messages: Vec<_> = turn.input.iter().flat_map(|it| self.spoken(it)).collect();
        if let (Some(run), Some(first)) = (run, messages.first_mut()) {
            set(first, "idempotencyKey", format!("{run}:user").into());
        }
        messages
    }

    fn said(self, said: &AssistantMessage) -> Value {
        let usage = &said.usage;
        let mut value = json!({
            "role": "assistant",
            "content": self.parts(&said.message),
            "provider": said.provider.as_str(),
            "model": said.model.as_str(),
            "usage": {
                "input": count(usage.input), "output": count(usage.output),
                "cacheRead": count(usage.cache_read), "cacheWrite": count(usage.cache_write),
                "totalTokens": count(usage.total()),
            },
            "stopReason": match (&said.stop, said.incomplete) {
                (_, true) => "aborted",
                (Some(stop), false) => stop_word(stop),
                (None, false) => "stop",
            },
            "incomplete": said.incomplete,
        });
        if let (Some(cost), Some(usage)) = (said.cost, value.get_mut("usage")) {
            set(usage, "cost", json!({ "total": dollars(cost) }));
        }
        value
    }

    fn spoken(self, message: &Message) -> Vec<Value> {
        match message.role {
            Role::User => vec![json!({ "role": "user", "content": self.heard(message) })],
            Role::Assistant => {
                vec![json!({ "role": "assistant", "content": self.parts(message) })]
            }
            Role::Tool => {
                let parts = message.parts.iter();
                parts.filter_map(|part| self.tool_result(part)).collect()
            }
        }
    }

    fn tool_result(self, part: &Part) -> Option<Value> {
        match part {
            Part::ToolResult(result) => Some(json!({
                "role": "toolResult",
                "toolCallId": result.call.as_str(),
                "toolName": result.name.as_ref().map(domain::ToolName::as_str),
                "content": [{ "type": "text", "text": cut(&result.content, self.max_chars) }],
                "isError": result.is_error,
            })),
            Part::Text { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_) => None,
        }
    }

    /// What a user said: version 4 shows a text alone as a text.
    fn heard(self, message: &Message) -> Value {
        match (self.protocol, message.parts.as_slice()) {
            (Protocol::V4, [Part::Text { text }]) => cut(text, self.max_chars).into(),
            (Protocol::V3 | Protocol::V4, _) => self.parts(message),
        }
    }

    /// A command and its answer; no model reads them.
    fn command(self, answered: &CommandAnswered) -> Vec<Value> {
        let typed = Message::user(answered.command.as_str());
        let mut typed = json!({
            "role": "user", "content": self.heard(&typed), "excludeFromContext": true,
        });
        if let Some(run) = &answered.run {
            set(&mut typed, "idempotencyKey", format!("{run}:user").into());
        }
        let answer = json!({
            "role": "assistant", "content": [{ "type": "text", "text": answered.answer }],
            "provider": "openclaw", "model": "gateway-injected", "stopReason": "stop",
            "excludeFromContext": true,
            "usage": {
                "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 0,
                "cost": { "total": 0 },
            },
        });
        vec![typed, answer]
    }

    fn parts(self, message: &Message) -> Value {
        let parts = message.parts.iter().filter_map(|part| match part {
            Part::Text { text } => {
                Some(json!({ "type": "text", "text": cut(text, self.max_chars) }))
            }
            Part::Reasoning { text, .. } => {
                Some(json!({ "type": "thinking", "thinking": cut(text, self.max_chars) }))
            }
            Part::File {
                media_type,
                name,
                data,
            } => Some(json!({
                "type": "file", "mimeType": media_type, "name": name, "omitted": true,
                "bytes": data.0.len() / 4 * 3,
            })),
            Part::Image { media_type, data } => Some(json!({
                "type": "image", "mimeType": media_type, "omitted": true,
                "bytes": data.0.len() / 4 * 3,
            })),
            Part::ToolCall(call) => Some(json!({
                "type": "toolCall", "id": call.id.as_str(), "name": call.name.as_str(),
                "arguments": arguments(&call.arguments),
            })),
            Part::ToolResult(_) => None,
        });
        Value::Array(parts.collect())
    }
}

/// The arguments of a call: their object, or their text where it is none.
pub(crate) fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Tokens as clients add them up: what is not reported counts as 0.
fn count(tokens: Option<TokenCount>) -> u64 {
    tokens.unwrap_or_default().0
}

/// Money as a number of US dollars.
pub(crate) fn dollars(cost: MicroUsd) -> f64 {
    cost.to_string().parse().unwrap_or_default()
}

/// The name of a message: the number of its record, and its place there.
pub(crate) fn message_id(recorded: &Recorded, at: usize) -> String {
    match at {
        0 => recorded.seq.0.to_string(),
        at => format!("{}.{at}", recorded.seq.0),
    }
}

fn sign(message: &mut Value, recorded: &Recorded, at: usize) {
    let id = message_id(recorded, at);
    let mut ours = Map::new();
    ours.insert("id".to_owned(), id.into());
    ours.insert("seq".to_owned(), recorded.seq.0.into());
    ours.insert("recordTimestampMs".to_owned(), recorded.at.0.into());
    if let Some(run) = run_of(recorded) {
        ours.insert("runId".to_owned(), run.into());
    }
    if let Record::TurnAccepted(turn) = &recorded.record {
        ours.insert("senderIsOwner".to_owned(), turn.payer_key.is_none().into());
    }
    if let Some(key) = message.get("idempotencyKey") {
        ours.insert("idempotencyKey".to_owned(), key.clone());
    }
    set(message, "timestamp", recorded.at.0.into());
    set(message, "__openclaw", ours.into());
}

/// The run a record belongs to, under the name its events had.
fn run_of(recorded: &Recorded) -> Option<String> {
    match (&recorded.run, &recorded.record) {
        (Some(run), _) => Some(run.to_string()),
        (None, Record::CommandAnswered(answered)) => answered.run.as_ref().map(RunId::to_string),
        (None, Record::AssistantMessage(_)) => Some(inject_run(recorded.seq.0)),
        (None, _) => None,
    }
}

/// The run of a note that no run made.
pub(crate) fn inject_run(seq: i64) -> String {
    format!("inject-{seq}")
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// A text, cut with a mark when it has more characters than that.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{kept}\n...(truncated)...")
        }
    }
}

/// The beginning of a text in one line.
pub(crate) fn headline(text: &str, max_chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max_chars) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}

/// The text of a shown message.
pub(crate) fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text"));
            texts.filter_map(Value::as_str).collect::<Vec<_>>().concat()
        }
        Some(_) | None => String::new(),
    }
}
