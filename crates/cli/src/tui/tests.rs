//! The terminal UI without a terminal: what it shows, what it calls, what it never lets through.

mod conversation;
mod frames;
mod harmless;
mod keys;

use super::model::{Ask, Effect, Event, Model, News, Wishes};
use super::theme::Theme;
use super::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::{Value, json};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Some moment, in milliseconds since 1970.
const NOW: u64 = 1_795_000_000_000;

/// A model with a gateway that answers what it was told to answer.
struct Stage {
    model: Model,
    calls: Vec<(String, Value)>,
    others: Vec<Effect>,
    history: Value,
    refused: Vec<(&'static str, &'static str)>,
    /// Asks whose answers are held back.
    held: Vec<&'static str>,
}

impl Stage {
    fn sized(columns: u16, rows: u16) -> Self {
        Self::wishing(columns, rows, Wishes::default())
    }

    fn wishing(columns: u16, rows: u16, wishes: Wishes) -> Self {
        let mut stage = Self {
            model: Model::new(wishes, Theme::Plain, "ws://127.0.0.1:18789", "seed"),
            calls: Vec::new(),
            others: Vec::new(),
            history: json!({ "sessionId": "id-1", "messages": [] }),
            refused: Vec::new(),
            held: Vec::new(),
        };
        stage.play(Event::Time(NOW));
        stage.play(Event::Resize { columns, rows });
        stage
    }

    fn connected(mut self) -> Self {
        self.connect();
        self
    }

    fn connect(&mut self) {
        self.play(Event::News(News::Connected {
            methods: Vec::new(),
        }));
    }

    fn lose(&mut self) {
        let why = "the gateway closed the connection: service restart".to_owned();
        self.play(Event::News(News::Lost {
            why,
            again: Some(Duration::from_secs(3)),
        }));
    }

    fn play(&mut self, event: Event) {
        for effect in self.model.update(event) {
            let Effect::Call {
                ask,
                method,
                params,
            } = effect
            else {
                self.others.push(effect);
                continue;
            };
            let result = match self.refused.iter().find(|(name, _)| *name == method) {
                Some((_, why)) => Err((*why).to_owned()),
                None => Ok(self.reply(method, &params)),
            };
            self.calls.push((method.to_owned(), params));
            if !self.held.contains(&method) {
                self.play(Event::News(News::Answer { ask, result }));
            }
        }
    }

    fn reply(&self, method: &str, params: &Value) -> Value {
        match method {
            "agents.list" => json!({ "defaultId": "main", "mainKey": "main", "agents": [
                { "id": "main", "identity": { "name": "Molty", "emoji": "🦞" }, "model": { "primary": "offline/echo" } },
                { "id": "work", "name": "Work", "model": { "primary": "openai/gpt-5" } },
            ]}),
            "chat.history" => self.history.clone(),
            "chat.send" => json!({ "runId": params["idempotencyKey"], "status": "started" }),
            "chat.abort" => json!({ "ok": true, "aborted": true, "runIds": [] }),
            "sessions.describe" => json!({ "session": {
                "key": params["key"], "modelProvider": "offline", "model": "echo",
                "totalTokens": 12_345, "contextTokens": 128_000, "estimatedCostUsd": 0.0123,
            }}),
            "sessions.list" => json!({ "sessions": [
                { "key": "agent:main:main", "derivedTitle": "Notes for the week", "updatedAt": NOW - 120_000, "lastMessagePreview": "done" },
                { "key": "agent:main:tui-2", "label": "日本 trip", "updatedAt": NOW - 7_200_000 },
            ]}),
            "models.list" => json!({ "models": [
                { "id": "echo", "name": "Echo", "provider": "offline", "contextWindow": 128_000 },
                { "id": "gpt-5", "name": "GPT-5", "provider": "openai", "contextWindow": 400_000, "reasoning": true, "available": false },
            ]}),
            "commands.list" => json!({ "commands": [
                { "name": "status", "textAliases": ["/status"], "description": "Show the status of the session.", "acceptsArgs": false },
            ]}),
            "exec.approval.list" | "usage.status" => json!([]),
            _ => json!({ "ok": true }),
        }
    }

    fn told(&mut self, event: &str, payload: Value) {
        self.play(Event::News(News::Told {
            event: event.to_owned(),
            payload,
        }));
    }

    fn chat(&mut self, run: &str, state: &str, text: &str) {
        self.told(
            "chat",
            json!({
                "runId": run, "sessionKey": "agent:main:main", "state": state,
                "message": { "role": "assistant", "content": [{ "type": "text", "text": text }] },
            }),
        );
    }

    fn tool(&mut self, run: &str, data: &Value) {
        self.told(
            "agent",
            json!({
                "runId": run, "sessionKey": "agent:main:main", "stream": "tool", "data": data,
            }),
        );
    }

    fn later(&mut self, seconds: u64) {
        let now = self.model.now + seconds * 1000;
        self.play(Event::Time(now));
    }

    fn press(&mut self, code: KeyCode) {
        self.chord(KeyModifiers::NONE, code);
    }

    fn control(&mut self, c: char) {
        self.chord(KeyModifiers::CONTROL, KeyCode::Char(c));
    }

    fn chord(&mut self, modifiers: KeyModifiers, code: KeyCode) {
        self.play(Event::Key(KeyEvent::new(code, modifiers)));
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
    }

    /// Writes a line and sends it.
    fn say(&mut self, text: &str) {
        self.write(text);
        self.press(KeyCode::Enter);
    }

    fn params(&self, method: &str) -> &Value {
        let call = self.calls.iter().rev().find(|(name, _)| name == method);
        &call
            .unwrap_or_else(|| panic!("{method} was not called: {:?}", self.calls))
            .1
    }

    fn count(&self, method: &str) -> usize {
        self.calls.iter().filter(|(name, _)| name == method).count()
    }

    /// The screen as text.
    fn screen(&self) -> String {
        let backend = TestBackend::new(self.model.columns, self.model.rows);
        let mut terminal = Terminal::new(backend).unwrap();
        terminal
            .draw(|frame| view::draw(&self.model, frame))
            .unwrap();
        let buffer = terminal.backend().buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(symbol.width().max(1)).unwrap();
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// The ask of a call is not looked at by the stage, but must come back with the answer.
#[test]
fn an_answer_to_another_session_is_not_shown() {
    let mut stage = Stage::sized(80, 24).connected();
    let result = Ok(json!({ "messages": [{ "role": "user", "content": "elsewhere" }] }));
    let ask = Ask::History("agent:main:other".to_owned());
    stage.play(Event::News(News::Answer { ask, result }));
    assert!(!stage.screen().contains("elsewhere"));
}
