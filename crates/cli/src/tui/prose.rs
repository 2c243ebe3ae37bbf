//! A long text that grows, laid out piece by piece.
//!
//! The text is cut into blocks that can be laid out alone. Each keeps its lines for the width they
//! were made for, so a frame costs what is visible of it, and a new piece of an answer costs the
//! last block, however long the answer is.

use super::clean;
use super::markdown;
use super::theme::Theme;
use super::wrap::{Break, Gutter, wrap};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use std::cell::RefCell;
use std::rc::Rc;

/// A block without a seam is cut at the next line end from this size.
const LONG: usize = 8 << 10;
/// A table is cut later, because what follows has no head.
const LONG_TABLE: usize = 64 << 10;
/// A line without an end is cut here.
const LONG_LINE: usize = 16 << 10;

/// New text is looked at in pieces of this size.
const PIECE: usize = 4 << 10;

/// How a text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// What the user said: as it was typed, with a bar.
    You,
    /// What the agent answers: Markdown.
    Agent,
    /// What the agent thinks: faint.
    Thought,
    /// What a tool gave: as it is, under its card.
    Output,
}

/// Lines of one block, and the width they were made for.
type Laid = (usize, Rc<[Line<'static>]>);

#[derive(Debug)]
struct Block {
    text: String,
    /// Whether it follows the block above without a blank line.
    joined: bool,
    /// The line that opened the code block this one continues.
    within: Option<String>,
    laid: RefCell<Option<Laid>>,
}

/// A text in blocks. Never empty of blocks once it has text.
#[derive(Debug)]
pub(super) struct Prose {
    voice: Voice,
    raw: String,
    blocks: Vec<Block>,
    /// How much of the last block was looked at for seams.
    seen: usize,
    /// Where the last block would be cut if the next line begins a new one.
    seam: Option<usize>,
    /// The code block that is open at `seen`.
    fence: Option<Fence>,
}

#[derive(Debug, Clone)]
struct Fence {
    mark: char,
    length: usize,
    line: String,
}

impl Prose {
    /// A text as it came, in the voice it is drawn with.
    pub(super) fn new(voice: Voice, raw: &str) -> Self {
        let mut prose = Self {
            voice,
            raw: String::new(),
            blocks: Vec::new(),
            seen: 0,
            seam: None,
            fence: None,
        };
        prose.append(raw);
        prose
    }

    /// Makes this the whole text. Where it only grew, only what is new is looked at.
    pub(super) fn set(&mut self, raw: &str) {
        if let Some(new) = raw.strip_prefix(self.raw.as_str()) {
            let new = new.to_owned();
            self.append(&new);
        } else {
            *self = Self::new(self.voice, raw);
        }
    }

    /// Adds to the end.
    pub(super) fn append(&mut self, raw: &str) {
        if raw.is_empty() {
            return;
        }
        self.raw.push_str(raw);
        let clean = clean::prose(raw);
        if self.blocks.is_empty() {
            self.open(String::new(), true, None);
        }
        // In small pieces, so that what is cut off is never much.
        let mut rest = clean.as_str();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(floor(rest, PIECE.min(rest.len())));
            if let Some(block) = self.blocks.last_mut() {
                block.text.push_str(piece);
                block.laid.replace(None);
            }
            self.cut();
            rest = after;
        }
    }

    /// The text as it came.
    pub(super) fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether nothing would be drawn.
    pub(super) fn is_blank(&self) -> bool {
        self.blocks.iter().all(|block| block.text.trim().is_empty())
    }

    /// Into how many blocks it is cut.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// How many blocks were laid out and still are.
    #[cfg(test)]
    pub(super) fn laid_out(&self) -> usize {
        let laid = |block: &&Block| block.laid.borrow().is_some();
        self.blocks.iter().filter(laid).count()
    }

    /// The lines of a block; none when there is no such block.
    pub(super) fn lines(&self, block: usize, width: usize, theme: Theme) -> Rc<[Line<'static>]> {
        let Some(block) = self.blocks.get(block) else {
            return Rc::new([]);
        };
        if let Some((made_for, lines)) = &*block.laid.borrow()
            && *made_for == width
        {
            return Rc::clone(lines);
        }
        let lines: Rc<[Line<'static>]> = self.lay(block, width, theme).into();
        block.laid.replace(Some((width, Rc::clone(&lines))));
        lines
    }

    fn lay(&self, block: &Block, width: usize, theme: Theme) -> Vec<Line<'static>> {
        let text = block.text.trim_end_matches(['\n', ' ']);
        let mut lines = Vec::new();
        if !block.joined {
            lines.push(Line::default());
        }
        let plain = |lines: &mut Vec<Line<'static>>, gutter: &Gutter, at, style| {
            for line in text.split('\n') {
                let span = Span::styled(line.to_owned(), style);
                lines.extend(wrap(&[span], width, gutter, at));
            }
        };
        match self.voice {
            Voice::You => {
                let gutter = Gutter::even(Span::styled("▌ ", theme.you()));
                plain(
                    &mut lines,
                    &gutter,
                    Break::Words,
                    ratatui::style::Style::new(),
                );
            }
            Voice::Output => {
                let gutter = Gutter::even(Span::styled("  │ ", theme.faint()));
                plain(&mut lines, &gutter, Break::Anywhere, theme.faint());
            }
            Voice::Thought => {
                let gutter = Gutter::even(Span::styled("  ┊ ", theme.faint()));
                plain(
                    &mut lines,
                    &gutter,
                    Break::Words,
                    theme.faint().add_modifier(Modifier::ITALIC),
                );
            }
            Voice::Agent => {
                let inner = width.saturating_sub(2);
                let laid = match &block.within {
                    Some(line) => markdown::render(&format!("{line}\n{text}"), inner, theme),
                    None => markdown::render(text, inner, theme),
                };
                lines.extend(laid.into_iter().map(|mut line| {
                    line.spans.insert(0, Span::raw("  "));
                    line
                }));
            }
        }
        lines
    }

    fn open(&mut self, text: String, joined: bool, within: Option<String>) {
        self.blocks.push(Block {
            text,
            joined,
            within,
            laid: RefCell::default(),
        });
        self.seen = 0;
        self.seam = None;
    }

    /// Cuts the last block wherever what was added allows it.
    fn cut(&mut self) {
        loop {
            let Some(block) = self.blocks.last() else {
                return;
            };
            let rest = block.text.get(self.seen..).unwrap_or_default();
            let Some(length) = rest.find('\n').map(|at| at + 1) else {
                if let Some(seam) = self.seam
                    && rest.starts_with(|c: char| !c.is_whitespace())
                {
                    self.split(seam, false);
                    continue;
                }
                if rest.len() > LONG_LINE {
                    let at = self.seen + floor(rest, LONG_LINE);
                    self.split(at, true);
                    continue;
                }
                return;
            };
            let line = rest
                .get(..length)
                .unwrap_or_default()
                .trim_end_matches('\n')
                .to_owned();
            if line.len() > LONG_LINE && self.fence.is_none() {
                let at = self.seen + floor(&line, LONG_LINE);
                self.split(at, true);
                continue;
            }
            self.look_at(&line, length);
        }
    }

    /// Takes note of one whole line, or cuts before or after it.
    fn look_at(&mut self, line: &str, length: usize) {
        let end = self.seen + length;
        let is_code = self.voice == Voice::Agent && self.fence.is_some();
        if let Some(seam) = self.seam
            && !is_code
            && !line.trim().is_empty()
            && !line.starts_with([' ', '\t'])
        {
            self.split(seam, false);
            return;
        }
        if self.voice == Voice::Agent {
            self.follow_fence(line);
        }
        let is_blank = line.trim().is_empty();
        if is_blank && !is_code && end < LONG {
            self.seam = Some(end).filter(|_| self.voice == Voice::Agent);
        }
        self.seen = end;
        let long = if line.starts_with('|') {
            LONG_TABLE
        } else {
            LONG
        };
        if end >= long {
            self.split(end, true);
        }
    }

    fn follow_fence(&mut self, line: &str) {
        let text = line.trim_start();
        let Some(mark) = text.chars().next().filter(|c| matches!(c, '`' | '~')) else {
            return;
        };
        let length = text.chars().take_while(|c| *c == mark).count();
        let after = text.get(length..).unwrap_or_default();
        match &self.fence {
            Some(open) => {
                if open.mark == mark && length >= open.length && after.trim().is_empty() {
                    self.fence = None;
                }
            }
            None => {
                if length >= 3 && !(mark == '`' && after.contains('`')) {
                    self.fence = Some(Fence {
                        mark,
                        length,
                        line: text.to_owned(),
                    });
                }
            }
        }
    }

    fn split(&mut self, at: usize, joined: bool) {
        let within = self.fence.as_ref().map(|fence| {
            // The language was told above.
            fence.line.chars().take(fence.length).collect()
        });
        let Some(block) = self.blocks.last_mut() else {
            return;
        };
        let rest = block.text.split_off(at.min(block.text.len()));
        block.laid.replace(None);
        if rest.is_empty() {
            // Nothing is known of what comes; the next text opens its own block.
            self.open(String::new(), joined, within);
        } else {
            self.open(rest, joined, within);
        }
    }
}

