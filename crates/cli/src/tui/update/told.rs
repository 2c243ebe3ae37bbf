//! Events of the gateway.

use super::super::approval::Approval;
use super::super::history::thought;
use super::super::model::{Ask, Effect, Model, STOPPING};
use super::super::prose::{Prose, Voice};
use super::super::transcript::{Card, Entry, Outcome, Standing, Tone};
use super::super::wire::{
    AgentEvent, ApprovalRow, ChatEvent, Resolved, SessionMessage, SessionsChanged, read, string,
    text_of,
};
use super::super::{clean, wire};
use super::call;
use serde_json::{Value, json};

impl Model {
    pub(super) fn told(&mut self, event: &str, payload: Value) -> Vec<Effect> {
        match event {
            "chat" => return self.chat(&read(payload)),
            "agent" => self.agent_event(&read(payload)),
            "session.message" => self.session_message(&read(payload)),
            "sessions.changed" => return self.sessions_changed(read(payload)),
            "exec.approval.requested" => self.approval_requested(read(payload)),
            "exec.approval.resolved" => {
                let resolved: Resolved = read(payload);
                self.approval_resolved(&resolved.id, resolved.decision.as_deref());
            }
            "shutdown" => self.notify("the gateway is stopping"),
            // Ticks, presence, health and what later versions tell need no answer.
            _ => {}
        }
        Vec::new()
    }

    fn is_here(&self, key: &str) -> bool {
        !self.session.is_empty() && self.canonical(key) == self.session
    }

    fn chat(&mut self, event: &ChatEvent) -> Vec<Effect> {
        if !self.is_here(&event.session_key) || event.run_id.is_empty() {
            return Vec::new();
        }
        self.unsent.retain(|unsent| unsent.run != event.run_id);
        match event.state.as_str() {
            "delta" => self.delta(event),
            "final" => {
                if let Some(text) = event.message.as_ref().and_then(text_of) {
                    self.whole_text(&event.run_id, &text);
                }
                return self.ended(event, Standing::Done);
            }
            "aborted" => {
                if let Some(text) = event.message.as_ref().and_then(text_of) {
                    self.whole_text(&event.run_id, &text);
                }
                return self.ended(event, Standing::Aborted);
            }
            "error" => {
                let text = event.error_message.as_deref().unwrap_or("the run failed");
                let text = clean::prose(text);
                if self.runs.iter().any(|run| run.id == event.run_id) {
                    self.say(Tone::Problem, text);
                }
                return self.ended(event, Standing::Done);
            }
            "status" => self.begin(&event.run_id),
            _ => {}
        }
        Vec::new()
    }

    fn delta(&mut self, event: &ChatEvent) {
        if let Some(text) = event.message.as_ref().and_then(text_of) {
            self.whole_text(&event.run_id, &text);
        } else if let Some(delta) = &event.delta_text {
            let mut text = String::new();
            if event.replace != Some(true)
                && let Some(run) = self.run(&event.run_id)
            {
                text.clone_from(&run.whole);
            }
            text.push_str(delta);
            self.whole_text(&event.run_id, &text);
        }
    }

    /// All a run has said so far. Gateways tell it from the beginning of the run, or from the last
    /// tool call on; what was said before a tool call stays above its card.
    pub(super) fn whole_text(&mut self, id: &str, text: &str) {
        self.begin(id);
        let Some(run) = self.run(id) else { return };
        let said = run.whole.get(..run.before).unwrap_or_default();
        let fresh = if let Some(rest) = text.strip_prefix(said) {
            rest.to_owned()
        } else {
            run.before = 0;
            text.to_owned()
        };
        text.clone_into(&mut run.whole);
        let fresh = fresh.trim_start_matches('\n');
        if let Some(Entry::Agent { prose, .. }) = self.open_answer(id) {
            prose.set(fresh);
        } else if !fresh.is_empty() {
            self.transcript.entries.push(Entry::Agent {
                prose: Prose::new(Voice::Agent, fresh),
                standing: Standing::Streaming,
                run: Some(id.to_owned()),
            });
        }
        self.arrived();
    }

    /// The answer of a run that still grows.
    fn open_answer(&mut self, id: &str) -> Option<&mut Entry> {
        self.transcript.entries.iter_mut().rev().find(|entry| {
            matches!(entry, Entry::Agent { run: Some(run), standing: Standing::Streaming, .. } if run == id)
        })
    }

    fn ended(&mut self, event: &ChatEvent, standing: Standing) -> Vec<Effect> {
        let known = self.runs.iter().any(|run| run.id == event.run_id);
        self.runs.retain(|run| run.id != event.run_id);
        if let Some(Entry::Agent { standing: slot, .. }) = self.open_answer(&event.run_id) {
            *slot = standing;
        } else if standing == Standing::Aborted && known {
            self.say(Tone::Hint, "aborted");
        }
        for entry in &mut self.transcript.entries {
            if let Entry::Tool(card) = entry
                && matches!(card.outcome, Outcome::Running(_))
                && self.runs.is_empty()
            {
                card.outcome = Outcome::Unknown;
            }
        }
        if self
            .notice
            .as_ref()
            .is_some_and(|(text, _)| text == STOPPING)
        {
            self.notice = None;
        }
        self.arrived();
        let mut effects = self.describe();
        let params = json!({ "sessionKey": self.session, "limit": 1 });
        effects.push(call(
            Ask::Usage(self.session.clone()),
            "chat.history",
            params,
        ));
        effects
    }

