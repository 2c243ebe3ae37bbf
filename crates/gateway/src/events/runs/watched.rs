//! One run under way.

use super::super::inbox::Item;
use super::super::live::Going;
use super::super::tell::{Saying, To};
use super::PAUSE;
use domain::{ToolCall, ToolResult, UnixMillis};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What was told of a run, and what is to be told.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) run: String,
    pub(super) session: String,
    pub(super) agent: String,
    pub(super) session_id: Option<String>,
    pub(super) started_at: Option<UnixMillis>,
    /// `provider/model` of the last call.
    pub(super) model: Option<String>,
    /// Counts the events of this run.
    seq: u64,
    /// Counts its model calls.
    calls: u64,
    /// What the present call has said.
    pub(super) text: String,
    /// How much of that was told, in bytes.
    told: usize,
    /// Whether what was told last belongs to an earlier call.
    outdated: bool,
    last_told: Option<Instant>,
}

impl Watched {
    pub(super) fn new(item: &Item) -> Self {
        Self {
            run: item.run.to_string(),
            session: item.session.to_string(),
            agent: item.agent.to_string(),
            session_id: None,
            started_at: None,
            model: None,
            seq: 0,
            calls: 0,
            text: String::new(),
            told: 0,
            outdated: false,
            last_told: None,
        }
    }

    /// Takes in what there was of the run before anybody heard of it.
    pub(super) fn joined(&mut self, so_far: &Going, now: Instant, at: UnixMillis) -> Vec<Saying> {
        self.started_at = so_far.started_at;
        self.said(&so_far.text, now, at)
    }

    pub(super) fn started(&mut self, started: UnixMillis, at: UnixMillis) -> Vec<Saying> {
        self.started_at = Some(started);
        let mut sayings = self.phase("preparing_context", at);
        sayings.push(self.lifecycle(json!({ "phase": "start", "startedAt": started.0 }), at));
        sayings
    }

    pub(super) fn asked(&mut self, model: &str, at: UnixMillis) -> Vec<Saying> {
        self.calls += 1;
        self.outdated |= self.told > 0;
        self.text.clear();
        self.told = 0;
        self.model = Some(model.to_owned());
        let mut sayings = if self.calls == 1 {
            self.phase("starting_model", at)
        } else {
            Vec::new()
        };
        let (provider, model) = model.split_once('/').unwrap_or(("", model));
        let data = json!({ "phase": "model", "provider": provider, "model": model });
        sayings.push(self.lifecycle(data, at));
        sayings
    }

    pub(super) fn said(&mut self, text: &str, now: Instant, at: UnixMillis) -> Vec<Saying> {
        self.text.push_str(text);
        match self.due(now) {
            Some(due) if due <= now => self.flush(now, at),
            Some(_) | None => Vec::new(),
        }
    }

    pub(super) fn tool_started(
        &mut self,
        call: &ToolCall,
        now: Instant,
        at: UnixMillis,
    ) -> Vec<Saying> {
        let mut sayings = self.flush(now, at);
        let args = serde_json::from_str::<Value>(&call.arguments)
            .unwrap_or_else(|_| Value::String(call.arguments.clone()));
        let data = json!({
            "phase": "start", "name": call.name.as_str(), "toolCallId": call.id.as_str(),
            "args": args,
        });
        sayings.extend(self.tool(data, at));
        sayings
    }

    pub(super) fn tool_finished(&mut self, result: &ToolResult, at: UnixMillis) -> Vec<Saying> {
        let data = json!({
            "phase": "result", "name": result.name.as_ref().map(domain::ToolName::as_str),
            "toolCallId": result.call.as_str(), "isError": result.is_error,
            "result": { "content": [{ "type": "text", "text": result.content }] },
        });
        self.tool(data, at)
    }

    /// When text that was not told yet may be told.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.text.len() == self.told {
            return None;
        }
        Some(self.last_told.map_or(now, |last| last + PAUSE))
    }

    /// Tells the text that was not told yet.
    pub(super) fn flush(&mut self, now: Instant, at: UnixMillis) -> Vec<Saying> {
        let Some(delta) = self.text.get(self.told..).filter(|delta| !delta.is_empty()) else {
            return Vec::new();
        };
        let delta = delta.to_owned();
        self.told = self.text.len();
        self.last_told = Some(now);
        let replaces = std::mem::take(&mut self.outdated);
        let mut data = json!({
            "text": self.text, "delta": delta, "itemId": format!("{}:{}", self.run, self.calls),
        });
        let mut chat = json!({
            "state": "delta", "deltaText": delta, "message": Self::message(&self.text, at),
        });
        if replaces {
            set(&mut data, "replace", true.into());
            set(&mut chat, "replace", true.into());
        }
        let mut heard = self.agent("assistant", data, at);
        heard.droppable = true;
        let mut shown = self.chat(chat);
        shown.droppable = true;
        vec![heard, shown]
    }

    /// A message of the assistant.
    pub(super) fn message(text: &str, at: UnixMillis) -> Value {
        json!({
            "role": "assistant", "content": [{ "type": "text", "text": text }], "timestamp": at.0,
        })
    }

    /// A `chat` event, with the number of the `agent` event before it.
    pub(super) fn chat(&self, rest: Value) -> Saying {
        let mut payload = json!({
            "runId": self.run, "sessionKey": self.session, "agentId": self.agent, "seq": self.seq,
        });
        merge(&mut payload, rest);
        Saying {
            event: "chat",
            payload,
            to: To::All,
            droppable: false,
        }
    }

    /// An `agent` event about the run itself.
    pub(super) fn lifecycle(&mut self, data: Value, at: UnixMillis) -> Saying {
        self.agent("lifecycle", data, at)
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers write it in place")]
    fn agent(&mut self, stream: &str, data: Value, at: UnixMillis) -> Saying {
        self.seq += 1;
        let mut payload = json!({
            "runId": self.run, "sessionKey": self.session, "agentId": self.agent,
            "stream": stream, "data": data, "seq": self.seq, "ts": at.0, "isHeartbeat": false,
        });
        if let Some(id) = &self.session_id {
            set(&mut payload, "sessionId", id.as_str().into());
        }
        Saying {
            event: "agent",
            payload,
            to: To::All,
            droppable: false,
        }
    }

    /// How far the run is, before there is anything to see of it.
    fn phase(&mut self, phase: &str, at: UnixMillis) -> Vec<Saying> {
        let heard = self.agent("run_status", json!({ "phase": phase }), at);
        let mut shown = self.chat(json!({ "state": "status", "phase": phase }));
        shown.to = To::V4;
        vec![shown, heard]
    }

    fn tool(&mut self, data: Value, at: UnixMillis) -> Vec<Saying> {
        let mut seen = self.agent("tool", data, at);
        seen.to = To::ToolViewers;
        let mut other = seen.clone();
        other.event = "session.tool";
        other.to = To::OtherFollowers(self.session.clone());
        vec![seen, other]
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn merge(object: &mut Value, rest: Value) {
    if let (Value::Object(object), Value::Object(rest)) = (object, rest) {
        object.extend(rest);
    }
}
