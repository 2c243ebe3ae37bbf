//! The conversation as it is shown: entries, and the place the reader looks at.

mod card;

use super::prose::{Prose, Voice};
use super::theme::Theme;
use super::wrap::{Break, Gutter, wrap};
pub(super) use card::{Card, Outcome};
use ratatui::text::{Line, Span};
use std::rc::Rc;

/// How everything is drawn at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Columns.
    pub(super) width: usize,
    /// Styles.
    pub(super) theme: Theme,
    /// Whether tool cards show all their output.
    pub(super) expanded: bool,
    /// Whether thoughts are shown.
    pub(super) thoughts: bool,
    /// Milliseconds since 1970, for what moves.
    pub(super) now: u64,
}

/// How an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It grows.
    Streaming,
    /// It is complete.
    Done,
    /// Somebody stopped it.
    Aborted,
}

/// Of what kind a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Good to know.
    Hint,
    /// Something did not work.
    Problem,
}

/// One part of the conversation.
#[derive(Debug)]
pub(super) enum Entry {
    /// What the user said.
    You(Prose),
    /// What the agent answered.
    Agent {
        /// The text.
        prose: Prose,
        /// Whether it is complete.
        standing: Standing,
        /// The run it belongs to; `None` when it came from the history.
        run: Option<String>,
    },
    /// What the agent thought.
    Thought(Prose),
    /// A tool call.
    Tool(Card),
    /// A word from the program itself; cleaned by who makes it.
    Note(Tone, String),
}

impl Entry {
    fn pieces(&self, look: Look) -> usize {
        match self {
            Self::You(prose) => 1 + prose.blocks(),
            Self::Agent {
                prose, standing, ..
            } => {
                if prose.is_blank() && *standing != Standing::Aborted {
                    0
                } else {
                    2 + prose.blocks()
                }
            }
            Self::Thought(prose) => {
                if look.thoughts {
                    1 + prose.blocks()
                } else {
                    0
                }
            }
            Self::Tool(card) => card.pieces(look),
            Self::Note(..) => 1,
        }
    }

    fn lines(&self, piece: usize, look: Look) -> Rc<[Line<'static>]> {
        let gap = || -> Rc<[Line<'static>]> { Rc::new([Line::default()]) };
        match self {
            Self::You(prose) | Self::Thought(prose) => match piece.checked_sub(1) {
                None => gap(),
                Some(block) => prose.lines(block, look.width, look.theme),
            },
            Self::Agent {
                prose, standing, ..
            } => match piece.checked_sub(1) {
                None => gap(),
                Some(block) if block < prose.blocks() => prose.lines(block, look.width, look.theme),
                Some(_) => match standing {
                    Standing::Aborted => Rc::new([Line::styled("  ■ aborted", look.theme.bad())]),
                    Standing::Streaming | Standing::Done => Rc::new([]),
                },
            },
            Self::Tool(card) => card.lines(piece, look),
            Self::Note(tone, text) => note(*tone, text, look).into(),
        }
    }
}

fn note(tone: Tone, text: &str, look: Look) -> Vec<Line<'static>> {
    let (mark, mark_style, style) = match tone {
        Tone::Hint => ("· ", look.theme.faint(), look.theme.faint()),
        Tone::Problem => ("✗ ", look.theme.bad(), look.theme.bad()),
    };
    let mut gutter = Gutter {
        first: vec![Span::styled(mark, mark_style)],
        rest: vec![Span::raw("  ")],
    };
    let mut lines = vec![Line::default()];
    for line in text.split('\n') {
        lines.extend(wrap(
            &[Span::styled(line.to_owned(), style)],
            look.width,
            &gutter,
            Break::Words,
        ));
        gutter.first.clone_from(&gutter.rest);
    }
    lines
}

/// A line of the conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    entry: usize,
    piece: usize,
    line: usize,
}

/// What the reader looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Scroll {
    /// The end, as it grows.
    #[default]
    Follow,
    /// From this line on, whatever comes.
    From(Spot),
}

/// The conversation.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    /// Oldest first.
    pub(super) entries: Vec<Entry>,
}

impl Transcript {
    /// Adds a word from the program itself.
    pub(super) fn note(&mut self, tone: Tone, text: impl Into<String>) {
        self.entries.push(Entry::Note(tone, text.into()));
    }

    /// Adds what the user said.
    pub(super) fn you(&mut self, text: &str) {
        self.entries.push(Entry::You(Prose::new(Voice::You, text)));
    }

    /// The card of a tool call, the newest first.
    pub(super) fn card(&mut self, id: &str) -> Option<&mut Card> {
        self.entries.iter_mut().rev().find_map(|entry| match entry {
            Entry::Tool(card) if card.id == id => Some(card),
            Entry::You(_)
            | Entry::Agent { .. }
            | Entry::Thought(_)
            | Entry::Tool(_)
            | Entry::Note(..) => None,
        })
    }

