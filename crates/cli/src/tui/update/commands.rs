//! Slash commands of our own.

use super::super::approval::Decision;
use super::super::clean;
use super::super::model::{Ask, Effect, Model, Overlay};
use super::super::picker::{Choice, Picker};
use super::super::slash::Own;
use super::super::transcript::Tone;
use super::call;
use serde_json::{Value, json};

impl Model {
    pub(super) fn command(&mut self, own: Own, words: &str) -> Vec<Effect> {
        match own {
            Own::Help => {
                self.overlay = Overlay::Help(0);
                Vec::new()
            }
            Own::Agent if words.is_empty() => self.open_picker(Choice::Agent),
            Own::Agent => self.go_to_agent(words),
            Own::Session if words.is_empty() => self.open_picker(Choice::Session),
            Own::Session => {
                let key = self.canonical(words);
                self.go_to_session(&key)
            }
            Own::Model if words.is_empty() => self.open_picker(Choice::Model),
            Own::Model => self.use_model(words),
            Own::New => self.new_session(),
            Own::Reset => {
                let params = json!({ "key": self.session, "reason": "reset" });
                self.when_ready(|| call(Ask::Reset, "sessions.reset", params))
            }
            Own::Abort => self.abort(),
            Own::Approve => {
                if let Some(decision) = Decision::parse(words) {
                    return self.decide(decision);
                }
                self.notify("use /approve once, /approve always or /deny");
                Vec::new()
            }
            Own::Deny => self.decide(Decision::Deny),
            Own::Think => self.set_level("thinkingLevel", "thinking", words),
            Own::Verbose => self.set_level("verboseLevel", "verbose", words),
            Own::Reasoning => self.set_level("reasoningLevel", "reasoning", words),
            Own::Usage => self.set_level("responseUsage", "usage", words),
            Own::Tools => {
                self.toggle_tools();
                Vec::new()
            }
            Own::Thoughts => {
                self.toggle_thoughts();
                Vec::new()
            }
            Own::Copy => self.copy(words),
            Own::Mouse => {
                self.mouse = !self.mouse;
                self.notify(if self.mouse {
                    "the wheel scrolls here; hold Shift to select"
                } else {
                    "the mouse selects; PgUp and PgDn scroll"
                });
                vec![Effect::Mouse(self.mouse)]
            }
            Own::Quit => vec![Effect::Quit],
        }
    }

    fn when_ready(&mut self, effect: impl FnOnce() -> Effect) -> Vec<Effect> {
        if self.is_ready() && !self.session.is_empty() {
            return vec![effect()];
        }
        self.notify("not connected: try again when the connection is back");
        Vec::new()
    }

    pub(super) fn open_picker(&mut self, choice: Choice) -> Vec<Effect> {
        let agent = self.agent.clone();
        let effects = self.when_ready(|| match choice {
            Choice::Agent => call(Ask::PickAgent, "agents.list", json!({})),
            Choice::Model => call(Ask::PickModel, "models.list", json!({ "agentId": agent })),
            Choice::Session => {
                let params = json!({
                    "limit": 50,
                    "includeGlobal": false,
                    "includeUnknown": false,
                    "includeDerivedTitles": true,
                    "includeLastMessage": true,
                    "agentId": agent,
                });
                call(Ask::PickSession, "sessions.list", params)
            }
        });
        if !effects.is_empty() {
            self.overlay = Overlay::Picker(Picker::new(choice));
        }
        effects
    }

    pub(super) fn go_to_session(&mut self, key: &str) -> Vec<Effect> {
        if !self.is_ready() {
            self.notify("not connected: try again when the connection is back");
            return Vec::new();
        }
        if let Some((agent, _)) = key
            .strip_prefix("agent:")
            .and_then(|rest| rest.split_once(':'))
        {
            agent.clone_into(&mut self.agent);
        }
        self.open_session(key)
    }

    pub(super) fn go_to_agent(&mut self, id: &str) -> Vec<Effect> {
        if !self.agents.is_empty() && !self.agents.iter().any(|agent| agent.id == id) {
            let known: Vec<&str> = self.agents.iter().map(|agent| agent.id.as_str()).collect();
            let text = format!("there is no agent {id}; use {}", known.join(" or "));
            self.notify(clean::line(&text));
            return Vec::new();
        }
        id.clone_into(&mut self.agent);
        let key = self.canonical("main");
        self.go_to_session(&key)
    }

    pub(super) fn use_model(&mut self, name: &str) -> Vec<Effect> {
        let params = json!({ "key": self.session, "model": name });
        let done = format!("this session uses {name} from now on");
        self.when_ready(|| call(Ask::Patch(done), "sessions.patch", params))
    }

    fn set_level(&mut self, field: &str, name: &str, words: &str) -> Vec<Effect> {
        if words.is_empty() {
            self.notify(format!("say which: /{name} <level>, or /{name} default"));
            return Vec::new();
        }
        let value = if words == "default" {
            Value::Null
        } else {
            Value::from(words)
        };
        let params = json!({ "key": self.session, field: value });
        let done = format!("{name} is {words} from now on");
        self.when_ready(|| call(Ask::Patch(done), "sessions.patch", params))
    }

    fn new_session(&mut self) -> Vec<Effect> {
        let key = format!("tui-{}", self.fresh_id());
        let params = json!({
            "key": key,
            "agentId": self.agent,
            "parentSessionKey": self.session,
            "succeedsParent": true,
            "emitCommandHooks": true,
        });
        let key = self.canonical(&key);
        self.when_ready(|| call(Ask::Create(key), "sessions.create", params))
    }

    /// Puts the last answer, or its last code block, on the clipboard.
    pub(super) fn copy(&mut self, what: &str) -> Vec<Effect> {
        let Some(answer) = self.transcript.last_answer() else {
            self.notify("there is no answer to copy yet");
            return Vec::new();
        };
        let text = match what {
            "code" => last_code(answer),
            _ => Some(answer.to_owned()),
        };
        let Some(text) = text else {
            self.say(Tone::Hint, "the last answer has no code block");
            return Vec::new();
        };
        let text = clean::prose(&text);
        self.notify(format!("copied {} characters", text.chars().count()));
        vec![Effect::Copy(text)]
    }
}

/// The last fenced code block of a text.
fn last_code(text: &str) -> Option<String> {
    let mut last = None;
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            match open.take() {
                Some(code) => last = Some(code.join("\n")),
                None => open = Some(Vec::new()),
            }
        } else if let Some(code) = &mut open {
            code.push(line);
        }
    }
    open.map(|code| code.join("\n")).or(last)
}
