//! Markdown as lines of a given width.

mod table;

use super::clean;
use super::theme::Theme;
use super::wrap::{Break, Gutter, wrap};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use table::Table;

/// Lays out a text. Cost and result are linear in its length, so callers hand over one block.
pub(super) fn render(text: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Page::new(width, theme);
    for event in Parser::new_ext(text, options) {
        page.event(event);
    }
    page.flush();
    page.lines
}

/// What stands left of the text, from outside to inside.
enum Margin {
    Quote { is_shown: bool },
    Item { mark: String, is_shown: bool },
}

struct Page {
    width: usize,
    theme: Theme,
    lines: Vec<Line<'static>>,
    rows: Vec<Vec<Span<'static>>>,
    styles: Vec<Style>,
    margins: Vec<Margin>,
    /// The number of the next item; `None` for bullets.
    lists: Vec<Option<u64>>,
    code: Option<String>,
    link: Option<(String, String)>,
    table: Option<Table>,
}

impl Page {
    fn new(width: usize, theme: Theme) -> Self {
        Self {
            width,
            theme,
            lines: Vec::new(),
            rows: Vec::new(),
            styles: Vec::new(),
            margins: Vec::new(),
            lists: Vec::new(),
            code: None,
            link: None,
            table: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::Code(text) => self.styled(&text, self.theme.code()),
            Event::Html(text) | Event::InlineHtml(text) => {
                for (index, part) in text.trim_end_matches('\n').split('\n').enumerate() {
                    if index > 0 {
                        self.rows.push(Vec::new());
                    }
                    self.styled(part, self.theme.faint());
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if self.table.is_none() {
                    self.rows.push(Vec::new());
                }
            }
            Event::Rule => {
                self.gap();
                self.styled(&"─".repeat(self.width.min(40)), self.theme.faint());
                self.flush();
            }
            Event::TaskListMarker(done) => self.text(if done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.gap(),
            Tag::Heading { level, .. } => {
                self.gap();
                let style = match level {
                    HeadingLevel::H1 => self.theme.heading().add_modifier(Modifier::UNDERLINED),
                    HeadingLevel::H2 | HeadingLevel::H3 => self.theme.heading(),
                    HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => {
                        Style::new().add_modifier(Modifier::BOLD)
                    }
                };
                self.styles.push(style);
            }
            Tag::BlockQuote(_) => {
                self.gap();
                self.margins.push(Margin::Quote { is_shown: false });
            }
            Tag::CodeBlock(kind) => {
                self.gap();
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.trim().is_empty()
                {
                    self.styled(language.trim(), self.theme.faint());
                    self.flush();
                }
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.gap();
                } else {
                    self.flush();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    Some(None) | None => "• ".to_owned(),
                };
                self.margins.push(Margin::Item {
                    mark,
                    is_shown: false,
                });
            }
            Tag::Emphasis => self.push_style(Modifier::ITALIC),
            Tag::Strong => self.push_style(Modifier::BOLD),
            Tag::Strikethrough => self.push_style(Modifier::CROSSED_OUT),
            Tag::Link { dest_url, .. } => {
                self.link = Some((clean::line(&dest_url), String::new()));
                self.push_style(Modifier::UNDERLINED);
            }
            Tag::Image { dest_url, .. } => {
                self.styled("image ", self.theme.faint());
                self.link = Some((clean::line(&dest_url), String::new()));
                self.push_style(Modifier::UNDERLINED);
            }
            Tag::Table(alignments) => {
                self.gap();
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
            }
            TagEnd::Item => {
                self.flush();
                self.bare_item();
                self.margins.pop();
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                if let Some((url, text)) = self.link.take()
                    && url != text
                    && !url.is_empty()
                {
                    self.styled(&format!(" ({url})"), self.theme.faint());
                }
            }
            TagEnd::TableCell => {
                let cell = self.rows.drain(..).flatten().collect();
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let gutter = self.gutter();
                    self.lines
                        .extend(table.lines(self.width, self.theme, &gutter));
                }
            }
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else { return };
        let mut gutter = self.gutter();
        let bar = Span::styled("│ ", self.theme.faint());
        gutter.first.push(bar.clone());
        gutter.rest.push(bar);
        for line in clean::prose(&code).trim_end_matches('\n').split('\n') {
            let span = Span::styled(line.to_owned(), self.theme.code());
            self.lines
                .extend(wrap(&[span], self.width, &gutter, Break::Anywhere));
            gutter.first.clone_from(&gutter.rest);
        }
    }

    fn push_style(&mut self, modifier: Modifier) {
        let style = self.style().add_modifier(modifier);
        self.styles.push(style);
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn text(&mut self, text: &str) {
        if let Some(code) = &mut self.code {
            code.push_str(text);
            return;
        }
        if let Some((_, shown)) = &mut self.link {
            shown.push_str(text);
        }
        self.styled(text, Style::new());
    }

    /// Adds to the current row. An entity such as `&#27;` becomes its character only in the
    /// parser, so the text is cleaned again here.
    fn styled(&mut self, text: &str, style: Style) {
        let span = Span::styled(clean::line(text), self.style().patch(style));
        match self.rows.last_mut() {
            Some(row) => row.push(span),
            None => self.rows.push(vec![span]),
        }
    }

    /// A blank line before a block that does not begin its page or its item.
    fn gap(&mut self) {
        self.flush();
        let begins = match self.margins.last() {
            Some(Margin::Quote { is_shown } | Margin::Item { is_shown, .. }) => !is_shown,
            None => false,
        };
        if self.lines.is_empty() || begins {
            return;
        }
        let gutter = self.gutter();
        self.lines.push(Line::from(gutter.first));
    }

    /// An item without text still shows its mark.
    fn bare_item(&mut self) {
        if let Some(Margin::Item {
            is_shown: false, ..
        }) = self.margins.last()
        {
            let gutter = self.gutter();
            self.lines.push(Line::from(gutter.first));
        }
    }

    /// What stands left of the next line; marks of items are shown once.
    fn gutter(&mut self) -> Gutter {
        let mut gutter = Gutter::default();
        for margin in &mut self.margins {
            match margin {
                Margin::Quote { is_shown } => {
                    *is_shown = true;
                    let bar = Span::styled("▎ ", self.theme.faint());
                    gutter.first.push(bar.clone());
                    gutter.rest.push(bar);
                }
                Margin::Item { mark, is_shown } => {
                    let blank = " ".repeat(mark.chars().count());
                    let first = if *is_shown {
                        Span::raw(blank.clone())
                    } else {
                        Span::styled(mark.clone(), self.theme.mark())
                    };
                    *is_shown = true;
                    gutter.first.push(first);
                    gutter.rest.push(Span::raw(blank));
                }
            }
        }
        gutter
    }

    fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let mut gutter = self.gutter();
        for row in std::mem::take(&mut self.rows) {
            self.lines
                .extend(wrap(&row, self.width, &gutter, Break::Words));
            gutter.first.clone_from(&gutter.rest);
        }
    }
}

#[cfg(test)]
mod tests;
