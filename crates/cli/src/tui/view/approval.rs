//! The question whether a command may run, above the input.

use super::put;
use crate::tui::approval::Approval;
use crate::tui::model::Model;
use crate::tui::wrap::{Break, Gutter, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

/// Lines of a command that show.
const COMMAND: usize = 6;

/// Rows the question needs; none when nothing waits.
pub(super) fn height(model: &Model) -> u16 {
    let rows = model
        .approvals
        .first()
        .map_or(0, |approval| body(model, approval).len() + 2);
    u16::try_from(rows).unwrap_or(u16::MAX)
}

/// Draws the first question that waits.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let Some(approval) = model.approvals.first() else {
        return;
    };
    if area.height < 3 {
        let text = " an approval waits: F2, or /approve and /deny";
        put(frame, area, 0, &Line::styled(text, model.theme.warn()));
        return;
    }
    let mut title = " may this run? ".to_owned();
    if model.approvals.len() > 1 {
        title = format!("{title}1 of {} ", model.approvals.len());
    }
    if let Some(at) = approval.expires_at {
        let seconds = at.saturating_sub(model.now).div_ceil(1000);
        title = format!("{title}· {}:{:02} left ", seconds / 60, seconds % 60);
    }
    let border = if model.deciding.is_some() {
        BorderType::Thick
    } else {
        BorderType::Rounded
    };
    let block = Block::bordered()
        .border_type(border)
        .border_style(model.theme.warn())
        .title(Span::styled(title, model.theme.warn()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let lines = body(model, approval);
    // The answers always show, whatever is cut above them.
    let cut = lines.len().saturating_sub(usize::from(inner.height));
    let (above, answers) = lines.split_at(lines.len().saturating_sub(1));
    let above = above
        .get(..above.len().saturating_sub(cut))
        .unwrap_or_default();
    for (row, line) in above.iter().chain(answers).enumerate() {
        put(frame, inner, row, line);
    }
}

fn body(model: &Model, approval: &Approval) -> Vec<Line<'static>> {
    let width = usize::from(model.columns).saturating_sub(2);
    let theme = model.theme;
    let mut lines = Vec::new();
    let gutter = Gutter::even(Span::styled(" $ ", theme.faint()));
    for line in approval.command.split('\n') {
        let span = Span::styled(line.to_owned(), Style::new().add_modifier(Modifier::BOLD));
        lines.extend(wrap(&[span], width, &gutter, Break::Anywhere));
    }
    let hidden = lines.len().saturating_sub(COMMAND);
    if hidden > 0 {
        // The end of a command matters as much as its beginning.
        lines.splice(
            COMMAND / 2..COMMAND / 2 + hidden,
            [Line::styled(
                format!("   … {hidden} lines are not shown; deny what you cannot judge"),
                theme.bad(),
            )],
        );
    }
    let margin = Gutter::even(Span::raw(" "));
    let place = Span::styled(approval.place.clone(), theme.faint());
    lines.extend(wrap(&[place], width, &margin, Break::Words));
    if let Some(warning) = &approval.warning {
        lines.extend(wrap(
            &[Span::styled(warning.clone(), theme.bad())],
            width,
            &margin,
            Break::Words,
        ));
    }
    lines.push(answers(model, approval));
    lines
}

fn answers(model: &Model, approval: &Approval) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (index, decision) in approval.decisions.iter().enumerate() {
        let text = format!(" {} {} ", decision.key(), decision.label());
        let style = match model.deciding {
            Some(chosen) if chosen == index => model.theme.chosen(),
            Some(_) => Style::new(),
            None => model.theme.faint(),
        };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw(" "));
    }
    let hint = if model.deciding.is_some() {
        " ←→ Enter, Esc later"
    } else {
        " F2 answers"
    };
    spans.push(Span::styled(hint, model.theme.mark()));
    Line::from(spans)
}
