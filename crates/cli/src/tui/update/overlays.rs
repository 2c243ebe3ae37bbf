//! Keys of what lies over the conversation, and of the question that waits.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key without a meaning here is ignored, whatever keys there may be"
)]

use super::super::approval::Decision;
use super::super::model::{Ask, Effect, Model, Overlay};
use super::super::picker::Choice;
use super::super::view;
use super::call;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;

impl Model {
    pub(super) fn help_key(&mut self, key: KeyEvent) {
        let Overlay::Help(top) = &mut self.overlay else {
            return;
        };
        let page = usize::from(self.rows.saturating_sub(6)).max(1);
        *top = match key.code {
            KeyCode::Up => top.saturating_sub(1),
            KeyCode::Down => *top + 1,
            KeyCode::PageUp => top.saturating_sub(page),
            KeyCode::PageDown => *top + page,
            KeyCode::Home => 0,
            _ => {
                self.overlay = Overlay::None;
                return;
            }
        };
        *top = (*top).min(view::help_lines().saturating_sub(1));
    }

    pub(super) fn picker_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let page = isize::try_from(self.rows / 2).unwrap_or(10);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let Overlay::Picker(picker) = &mut self.overlay else {
            return Vec::new();
        };
        match key.code {
            KeyCode::Esc => self.overlay = Overlay::None,
            KeyCode::Up => picker.step(-1),
            KeyCode::Down => picker.step(1),
            KeyCode::Char('p') if control => picker.step(-1),
            KeyCode::Char('n') if control => picker.step(1),
            KeyCode::PageUp => picker.step(-page),
            KeyCode::PageDown => picker.step(page),
            KeyCode::Backspace => picker.backspace(),
            KeyCode::Enter => {
                let choice = picker.choice;
                if let Some(row) = picker.pick() {
                    self.overlay = Overlay::None;
                    return self.picked(choice, &row.value);
                }
            }
            KeyCode::Char(c) if !control => picker.type_in(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        Vec::new()
    }

    fn picked(&mut self, choice: Choice, value: &str) -> Vec<Effect> {
        match choice {
            Choice::Session => self.go_to_session(value),
            Choice::Agent => self.go_to_agent(value),
            Choice::Model => self.use_model(value),
        }
    }

    pub(super) fn decision_key(&mut self, key: KeyEvent, chosen: usize) -> Vec<Effect> {
        let Some(approval) = self.approvals.first() else {
            self.deciding = None;
            return Vec::new();
        };
        let last = approval.decisions.len().saturating_sub(1);
        let decision = match key.code {
            KeyCode::Left | KeyCode::BackTab => {
                self.deciding = Some(chosen.saturating_sub(1));
                None
            }
            KeyCode::Right | KeyCode::Tab => {
                self.deciding = Some((chosen + 1).min(last));
                None
            }
            KeyCode::Enter => approval.decisions.get(chosen).copied(),
            KeyCode::Char(c) => approval
                .decisions
                .iter()
                .copied()
                .find(|decision| decision.key() == c),
            KeyCode::Esc | KeyCode::F(2) => {
                self.deciding = None;
                None
            }
            _ => None,
        };
        decision.map_or_else(Vec::new, |decision| self.decide(decision))
    }

    /// Answers the first question that waits.
    pub(super) fn decide(&mut self, decision: Decision) -> Vec<Effect> {
        self.deciding = None;
        let Some(approval) = self.approvals.first() else {
            self.notify("no approval is waiting");
            return Vec::new();
        };
        if !approval.decisions.contains(&decision) {
            let text = format!("this one cannot be answered with {}", decision.label());
            self.notify(text);
            return Vec::new();
        }
        if !self.is_ready() {
            self.notify("not connected: answer when the connection is back");
            return Vec::new();
        }
        let params = json!({ "id": approval.id, "decision": decision.name() });
        vec![call(
            Ask::Resolve(approval.id.clone()),
            "exec.approval.resolve",
            params,
        )]
    }

    pub(super) fn focus_approval(&mut self) {
        if self.approvals.is_empty() {
            self.notify("no approval is waiting");
        } else {
            self.deciding = Some(0);
        }
    }
}
