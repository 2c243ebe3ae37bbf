//! What lies over the conversation: lists and help.

use super::put;
use crate::tui::model::Model;
use crate::tui::picker::{Choice, Picker};
use crate::tui::slash;
use crate::tui::theme::Theme;
use crate::tui::wrap::shorten;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};
use unicode_width::UnicodeWidthStr;

/// Keys and what they do.
const KEYS: [(&str, &str); 27] = [
    ("Enter", "send"),
    (
        "Alt-Enter, Ctrl-J",
        "new line; so does \\ at the end of a line",
    ),
    ("Esc", "stop the run, leave a list, go to the end"),
    ("Ctrl-C", "clear or stop; twice leaves"),
    ("Ctrl-D", "leave, when nothing is written"),
    ("Up, Down", "move in the text, then through what you sent"),
    ("PgUp, PgDn, wheel", "scroll"),
    ("Shift-Up, Shift-Down", "scroll by a line"),
    (
        "Ctrl-Home, Ctrl-End",
        "first and last line of the conversation",
    ),
    ("Tab", "complete a command"),
    ("F2", "answer the approval that waits"),
    ("Ctrl-P", "choose a session"),
    ("Ctrl-G", "choose an agent"),
    ("Ctrl-L", "choose a model"),
    ("Ctrl-O", "show or hide the output of tools"),
    ("Ctrl-T", "show or hide thoughts"),
    ("Ctrl-Y", "copy the last answer"),
    (
        "Shift and mouse",
        "select text; /mouse leaves it to the terminal",
    ),
    ("Ctrl-A, Ctrl-E", "beginning and end of the line"),
    ("Ctrl-Left, Ctrl-Right", "a word back and forth"),
    ("Ctrl-W", "delete a word"),
    (
        "Ctrl-U, Ctrl-K",
        "delete to the beginning, to the end of the line",
    ),
    ("Ctrl-Z", "suspend"),
    ("F1, ?", "this help"),
    ("", ""),
    ("Commands", ""),
    ("", ""),
];

/// Lines of the help.
pub(in crate::tui) fn help_lines() -> usize {
    KEYS.len() + slash::explained().count() + 2
}

/// Draws the help from its line `top` on.
pub(super) fn help(model: &Model, frame: &mut Frame<'_>, top: usize) {
    let inner = window(
        model,
        frame,
        78,
        help_lines(),
        " help ",
        " ↑↓ scroll, any other key closes ",
    );
    let top = top.min(help_lines().saturating_sub(usize::from(inner.height)));
    let note = [
        ("", ""),
        ("Other commands", "go to the gateway; / and Tab show them"),
    ];
    let all = KEYS.into_iter().chain(slash::explained()).chain(note);
    for (row, (key, about)) in all.skip(top).take(usize::from(inner.height)).enumerate() {
        let line = Line::from(vec![
            Span::styled(format!(" {key:<22} "), model.theme.mark()),
            Span::raw(shorten(about, usize::from(inner.width).saturating_sub(25))),
        ]);
        put(frame, inner, row, &line);
    }
}

/// Draws a list to choose from.
pub(super) fn picker(model: &Model, picker: &Picker, frame: &mut Frame<'_>) {
    let title = match picker.choice {
        Choice::Session => " sessions ",
        Choice::Agent => " agents ",
        Choice::Model => " models ",
    };
    let lines = picker.len().clamp(6, 22) + 2;
    let inner = window(
        model,
        frame,
        110,
        lines,
        title,
        " ↑↓ Enter takes, Esc leaves ",
    );
    let theme = model.theme;
    let filter = if picker.filter.is_empty() {
        Span::styled("type to narrow the list", theme.faint())
    } else {
        Span::raw(picker.filter.clone())
    };
    put(
        frame,
        inner,
        0,
        &Line::from(vec![Span::styled(" / ", theme.mark()), filter]),
    );
    let shown = picker.shown();
    if shown.is_empty() {
        let text = match (picker.is_filled(), picker.filter.is_empty()) {
            (false, _) => "   asking the gateway …",
            (true, true) => "   there is nothing to choose from",
            (true, false) => "   nothing matches",
        };
        put(frame, inner, 2, &Line::styled(text, theme.faint()));
        return;
    }
    let height = usize::from(inner.height).saturating_sub(2);
    let chosen = picker.chosen();
    let top = (chosen + 1).saturating_sub(height);
    for (index, row) in shown.iter().enumerate().skip(top).take(height) {
        let line = row_line(row, index == chosen, usize::from(inner.width), theme);
        put(frame, inner, 2 + index - top, &line);
    }
}

fn row_line(
    row: &crate::tui::picker::Row,
    is_chosen: bool,
    width: usize,
    theme: Theme,
) -> Line<'static> {
    let mark = if row.current { " ● " } else { "   " };
    let title = shorten(row.title(), width.saturating_sub(4).min(48));
    let room = width.saturating_sub(3 + title.width() + 3);
    let detail = shorten(row.detail(), room);
    let free = room.saturating_sub(detail.width());
    let detail = format!("  {detail}{} ", " ".repeat(free));
    if is_chosen {
        Line::styled(format!("{mark}{title}{detail}"), theme.chosen())
    } else {
        Line::from(vec![
            Span::styled(mark, theme.good()),
            Span::raw(title),
            Span::styled(detail, theme.faint()),
        ])
    }
}

/// A window in the middle; gives its inside.
fn window(
    model: &Model,
    frame: &mut Frame<'_>,
    width: u16,
    lines: usize,
    title: &'static str,
    keys: &'static str,
) -> Rect {
    let screen = frame.area();
    let width = width.min(screen.width.saturating_sub(2));
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    // What is being written, and the status, stay in view.
    let regions = super::regions(model);
    let room = regions.rule.y.saturating_sub(regions.transcript.y);
    let height = wanted.min(room);
    let area = Rect {
        x: (screen.width - width) / 2,
        y: regions.transcript.y + (room - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, area);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(model.theme.mark())
        .title(Span::styled(title, model.theme.heading()))
        .title_bottom(Line::styled(keys, model.theme.faint()).right_aligned());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}