/// The last place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(prose: &Prose, width: usize) -> String {
        (0..prose.blocks())
            .flat_map(|block| prose.lines(block, width, Theme::Plain).to_vec())
            .map(|line| line.to_string().trim_end().to_owned() + "\n")
            .collect()
    }

    const TEXT: &str =
        "# Head\n\nfirst\nsecond\n\n```sh\nls\n\nls -l\n```\n\n1. one\n\n   more\n\n2. two\n";

    #[test]
    fn pieces_are_drawn_as_the_whole_is() {
        let whole = Prose::new(Voice::Agent, TEXT);
        assert_eq!(whole.blocks(), 5);
        let mut grown = Prose::new(Voice::Agent, "");
        for c in TEXT.chars() {
            grown.append(&c.to_string());
        }
        assert_eq!(shown(&grown, 30), shown(&whole, 30));
        assert_eq!(
            shown(&whole, 30),
            "  Head\n\n  first\n  second\n\n  sh\n  │ ls\n  │\n  │ ls -l\n\n  1. one\n\n     more\n\n  2. two\n"
        );
    }

    #[test]
    fn a_text_that_grew_keeps_its_blocks() {
        let mut prose = Prose::new(Voice::Agent, "one\n\ntwo");
        let before = prose.lines(0, 20, Theme::Plain);
        prose.set("one\n\ntwo three");
        assert!(Rc::ptr_eq(&before, &prose.lines(0, 20, Theme::Plain)));
        prose.set("other");
        assert_eq!(shown(&prose, 20), "  other\n");
    }

    #[test]
    fn long_code_is_cut_and_stays_code() {
        let code = format!("```\n{}```\n\nafter", "let x = 1;\n".repeat(3000));
        let prose = Prose::new(Voice::Agent, &code);
        assert!(prose.blocks() > 3);
        let shown = shown(&prose, 40);
        assert_eq!(shown.matches("  │ let x = 1;\n").count(), 3000);
        assert!(
            shown.ends_with("\n\n  after\n"),
            "{:?}",
            shown.get(shown.len() - 60..)
        );
        assert_eq!(shown.lines().count(), 3002);
    }

    #[test]
    fn a_line_without_end_is_cut_between_characters() {
        let prose = Prose::new(Voice::Agent, &"日本".repeat(20_000));
        assert!(prose.blocks() > 5);
        let shown: String = shown(&prose, 42).split_whitespace().collect();
        assert_eq!(shown, "日本".repeat(20_000));
    }
}
