//! The card of a tool call: what was called with what, how it went, what it gave.

use super::Look;
use crate::tui::clean;
use crate::tui::prose::{Prose, Voice};
use crate::tui::wrap::shorten;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Lines of output on a closed card.
const PREVIEW: usize = 3;
/// As much output as a card keeps.
const KEPT: usize = 1 << 20;
/// Arguments that say by themselves what a call is about.
const TELLING: [&str; 8] = [
    "command", "path", "query", "url", "file", "pattern", "name", "text",
];
/// Arguments that are never shown: parts of names.
const SECRET: [&str; 8] = [
    "token",
    "secret",
    "password",
    "apikey",
    "api_key",
    "authorization",
    "cookie",
    "private",
];
/// The turning mark of a call that runs.
const TURNING: [&str; 4] = ["◐", "◓", "◑", "◒"];
/// How long one of them shows.
const TURN: u64 = 200;

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It runs since this time, in milliseconds since 1970.
    Running(u64),
    /// It worked; how long it took, if that is known.
    Done(Option<Duration>),
    /// It did not.
    Failed(Option<Duration>),
    /// The run ended before it did.
    Unknown,
}

/// A tool call.
#[derive(Debug)]
pub(crate) struct Card {
    /// The id of the call.
    pub(crate) id: String,
    name: String,
    about: String,
    /// How it went.
    pub(crate) outcome: Outcome,
    output: Prose,
}

impl Card {
    /// A call with its arguments, as they came.
    pub(crate) fn new(id: &str, name: &str, arguments: &Value, outcome: Outcome) -> Self {
        Self {
            id: id.to_owned(),
            name: clean::line(name),
            about: clean::line(&about(arguments)),
            outcome,
            output: Prose::new(Voice::Output, ""),
        }
    }

    /// Sets what the tool gave so far.
    pub(crate) fn set_output(&mut self, text: &str) {
        let end = (0..=text.len().min(KEPT))
            .rev()
            .find(|at| text.is_char_boundary(*at));
        let kept = text.get(..end.unwrap_or_default()).unwrap_or_default();
        if kept.len() == text.len() {
            self.output.set(text);
        } else {
            self.output = Prose::new(
                Voice::Output,
                &format!("{kept}\n… and {} bytes more", text.len() - kept.len()),
            );
        }
    }

    /// Ends it at a time in milliseconds since 1970.
    pub(crate) fn end(&mut self, failed: bool, now: u64) {
        let took = match self.outcome {
            Outcome::Running(since) => Some(Duration::from_millis(now.saturating_sub(since))),
            Outcome::Done(took) | Outcome::Failed(took) => took,
            Outcome::Unknown => None,
        };
        self.outcome = if failed {
            Outcome::Failed(took)
        } else {
            Outcome::Done(took)
        };
    }

    /// Its name, while it runs.
    pub(super) fn running(&self) -> Option<&str> {
        matches!(self.outcome, Outcome::Running(_)).then_some(self.name.as_str())
    }

    pub(super) fn pieces(&self, look: Look) -> usize {
        if look.expanded {
            1 + self.output.blocks()
        } else {
            1
        }
    }

    pub(super) fn lines(&self, piece: usize, look: Look) -> Rc<[Line<'static>]> {
        if let Some(block) = piece.checked_sub(1) {
            return self.output.lines(block, look.width, look.theme);
        }
        let mut lines = vec![Line::default(), self.head(look)];
        if !look.expanded && !self.output.is_blank() {
            lines.extend(self.preview(look));
        }
        lines.into()
    }

    fn head(&self, look: Look) -> Line<'static> {
        let (mark, style) = match self.outcome {
            Outcome::Running(since) => {
                let turn = look.now.saturating_sub(since) / TURN % 4;
                let mark = usize::try_from(turn)
                    .ok()
                    .and_then(|turn| TURNING.get(turn));
                (mark.copied().unwrap_or("◐"), look.theme.mark())
            }
            Outcome::Done(_) => ("✓", look.theme.good()),
            Outcome::Failed(_) => ("✗", look.theme.bad()),
            Outcome::Unknown => ("?", look.theme.faint()),
        };
        let took = match self.outcome {
            Outcome::Done(took) | Outcome::Failed(took) => took.map(seconds).unwrap_or_default(),
            Outcome::Running(since) => {
                let so_far = Duration::from_millis(look.now.saturating_sub(since));
                if so_far.as_secs() > 0 {
                    seconds(so_far)
                } else {
                    String::new()
                }
            }
            Outcome::Unknown => "unknown outcome".to_owned(),
        };
        let room = look.width.saturating_sub(took.width() + 3);
        let name = shorten(&self.name, room.min(40));
        let about = shorten(&self.about, room.saturating_sub(name.width() + 3));
        let used = 3 + name.width() + 1 + about.width();
        let gap = look.width.saturating_sub(used + took.width());
        Line::from(vec![
            Span::styled(format!(" {mark} "), style),
            Span::styled(name, Style::new().add_modifier(Modifier::BOLD)),
            Span::raw(format!(" {about}")),
            Span::styled(format!("{}{took}", " ".repeat(gap)), look.theme.faint()),
        ])
    }

    fn preview(&self, look: Look) -> Vec<Line<'static>> {
        let text: Vec<&str> = self
            .output
            .raw()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let mut lines: Vec<Line<'static>> = text
            .iter()
            .take(PREVIEW)
            .map(|line| {
                let line = shorten(&clean::line(line), look.width.saturating_sub(4));
                Line::styled(format!("  │ {line}"), look.theme.faint())
            })
            .collect();
        if let Some(more) = text.len().checked_sub(PREVIEW).filter(|more| *more > 0) {
            let noun = if more == 1 { "line" } else { "lines" };
            lines.push(Line::styled(
                format!("  └ {more} more {noun}, Ctrl-O shows them"),
                look.theme.faint(),
            ));
        }
        lines
    }
}

/// The arguments in one line: the telling one, or all of them.
fn about(arguments: &Value) -> String {
    let Some(members) = arguments.as_object() else {
        return if arguments.is_null() {
            String::new()
        } else {
            arguments.to_string()
        };
    };
    let told = TELLING.iter().find_map(|name| members.get(*name)?.as_str());
    if let Some(text) = told {
        return text.to_owned();
    }
    let parts: Vec<String> = members
        .iter()
        .map(|(name, value)| {
            let plain = name.to_lowercase();
            let shown = if SECRET.iter().any(|part| plain.contains(part)) {
                "***".to_owned()
            } else {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            };
            format!("{name}: {shown}")
        })
        .collect();
    parts.join(", ")
}

fn seconds(time: Duration) -> String {
    if time.as_secs() < 60 {
        format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
    } else {
        format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}
