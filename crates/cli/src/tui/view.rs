//! Draws a model. Nothing here changes anything or asks the world.

mod approval;
mod chrome;
mod overlay;
mod writing;

use super::clean;
use super::model::{Model, Overlay};
use super::transcript::Scroll;
pub(super) use overlay::help_lines;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

/// Less than this cannot show a conversation.
const SMALLEST: (u16, u16) = (30, 8);
/// The prompt before what is written.
const PROMPT: &str = "❯ ";

/// Where everything stands, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) title: Rect,
    pub(super) transcript: Rect,
    pub(super) approval: Rect,
    pub(super) rule: Rect,
    pub(super) composer: Rect,
    pub(super) status: Rect,
}

/// Divides the terminal.
pub(super) fn regions(model: &Model) -> Regions {
    let (width, height) = (model.columns, model.rows);
    let rows =
        u16::try_from(model.composer.rows(composer_width(model)).ranges.len()).unwrap_or(u16::MAX);
    let composer = rows.clamp(1, (height / 3).max(1));
    let approval = approval::height(model).min(height.saturating_sub(composer + 5));
    let transcript = height.saturating_sub(3 + composer + approval);
    let mut y = 0;
    let mut take = |height: u16| {
        let area = Rect {
            x: 0,
            y,
            width,
            height,
        };
        y += height;
        area
    };
    Regions {
        title: take(1),
        transcript: take(transcript),
        approval: take(approval),
        rule: take(1),
        composer: take(composer),
        status: take(1),
    }
}

/// Columns for what is written.
pub(super) fn composer_width(model: &Model) -> usize {
    // One column stays free for the cursor behind a full row.
    usize::from(model.columns).saturating_sub(PROMPT.chars().count() + 1)
}

/// Draws the whole screen.
pub(crate) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(frame, area);
        return;
    }
    let regions = regions(model);
    chrome::title(model, frame, regions.title);
    conversation(model, frame, regions.transcript);
    approval::draw(model, frame, regions.approval);
    chrome::rule(model, frame, regions.rule);
    writing::draw(model, frame, regions.composer);
    chrome::status(model, frame, regions.status);
    match &model.overlay {
        Overlay::None => writing::completions(model, frame, regions.rule),
        Overlay::Help(top) => overlay::help(model, frame, *top),
        Overlay::Picker(picker) => overlay::picker(model, picker, frame),
    }
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let text = [
        format!("at least {} × {}", SMALLEST.0, SMALLEST.1),
        format!("now {} × {}", area.width, area.height),
    ];
    put(frame, area, 0, &Line::from("too small"));
    for (row, text) in (1..).zip(text) {
        put(frame, area, row, &Line::from(text));
    }
}

fn conversation(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    if model.transcript.entries.is_empty() {
        welcome(model, frame, area);
        return;
    }
    let height = usize::from(area.height);
    let lines = model.transcript.window(model.scroll, height, model.look());
    // A short conversation stands at the bottom, next to where it goes on.
    let free = if model.scroll == Scroll::Follow {
        height.saturating_sub(lines.len())
    } else {
        0
    };
    for (row, line) in (free..).zip(&lines) {
        put(frame, area, row, line);
    }
}

fn welcome(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme;
    let agent = if model.agent.is_empty() {
        "your agent"
    } else {
        &model.agent
    };
    let key = |key: &'static str, about: &'static str| {
        Line::from(vec![
            Span::styled(format!("  {key:<10}"), theme.mark()),
            Span::styled(about, theme.faint()),
        ])
    };
    let lines = [
        Line::from(Span::styled("  OpenClaw", theme.heading())),
        Line::from(format!(
            "  You talk to {} on {}.",
            clean::line(agent),
            model.place
        )),
        Line::default(),
        key("Enter", "sends, Alt-Enter begins a new line"),
        key("/", "commands, Tab completes them"),
        key("Ctrl-P", "sessions"),
        key("Ctrl-G", "agents"),
        key("Ctrl-L", "models"),
        key("F1 or ?", "all keys"),
    ];
    let free = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (row, line) in (free..).zip(&lines) {
        put(frame, area, row, line);
    }
}

/// Draws a line in a row of an area, and nothing outside.
fn put(frame: &mut Frame<'_>, area: Rect, row: usize, line: &Line<'_>) {
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height {
        frame
            .buffer_mut()
            .set_line(area.x, area.y + row, line, area.width);
    }
}

/// A line with something at both ends. What is on the right gives way.
fn spread(
    left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
    width: u16,
    between: &str,
) -> Line<'static> {
    let of = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let width = usize::from(width);
    let (used, wanted) = (of(&left), of(&right));
    let mut spans = left;
    if used + wanted < width {
        spans.push(Span::styled(
            between.repeat(width - used - wanted),
            Modifier::DIM,
        ));
        spans.extend(right);
    } else {
        spans.push(Span::styled(
            between.repeat(width.saturating_sub(used)),
            Modifier::DIM,
        ));
    }
    Line::from(spans)
}

/// A count for people: `950`, `12.3k`, `1.2M`.
pub(super) fn count(tokens: u64) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        1_000..1_000_000 => format!("{}.{}k", tokens / 1_000, tokens % 1_000 / 100),
        _ => format!("{}.{}M", tokens / 1_000_000, tokens % 1_000_000 / 100_000),
    }
}
