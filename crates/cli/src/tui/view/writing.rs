//! The input and what it can become.

use super::{PROMPT, composer_width, put};
use crate::tui::model::{Connection, Model};
use crate::tui::slash::completions as found;
use crate::tui::wrap::shorten;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

/// Completions that show at once.
const SHOWN: usize = 6;

/// Draws what is written; puts the cursor.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let shown = model.composer.rows(composer_width(model));
    let height = usize::from(area.height);
    let top = (shown.row + 1).saturating_sub(height);
    let theme = model.theme;
    let prompt_style = if model.is_ready() {
        theme.you()
    } else {
        theme.faint()
    };
    for (row, range) in shown.ranges.iter().skip(top).take(height).enumerate() {
        let text = model.composer.text().get(range.clone()).unwrap_or_default();
        let prompt = if row + top == 0 { PROMPT } else { "  " };
        let line = Line::from(vec![
            Span::styled(prompt, prompt_style),
            Span::raw(text.to_owned()),
        ]);
        put(frame, area, row, &line);
    }
    if model.composer.text().is_empty() {
        let hint = match &model.connection {
            Connection::Ready => "a message, or / for commands",
            Connection::Connecting | Connection::Lost { .. } => "you can write while it connects",
            Connection::Ended { .. } => "Ctrl-C twice leaves",
        };
        let line = Line::from(vec![
            Span::styled(PROMPT, prompt_style),
            Span::styled(hint, theme.faint()),
        ]);
        put(frame, area, 0, &line);
    }
    let is_covered = !matches!(model.overlay, crate::tui::model::Overlay::None);
    if is_covered || model.deciding.is_some() {
        return;
    }
    let x = u16::try_from(shown.column + PROMPT.chars().count()).unwrap_or(u16::MAX);
    let y = u16::try_from(shown.row - top).unwrap_or(u16::MAX);
    frame.set_cursor_position(Position {
        x: area.x.saturating_add(x).min(area.right().saturating_sub(1)),
        y: area
            .y
            .saturating_add(y)
            .min(area.bottom().saturating_sub(1)),
    });
}

/// Draws the commands that what is written can become, above the line at `rule`.
pub(super) fn completions(model: &Model, frame: &mut Frame<'_>, rule: Rect) {
    let Some(chosen) = model.completing else {
        return;
    };
    let found = found(model.composer.text(), &model.theirs);
    if found.is_empty() || model.deciding.is_some() {
        return;
    }
    let chosen = chosen.min(found.len() - 1);
    let shown = found
        .len()
        .min(SHOWN)
        .min(usize::from(rule.y.saturating_sub(1)));
    let top = (chosen + 1).saturating_sub(shown);
    let height = u16::try_from(shown).unwrap_or_default();
    let area = Rect {
        x: 0,
        y: rule.y.saturating_sub(height),
        width: rule.width,
        height,
    };
    frame.render_widget(Clear, area);
    let widest = found
        .iter()
        .map(|command| command.name.chars().count())
        .max()
        .unwrap_or_default();
    let widest = widest.min(24);
    for (row, command) in found.iter().enumerate().skip(top).take(shown) {
        let name = format!("  {:<widest$}  ", shorten(&command.name, widest));
        let about = shorten(
            &command.about,
            usize::from(area.width).saturating_sub(widest + 5),
        );
        let (name, about) = if row == chosen {
            let style = model.theme.chosen();
            let gap = usize::from(area.width).saturating_sub(widest + 4);
            (
                Span::styled(name, style),
                Span::styled(format!("{about:<gap$}"), style),
            )
        } else {
            (
                Span::styled(name, model.theme.mark()),
                Span::styled(about, model.theme.faint()),
            )
        };
        put(frame, area, row - top, &Line::from(vec![name, about]));
    }
}
