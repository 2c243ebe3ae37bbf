//! What each event changes, and what is to be done about it.

mod answers;
mod commands;
mod keys;
mod overlays;
mod told;

use super::model::{Ask, Connection, Effect, Event, Model, News, Run, STOPPING, Unsent};
use super::transcript::{Scroll, Tone};
use super::{clean, view};
use serde_json::{Value, json};

/// The answer of the gateway to a method it does not know begins so.
const UNKNOWN_METHOD: &str = "unknown method";

impl Model {
    /// Takes an event in and says what is to be done.
    pub(crate) fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.key(key),
            Event::Paste(text) => {
                self.paste(&text);
                Vec::new()
            }
            Event::Wheel(lines) => {
                self.scroll(lines);
                Vec::new()
            }
            Event::Resize { columns, rows } => {
                self.columns = columns;
                self.rows = rows;
                Vec::new()
            }
            Event::Time(now) => {
                self.pass(now);
                Vec::new()
            }
            Event::News(news) => self.news(news),
        }
    }

    fn pass(&mut self, now: u64) {
        self.now = now;
        if self.notice.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.notice = None;
        }
        let waiting = self.approvals.len();
        self.approvals
            .retain(|approval| approval.expires_at.is_none_or(|at| at > now));
        if self.approvals.len() < waiting {
            self.deciding = None;
            self.say(Tone::Hint, "an approval expired without an answer");
        }
    }

    fn news(&mut self, news: News) -> Vec<Effect> {
        match news {
            News::Connected { methods } => self.connected(methods),
            News::Lost { why, again } => {
                let why = clean::line(&why);
                self.connection = match again {
                    Some(wait) => {
                        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                        Connection::Lost {
                            why,
                            again_at: self.now.saturating_add(wait),
                        }
                    }
                    None => Connection::Ended { why },
                };
                Vec::new()
            }
            News::Gap => self.reload(),
            News::Told { event, payload } => self.told(&event, payload),
            News::Answer { ask, result } => self.answer(ask, result),
        }
    }

    fn connected(&mut self, methods: Vec<String>) -> Vec<Effect> {
        self.connection = Connection::Ready;
        self.methods = methods;
        let mut effects = vec![
            call(Ask::Subscribe, "sessions.subscribe", json!({})),
            call(Ask::Agents, "agents.list", json!({})),
        ];
        if self.offers("exec.approval.list") {
            effects.push(call(Ask::Approvals, "exec.approval.list", json!({})));
        }
        if !self.session.is_empty() {
            effects.extend(self.reload());
        }
        effects.extend(self.unsent.iter().map(send));
        effects
    }

    /// Whether the gateway says it has a method; one that lists nothing may have all.
    fn offers(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|name| name == method)
    }

    /// Goes to a session.
    fn open_session(&mut self, key: &str) -> Vec<Effect> {
        key.clone_into(&mut self.session);
        self.session_id = None;
        self.transcript.entries.clear();
        self.scroll = Scroll::Follow;
        self.unseen = false;
        self.runs.clear();
        self.facts = super::model::Facts::default();
        let mut effects = self.reload();
        let params = json!({ "agentId": self.agent, "scope": "text", "includeArgs": false });
        effects.push(call(Ask::Commands, "commands.list", params));
        effects
    }

    /// Reads the session anew.
    fn reload(&mut self) -> Vec<Effect> {
        if self.session.is_empty() {
            return Vec::new();
        }
        let limit = self.wishes.history_limit.unwrap_or(200);
        let params = json!({ "sessionKey": self.session, "limit": limit });
        let history = Ask::History(self.session.clone());
        let mut effects = vec![call(history, "chat.history", params)];
        effects.extend(self.describe());
        effects
    }

    /// Asks for what the status line tells.
    fn describe(&self) -> Vec<Effect> {
        let ask = Ask::Describe(self.session.clone());
        let mut effects = vec![call(
            ask,
            "sessions.describe",
            json!({ "key": self.session }),
        )];
        if self.offers("usage.status") {
            effects.push(call(Ask::Budgets, "usage.status", json!({})));
        }
        effects
    }

    /// Sends a message to the session.
    fn send(&mut self, text: &str) -> Vec<Effect> {
        let run = self.fresh_id();
        let mut params = json!({
            "sessionKey": self.session,
            "message": text,
            "deliver": self.wishes.deliver,
            "idempotencyKey": run,
        });
        let optional = [
            ("sessionId", self.session_id.clone().map(Value::from)),
            ("thinking", self.wishes.thinking.clone().map(Value::from)),
            ("timeoutMs", self.wishes.timeout_ms.map(Value::from)),
        ];
        if let Some(members) = params.as_object_mut() {
            for (name, value) in optional {
                members.extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        self.transcript.you(text);
        self.scroll = Scroll::Follow;
        self.unseen = false;
        self.begin(&run);
        let unsent = Unsent {
            run,
            text: text.to_owned(),
            params,
        };
        let effect = send(&unsent);
        self.unsent.push(unsent);
        vec![effect]
    }

    /// Takes note of a run.
    fn begin(&mut self, id: &str) {
        if self.run(id).is_none() {
            self.runs.push(Run {
                id: id.to_owned(),
                since: self.now,
                phase: None,
                whole: String::new(),
                before: 0,
            });
        }
    }

    /// A run that goes on.
    fn run(&mut self, id: &str) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// Stops everything that runs in the session.
    fn abort(&mut self) -> Vec<Effect> {
        if self.runs.is_empty() {
            self.notify("nothing is running");
            return Vec::new();
        }
        if !self.is_ready() {
            self.notify("not connected: the run goes on at the gateway");
            return Vec::new();
        }
        self.notify(STOPPING);
        let params = json!({ "sessionKey": self.session, "preserveSideRuns": true });
        vec![call(Ask::Abort, "chat.abort", params)]
    }

    /// Adds a word from the program itself to the conversation.
    fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.transcript.note(tone, text);
        self.arrived();
    }

    /// Something new stands at the end of the conversation.
    fn arrived(&mut self) {
        self.unseen |= self.scroll != Scroll::Follow;
    }

    fn scroll(&mut self, by: isize) {
        let height = usize::from(view::regions(self).transcript.height);
        let look = self.look();
        self.scroll = if by < 0 {
            self.transcript
                .up(self.scroll, by.unsigned_abs(), height, look)
        } else {
            self.transcript
                .down(self.scroll, by.unsigned_abs(), height, look)
        };
        self.unseen &= self.scroll != Scroll::Follow;
    }
}

/// A call of a method.
fn call(ask: Ask, method: &'static str, params: Value) -> Effect {
    Effect::Call {
        ask,
        method,
        params,
    }
}

fn send(unsent: &Unsent) -> Effect {
    call(
        Ask::Send(unsent.run.clone()),
        "chat.send",
        unsent.params.clone(),
    )
}
