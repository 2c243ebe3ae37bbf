//! Keys.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key without a meaning here is ignored, whatever keys there may be"
)]

use super::super::model::{Effect, Model, Overlay};
use super::super::picker::Choice;
use super::super::slash::completions;
use super::super::transcript::Scroll;
use super::super::view;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long the second Ctrl-C may take, in milliseconds.
const TWICE: u64 = 2000;

impl Model {
    pub(super) fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && key.code == KeyCode::Char('c') {
            return self.interrupt();
        }
        self.quits_until = 0;
        match &self.overlay {
            Overlay::None => {}
            Overlay::Help(_) => {
                self.help_key(key);
                return Vec::new();
            }
            Overlay::Picker(_) => return self.picker_key(key),
        }
        if let Some(chosen) = self.deciding {
            return self.decision_key(key, chosen);
        }
        if control {
            return self.control_key(key.code);
        }
        self.plain_key(key)
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Overlay::Picker(picker) = &mut self.overlay {
            picker.type_in(text);
        } else {
            self.overlay = Overlay::None;
            self.deciding = None;
            self.write(text);
        }
    }

    /// Ctrl-C: once puts away, clears or stops; twice ends.
    fn interrupt(&mut self) -> Vec<Effect> {
        if self.now < self.quits_until {
            return vec![Effect::Quit];
        }
        self.quits_until = self.now + TWICE;
        let mut effects = Vec::new();
        if !matches!(self.overlay, Overlay::None) {
            self.overlay = Overlay::None;
        } else if !self.composer.text().is_empty() {
            // It can be brought back with the Up key.
            self.composer.take();
        } else if !self.runs.is_empty() {
            effects = self.abort();
        }
        self.notice = Some(("Ctrl-C again leaves".to_owned(), self.quits_until));
        effects
    }

    fn control_key(&mut self, code: KeyCode) -> Vec<Effect> {
        match code {
            KeyCode::Char('d') if self.composer.text().is_empty() => return vec![Effect::Quit],
            KeyCode::Char('d') | KeyCode::Delete => self.composer.delete_forward(),
            KeyCode::Char('a') => self.composer.home(),
            KeyCode::Char('e') => self.composer.end(),
            KeyCode::Char('b') => self.composer.left(),
            KeyCode::Char('f') => self.composer.right(),
            KeyCode::Char('u') => self.composer.delete_to_start(),
            KeyCode::Char('k') => self.composer.delete_to_end(),
            KeyCode::Char('w' | 'h') | KeyCode::Backspace => self.composer.delete_word(),
            KeyCode::Char('j') | KeyCode::Enter => self.write("\n"),
            KeyCode::Left => self.composer.word_left(),
            KeyCode::Right => self.composer.word_right(),
            KeyCode::Home => self.go_to_top(),
            KeyCode::End => self.go_to_end(),
            KeyCode::Char('l') => return self.open_picker(Choice::Model),
            KeyCode::Char('g') => return self.open_picker(Choice::Agent),
            KeyCode::Char('p') => return self.open_picker(Choice::Session),
            KeyCode::Char('o') => self.toggle_tools(),
            KeyCode::Char('t') => self.toggle_thoughts(),
            KeyCode::Char('y') => return self.copy(""),
            KeyCode::Char('z') => return vec![Effect::Suspend],
            _ => {}
        }
        Vec::new()
    }

    fn plain_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let width = view::composer_width(self);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        let page = isize::try_from(view::regions(self).transcript.height.max(2) - 1).unwrap_or(1);
        match key.code {
            KeyCode::F(1) => self.overlay = Overlay::Help(0),
            KeyCode::Char('?') if self.composer.text().is_empty() && !alt => {
                self.overlay = Overlay::Help(0);
            }
            KeyCode::F(2) => self.focus_approval(),
            KeyCode::Esc => return self.escape(),
            KeyCode::Enter if alt || shift => self.write("\n"),
            KeyCode::Enter => return self.enter(),
            KeyCode::Tab => self.complete(),
            KeyCode::PageUp => self.scroll(-page),
            KeyCode::PageDown => self.scroll(page),
            KeyCode::Up if shift => self.scroll(-1),
            KeyCode::Down if shift => self.scroll(1),
            KeyCode::End if self.composer.text().is_empty() => self.go_to_end(),
            KeyCode::Up => match self.completion() {
                Some((chosen, _)) => self.completing = Some(chosen.saturating_sub(1)),
                None => self.composer.up(width),
            },
            KeyCode::Down => match self.completion() {
                Some((chosen, count)) => self.completing = Some((chosen + 1).min(count - 1)),
                None => self.composer.down(width),
            },
            KeyCode::Left | KeyCode::Char('b') if alt => self.composer.word_left(),
            KeyCode::Right | KeyCode::Char('f') if alt => self.composer.word_right(),
            KeyCode::Left => self.composer.left(),
            KeyCode::Right => self.composer.right(),
            KeyCode::Home => self.composer.home(),
            KeyCode::End => self.composer.end(),
            KeyCode::Backspace if alt => self.composer.delete_word(),
            KeyCode::Backspace => {
                self.completing = Some(0);
                self.composer.backspace();
            }
            KeyCode::Delete => self.composer.delete_forward(),
            KeyCode::Char(c) if !alt => self.write(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        Vec::new()
    }

    fn write(&mut self, text: &str) {
        self.completing = Some(0);
        if !self.composer.insert(text) {
            self.notify("too long: a message may have up to one megabyte");
        }
    }

    /// The chosen completion and how many there are, while they show.
    fn completion(&self) -> Option<(usize, usize)> {
        let count = completions(self.composer.text(), &self.theirs).len();
        self.completing
            .filter(|_| count > 0)
            .map(|chosen| (chosen.min(count - 1), count))
    }

    /// Tab: the command that is chosen, or the question that waits.
    fn complete(&mut self) {
        if let Some((chosen, _)) = self.completion() {
            let found = completions(self.composer.text(), &self.theirs);
            if let Some(command) = found.get(chosen) {
                let space = if command.takes_words { " " } else { "" };
                self.composer.set(&format!("{}{space}", command.name));
            }
        } else if self.composer.text().is_empty() {
            self.focus_approval();
        }
    }

    fn escape(&mut self) -> Vec<Effect> {
        if self.completion().is_some() {
            self.completing = None;
        } else if !self.runs.is_empty() {
            return self.abort();
        } else if self.scroll != Scroll::Follow {
            self.go_to_end();
        }
        Vec::new()
    }

    /// Enter: a line end after a backslash, a command, or a message.
    fn enter(&mut self) -> Vec<Effect> {
        if self.composer.at_end() && self.composer.text().ends_with('\\') {
            self.composer.backspace();
            self.write("\n");
            return Vec::new();
        }
        if self.composer.is_blank() {
            return Vec::new();
        }
        if let Some((chosen, _)) = self.completion() {
            let found = completions(self.composer.text(), &self.theirs);
            let is_whole = found
                .iter()
                .any(|command| command.name == self.composer.text());
            if let Some(command) = found.get(chosen).filter(|_| !is_whole) {
                self.composer.set(&command.name);
            }
        }
        if self.composer.text().trim_start().starts_with('/') {
            let text = self.composer.text().trim().to_owned();
            let (name, words) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
            if let Some(own) = super::super::slash::own(name) {
                self.composer.take();
                return self.command(own, words.trim());
            }
        }
        self.submit()
    }

    fn submit(&mut self) -> Vec<Effect> {
        if !self.is_ready() || self.session.is_empty() {
            self.notify(
                "not connected: your text is kept, Enter sends it when the connection is back",
            );
            return Vec::new();
        }
        let text = self.composer.take();
        self.send(text.trim_end())
    }

    pub(super) fn toggle_tools(&mut self) {
        self.shown.tools = !self.shown.tools;
        self.notify(if self.shown.tools {
            "tool output is shown"
        } else {
            "tool output is hidden"
        });
        self.keep_place();
    }

    pub(super) fn toggle_thoughts(&mut self) {
        self.shown.thoughts = !self.shown.thoughts;
        self.notify(if self.shown.thoughts {
            "thoughts are shown"
        } else {
            "thoughts are hidden"
        });
        self.keep_place();
    }

    /// Pieces came or went, so the window is set anew where it was.
    fn keep_place(&mut self) {
        let height = usize::from(view::regions(self).transcript.height);
        self.scroll = self.transcript.down(self.scroll, 0, height, self.look());
    }

    fn go_to_top(&mut self) {
        let height = usize::from(view::regions(self).transcript.height);
        self.scroll = self.transcript.top(height, self.look());
    }

    fn go_to_end(&mut self) {
        self.scroll = Scroll::Follow;
        self.unseen = false;
    }
}