    fn agent_event(&mut self, event: &AgentEvent) {
        let here = event.session_key.as_deref().map_or_else(
            || self.runs.iter().any(|run| run.id == event.run_id),
            |key| self.is_here(key),
        );
        if !here || event.run_id.is_empty() {
            return;
        }
        match event.stream.as_str() {
            "tool" => self.tool(event),
            "thinking" => {
                if let Some(text) = string(&event.data, "text") {
                    self.thinking(text);
                }
            }
            "lifecycle" if string(&event.data, "phase") == Some("start") => {
                self.begin(&event.run_id);
            }
            "run_status" => {
                let phase =
                    string(&event.data, "phase").map(|phase| clean::line(&phase.replace('_', " ")));
                self.begin(&event.run_id);
                if let Some(run) = self.run(&event.run_id) {
                    run.phase = phase;
                }
            }
            _ => {}
        }
    }

    fn thinking(&mut self, text: &str) {
        if let Some(Entry::Thought(prose)) = self.transcript.entries.last_mut() {
            prose.set(text);
        } else {
            self.transcript.entries.push(thought(text));
        }
    }

    fn tool(&mut self, event: &AgentEvent) {
        let data = &event.data;
        let id = string(data, "toolCallId").unwrap_or_default();
        let phase = string(data, "phase").unwrap_or_default();
        if self.transcript.card(id).is_none() {
            self.close_answer(&event.run_id);
            let name = string(data, "name").unwrap_or("tool");
            let arguments = data.get("args").unwrap_or(&Value::Null);
            let card = Card::new(id, name, arguments, Outcome::Running(self.now));
            self.transcript.entries.push(Entry::Tool(card));
        }
        let output = data.get("result").or_else(|| data.get("partialResult"));
        let text = output.map(|output| {
            text_of(output)
                .or_else(|| output.as_str().map(str::to_owned))
                .unwrap_or_else(|| output.to_string())
        });
        let failed = data
            .get("isError")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        let now = self.now;
        if let Some(card) = self.transcript.card(id) {
            if let Some(text) = text {
                card.set_output(&text);
            }
            if phase == "result" {
                card.end(failed, now);
            }
        }
        self.arrived();
    }

    /// What a run said before a tool call is complete.
    fn close_answer(&mut self, id: &str) {
        if let Some(run) = self.run(id) {
            run.before = run.whole.len();
        }
        if let Some(Entry::Agent { standing, .. }) = self.open_answer(id) {
            *standing = Standing::Done;
        }
    }

    /// What somebody else says in this session.
    fn session_message(&mut self, event: &SessionMessage) {
        if !self.is_here(&event.session_key) || string(&event.message, "role") != Some("user") {
            return;
        }
        let key = string(&event.message, "idempotencyKey").unwrap_or_default();
        let run = key.strip_suffix(":user").unwrap_or(key);
        if run.is_empty() || self.is_mine(run) {
            return;
        }
        if let Some(text) = wire::text_of(&event.message) {
            self.transcript.you(&text);
            self.arrived();
        }
    }

    fn sessions_changed(&mut self, event: SessionsChanged) -> Vec<Effect> {
        let here = event
            .session_key
            .as_deref()
            .is_some_and(|key| self.is_here(key));
        if !here {
            return Vec::new();
        }
        if matches!(event.reason.as_deref(), Some("reset")) && self.runs.is_empty() {
            return self.reload();
        }
        if let Some(row) = event.session {
            self.described(&row);
        }
        Vec::new()
    }

    pub(super) fn approval_requested(&mut self, row: ApprovalRow) {
        let is_new = !row.id.is_empty() && self.approvals.iter().all(|known| known.id != row.id);
        if is_new {
            self.approvals.push(Approval::new(row));
        }
    }

    pub(super) fn approval_resolved(&mut self, id: &str, decision: Option<&str>) {
        let Some(at) = self.approvals.iter().position(|approval| approval.id == id) else {
            return;
        };
        let approval = self.approvals.remove(at);
        if at == 0 {
            self.deciding = None;
        }
        let word = match decision {
            Some("allow-once") => "allowed once",
            Some("allow-always") => "allowed always",
            Some("deny") => "denied",
            Some(_) | None => "no longer asked",
        };
        let command = approval.command.replace('\n', " ");
        self.say(
            Tone::Hint,
            format!("{word}: {}", super::super::wrap::shorten(&command, 200)),
        );
    }
}