    /// The name of a tool that runs at the end of the conversation.
    pub(super) fn running_tool(&self) -> Option<&str> {
        self.entries
            .iter()
            .rev()
            .map_while(|entry| match entry {
                Entry::Tool(card) => Some(card),
                Entry::You(_) | Entry::Agent { .. } | Entry::Thought(_) | Entry::Note(..) => None,
            })
            .find_map(Card::running)
    }

    /// The newest complete answer, as the agent wrote it.
    pub(super) fn last_answer(&self) -> Option<&str> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Agent { prose, .. } if !prose.is_blank() => Some(prose.raw()),
            Entry::You(_)
            | Entry::Agent { .. }
            | Entry::Thought(_)
            | Entry::Tool(_)
            | Entry::Note(..) => None,
        })
    }

    /// The lines of a window of `height` lines. Only these are laid out.
    pub(super) fn window(&self, scroll: Scroll, height: usize, look: Look) -> Vec<Line<'static>> {
        let mut spot = match scroll {
            Scroll::From(spot) => spot,
            Scroll::Follow => self.back(self.end(), height, look),
        };
        let mut lines = Vec::with_capacity(height);
        while lines.len() < height && spot.entry < self.entries.len() {
            let piece = self.lines(spot, look);
            lines.extend(
                piece
                    .iter()
                    .skip(spot.line)
                    .take(height - lines.len())
                    .cloned(),
            );
            spot = self.next_piece(spot, look);
        }
        lines
    }

    /// Moves the window up.
    pub(super) fn up(&self, scroll: Scroll, by: usize, height: usize, look: Look) -> Scroll {
        let top = match scroll {
            Scroll::From(spot) => spot,
            Scroll::Follow => self.back(self.end(), height, look),
        };
        self.settle(self.back(top, by, look), height, look)
    }

    /// Moves the window down; at the end it follows again.
    pub(super) fn down(&self, scroll: Scroll, by: usize, height: usize, look: Look) -> Scroll {
        match scroll {
            Scroll::Follow => Scroll::Follow,
            Scroll::From(spot) => self.settle(self.forward(spot, by, look), height, look),
        }
    }

    /// The beginning of the conversation.
    pub(super) fn top(&self, height: usize, look: Look) -> Scroll {
        self.settle(Spot::default(), height, look)
    }

    /// A window that ends at the end follows it.
    fn settle(&self, top: Spot, height: usize, look: Look) -> Scroll {
        if self.forward(top, height, look).entry >= self.entries.len() {
            Scroll::Follow
        } else {
            Scroll::From(top)
        }
    }

    fn end(&self) -> Spot {
        Spot {
            entry: self.entries.len(),
            piece: 0,
            line: 0,
        }
    }

    fn lines(&self, spot: Spot, look: Look) -> Rc<[Line<'static>]> {
        match self.entries.get(spot.entry) {
            Some(entry) if spot.piece < entry.pieces(look) => entry.lines(spot.piece, look),
            Some(_) | None => Rc::new([]),
        }
    }

    fn next_piece(&self, spot: Spot, look: Look) -> Spot {
        match self.entries.get(spot.entry) {
            Some(entry) if spot.piece + 1 < entry.pieces(look) => Spot {
                entry: spot.entry,
                piece: spot.piece + 1,
                line: 0,
            },
            Some(_) | None => Spot {
                entry: spot.entry + 1,
                piece: 0,
                line: 0,
            },
        }
    }

    /// The spot `by` lines above, or the beginning.
    fn back(&self, from: Spot, by: usize, look: Look) -> Spot {
        let mut spot = from;
        let mut left = by;
        loop {
            if spot.line >= left {
                spot.line -= left;
                return spot;
            }
            left -= spot.line;
            if spot.piece > 0 {
                spot.piece -= 1;
            } else if spot.entry > 0 {
                spot.entry -= 1;
                let pieces = self
                    .entries
                    .get(spot.entry)
                    .map_or(0, |entry| entry.pieces(look));
                spot.piece = pieces.saturating_sub(1);
            } else {
                return Spot::default();
            }
            spot.line = self.lines(spot, look).len();
        }
    }

    /// The spot `by` lines below, or the end.
    fn forward(&self, from: Spot, by: usize, look: Look) -> Spot {
        let mut spot = from;
        let mut left = by;
        while spot.entry < self.entries.len() {
            let length = self.lines(spot, look).len();
            if spot.line + left < length {
                spot.line += left;
                return spot;
            }
            left = left.saturating_sub(length.saturating_sub(spot.line));
            spot = self.next_piece(spot, look);
        }
        self.end()
    }
}

#[cfg(test)]
mod tests;
