//! Tables that fit the width: columns shrink, cells wrap, and where there is no room for columns
//! each row becomes a short list.

use crate::tui::theme::Theme;
use crate::tui::wrap::{Break, Gutter, wrap};
use pulldown_cmark::Alignment;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

/// Columns narrower than this say nothing.
const NARROWEST: usize = 4;
/// Between two columns.
const SEPARATOR: &str = " │ ";

type Cell = Vec<Span<'static>>;

/// A table while it is read.
pub(super) struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Cell>>,
    row: Vec<Cell>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            rows: Vec::new(),
            row: Vec::new(),
        }
    }

    pub(super) fn cell(&mut self, cell: Cell) {
        self.row.push(cell);
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// Lays it out, the first row as its head.
    pub(super) fn lines(self, width: usize, theme: Theme, gutter: &Gutter) -> Vec<Line<'static>> {
        let margin: usize = gutter.rest.iter().map(Span::width).sum();
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let separators = SEPARATOR.chars().count() * columns.saturating_sub(1);
        let room = width.saturating_sub(margin + separators);
        let mut lines = if room < columns * NARROWEST {
            self.as_lists(width.saturating_sub(margin))
        } else {
            let widths = fit(self.natural(columns), room);
            self.as_grid(&widths, theme)
        };
        for (index, line) in lines.iter_mut().enumerate() {
            let before = if index == 0 {
                &gutter.first
            } else {
                &gutter.rest
            };
            line.spans.splice(0..0, before.iter().cloned());
        }
        lines
    }

    fn natural(&self, columns: usize) -> Vec<usize> {
        let width = |cell: &Cell| cell.iter().map(Span::width).sum::<usize>();
        let widest = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(width)
                .max()
                .unwrap_or_default()
        };
        (0..columns).map(|column| widest(column).max(1)).collect()
    }

    fn as_grid(&self, widths: &[usize], theme: Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let cells: Vec<Vec<Line<'static>>> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| {
                    let cell = row.get(column).map(Vec::as_slice).unwrap_or_default();
                    wrap(cell, *width, &Gutter::default(), Break::Words)
                })
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for level in 0..height {
                lines.push(self.grid_line(&cells, widths, level, index == 0, theme));
            }
            if index == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                lines.push(Line::styled(rules.join("─┼─"), theme.faint()));
            }
        }
        lines
    }

    fn grid_line(
        &self,
        cells: &[Vec<Line<'static>>],
        widths: &[usize],
        level: usize,
        is_head: bool,
        theme: Theme,
    ) -> Line<'static> {
        let mut spans = Vec::new();
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if column > 0 {
                spans.push(Span::styled(SEPARATOR, theme.faint()));
            }
            let line = cell.get(level).cloned().unwrap_or_default();
            let free = width.saturating_sub(line.width());
            let before = match self.alignments.get(column) {
                Some(Alignment::Right) => free,
                Some(Alignment::Center) => free / 2,
                Some(Alignment::Left | Alignment::None) | None => 0,
            };
            spans.push(Span::raw(" ".repeat(before)));
            let weight = if is_head {
                Modifier::BOLD
            } else {
                Modifier::empty()
            };
            spans.extend(line.spans.into_iter().map(|span| span.patch_style(weight)));
            spans.push(Span::raw(" ".repeat(free - before)));
        }
        Line::from(spans)
    }

    fn as_lists(&self, width: usize) -> Vec<Line<'static>> {
        let mut rows = self.rows.iter();
        let head = rows.next();
        let mut lines = Vec::new();
        for row in rows {
            for (column, cell) in row.iter().enumerate() {
                let mut spans = head
                    .and_then(|head| head.get(column))
                    .cloned()
                    .unwrap_or_default();
                for span in &mut spans {
                    *span = std::mem::take(span).patch_style(Modifier::BOLD);
                }
                spans.push(Span::raw(": "));
                spans.extend(cell.iter().cloned());
                lines.extend(wrap(&spans, width, &Gutter::default(), Break::Words));
            }
            lines.push(Line::default());
        }
        lines.pop();
        lines
    }
}

/// Takes from the widest columns until all fit.
fn fit(mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else {
            break;
        };
        *widest -= 1;
    }
    widths
}
