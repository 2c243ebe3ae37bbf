//! Styled text in lines of a given width, measured as a terminal does.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Where a line may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// Between words, and inside one that is longer than a line.
    Words,
    /// Anywhere: the text is laid out already, as code is.
    Anywhere,
}

/// What stands before the first line and before the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Gutter {
    /// Before the first line.
    pub(super) first: Vec<Span<'static>>,
    /// Before the following lines.
    pub(super) rest: Vec<Span<'static>>,
}

impl Gutter {
    /// The same before every line.
    pub(super) fn even(span: Span<'static>) -> Self {
        Self {
            first: vec![span.clone()],
            rest: vec![span],
        }
    }

    fn width(&self) -> usize {
        let of = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
        of(&self.first).max(of(&self.rest))
    }
}

struct Grain<'a> {
    text: &'a str,
    style: Style,
    width: usize,
}

impl Grain<'_> {
    fn is_space(&self) -> bool {
        self.text == " "
    }
}

/// Lays out one paragraph without line ends. It has at least one line.
pub(super) fn wrap(
    spans: &[Span<'_>],
    width: usize,
    gutter: &Gutter,
    at: Break,
) -> Vec<Line<'static>> {
    let room = width.saturating_sub(gutter.width()).max(2);
    let grains: Vec<Grain<'_>> = spans
        .iter()
        .flat_map(|span| {
            span.content.graphemes(true).map(|text| Grain {
                text,
                style: span.style,
                width: text.width(),
            })
        })
        .collect();
    let mut lines = Vec::new();
    let mut start = 0;
    let mut used = 0;
    let mut seam = None;
    for (index, grain) in grains.iter().enumerate() {
        let is_word = at == Break::Words;
        if is_word && grain.is_space() && used >= room {
            // Spaces at the end of a line take no room.
            seam = Some(index + 1);
            continue;
        }
        if is_word && grain.width > 1 && index > start {
            seam = Some(index);
        }
        if used + grain.width > room && index > start {
            let cut = seam
                .filter(|seam| is_word && *seam > start)
                .unwrap_or(index);
            lines.push(line(&grains, start..cut, gutter, lines.is_empty(), at));
            start = cut;
            while is_word && start < index && grains.get(start).is_some_and(Grain::is_space) {
                start += 1;
            }
            used = grains
                .get(start..index)
                .unwrap_or_default()
                .iter()
                .map(|grain| grain.width)
                .sum();
            seam = None;
        }
        used += grain.width;
        if grain.is_space() || grain.width > 1 {
            seam = Some(index + 1);
        }
    }
    if start < grains.len() || lines.is_empty() {
        lines.push(line(
            &grains,
            start..grains.len(),
            gutter,
            lines.is_empty(),
            at,
        ));
    }
    lines
}

fn line(
    grains: &[Grain<'_>],
    range: std::ops::Range<usize>,
    gutter: &Gutter,
    is_first: bool,
    at: Break,
) -> Line<'static> {
    let mut grains = grains.get(range).unwrap_or_default();
    if at == Break::Words {
        while let Some((last, before)) = grains.split_last()
            && last.is_space()
        {
            grains = before;
        }
    }
    let mut spans = if is_first {
        gutter.first.clone()
    } else {
        gutter.rest.clone()
    };
    let mut text = String::new();
    let mut style = Style::default();
    for grain in grains {
        if grain.style != style && !text.is_empty() {
            spans.push(Span::styled(std::mem::take(&mut text), style));
        }
        style = grain.style;
        text.push_str(grain.text);
    }
    if !text.is_empty() {
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}

/// The beginning of a text in at most `width` columns, with `…` where something is missing.
pub(super) fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for grain in text.graphemes(true) {
        used += grain.width();
        if used + 1 > width {
            break;
        }
        short.push_str(grain);
    }
    if width > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, width: usize, at: Break) -> Vec<String> {
        let lines = wrap(&[Span::raw(text)], width, &Gutter::default(), at);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(
            texts("the quick  brown fox", 10, Break::Words),
            ["the quick", "brown fox"]
        );
        assert_eq!(
            texts("abcdefghijkl mn", 5, Break::Words),
            ["abcde", "fghij", "kl mn"]
        );
        assert_eq!(texts("", 5, Break::Words), [""]);
    }

    #[test]
    fn wide_characters_count_twice_and_may_part() {
        assert_eq!(
            texts("日本語のテキスト", 6, Break::Words),
            ["日本語", "のテキ", "スト"]
        );
        assert_eq!(texts("ok 👩‍👩‍👧 go", 5, Break::Words), ["ok 👩‍👩‍👧", "go"]);
    }

    #[test]
    fn code_keeps_its_spaces() {
        assert_eq!(texts("  a   b", 4, Break::Anywhere), ["  a ", "  b"]);
    }

    #[test]
    fn short_texts_stay() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcd", 3), "ab…");
        assert_eq!(shorten("日本語", 5), "日本…");
    }
}
