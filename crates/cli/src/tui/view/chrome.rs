//! The title, the line above the input, and the status line.

use super::{count, put, spread};
use crate::tui::clean;
use crate::tui::model::{Connection, Model};
use crate::tui::transcript::Scroll;
use crate::tui::wrap::shorten;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

/// From here on a full context is worth a warning, in percent.
const FULL: u64 = 85;

/// Program, agent and session; the connection on the right.
pub(super) fn title(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme;
    let is_wide = area.width >= 60;
    let mut left = vec![Span::styled(
        if is_wide { " openclaw " } else { "" },
        theme.heading(),
    )];
    if !model.session.is_empty() {
        let room = usize::from(area.width)
            .saturating_sub(if is_wide { 60 } else { 24 })
            .max(4);
        let name = shorten(&clean::line(model.session_name()), room);
        left.push(Span::raw(format!(
            " {}",
            shorten(&clean::line(&model.agent), if is_wide { 20 } else { 6 })
        )));
        left.push(Span::styled(" / ", theme.faint()));
        left.push(Span::raw(name));
    }
    let right = match &model.connection {
        Connection::Connecting => vec![Span::styled("◌ connecting ", theme.faint())],
        Connection::Ready => vec![Span::styled("● ", theme.good()), Span::raw("connected ")],
        Connection::Lost { again_at, .. } => {
            let seconds = again_at.saturating_sub(model.now).div_ceil(1000);
            let text = if seconds == 0 {
                "◌ reconnecting ".to_owned()
            } else {
                format!("◌ reconnecting in {seconds} s ")
            };
            vec![Span::styled(text, theme.warn())]
        }
        Connection::Ended { .. } => vec![Span::styled("✗ disconnected ", theme.bad())],
    };
    put(frame, area, 0, &spread(left, right, area.width, " "));
}

/// What goes on, or a word of the program; on the right what waits below.
pub(super) fn rule(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme;
    let room = usize::from(area.width).saturating_sub(4);
    let mut left = vec![Span::styled("─", theme.faint())];
    if let Some((text, _)) = &model.notice {
        left.push(Span::styled(
            format!(" {} ", shorten(text, room)),
            Modifier::BOLD,
        ));
    } else if let Connection::Lost { why, .. } | Connection::Ended { why } = &model.connection {
        left.push(Span::styled(
            format!(" {} ", shorten(why, room)),
            theme.bad(),
        ));
    } else if let Some(run) = model.runs.first() {
        let seconds = model.now.saturating_sub(run.since) / 1000;
        let phase = run.phase.as_deref().filter(|_| run.whole.is_empty());
        let doing = match model.transcript.running_tool() {
            Some(tool) => format!("running {}", shorten(tool, 30)),
            None if run.whole.is_empty() => phase.unwrap_or("working").to_owned(),
            None => "answering".to_owned(),
        };
        let more = match model.runs.len() {
            0 | 1 => String::new(),
            runs => format!(", {} waiting", runs - 1),
        };
        let dots = usize::try_from(model.now / 400 % 3).unwrap_or_default() + 1;
        let text = format!(
            " {doing} {seconds} s{more} {:<3} Esc stops ",
            "·".repeat(dots)
        );
        left.push(Span::styled(shorten(&text, room + 2), theme.mark()));
    }
    let right = match (model.scroll, model.unseen) {
        (Scroll::Follow, _) => Vec::new(),
        (Scroll::From(_), true) => vec![Span::styled(
            " ↓ new messages, End shows them ",
            theme.warn(),
        )],
        (Scroll::From(_), false) => vec![Span::styled(" ↓ End goes to the end ", theme.faint())],
    };
    put(frame, area, 0, &spread(left, right, area.width, "─"));
}

/// Model, context and cost; budget and help on the right.
pub(super) fn status(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme;
    let facts = &model.facts;
    let faint = |text: String| Span::styled(text, theme.faint());
    let mut left = vec![Span::raw(" ")];
    left.push(faint(shorten(
        facts.model.as_deref().unwrap_or("model unknown"),
        36,
    )));
    match (facts.tokens, facts.window) {
        (Some(tokens), Some(window)) if window > 0 => {
            let percent = tokens.saturating_mul(100) / window;
            let text = format!("context {} of {}", count(tokens), count(window));
            left.push(faint(" · ".to_owned()));
            left.push(if percent >= FULL {
                Span::styled(text, theme.warn())
            } else {
                faint(text)
            });
        }
        (Some(tokens), _) => left.push(faint(format!(" · {} tokens", count(tokens)))),
        (None, _) => {}
    }
    let mut right = Vec::new();
    let run = [
        facts
            .run_tokens
            .map(|tokens| format!("{} tokens", count(tokens))),
        facts.run_cost.map(dollars),
    ];
    let run: Vec<String> = run.into_iter().flatten().collect();
    if !run.is_empty() {
        right.push(faint(format!("last {} · ", run.join(" "))));
    }
    if let Some(cost) = facts.session_cost {
        right.push(faint(format!("session {} · ", dollars(cost))));
    }
    if let Some(budget) = &facts.budget {
        right.push(Span::styled(format!("{budget} "), theme.warn()));
        right.push(faint("· ".to_owned()));
    }
    right.push(faint("F1 help ".to_owned()));
    let wide = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    // What matters least goes first where there is no room.
    while right.len() > 1 && wide(&left) + wide(&right) >= usize::from(area.width) {
        right.remove(0);
    }
    put(frame, area, 0, &spread(left, right, area.width, " "));
}

/// Dollars with as many digits as they need.
fn dollars(cost: f64) -> String {
    if cost == 0.0 {
        "$0".to_owned()
    } else if cost < 0.01 {
        format!("${cost:.6}").trim_end_matches('0').to_owned()
    } else {
        format!("${cost:.2}")
    }
}
