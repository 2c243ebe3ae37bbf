//! The pieces of a prompt, small enough to be remembered.

use domain::{Message, Part, Role, ToolSpec};
use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::sync::Arc;

/// Bytes remembered of a piece; there may be many thousands.
const HEAD: usize = 64;
/// Bytes of a system text that are remembered whole.
const WHOLE: usize = 32 * 1024;
/// Stands between what is written one after the other.
const BETWEEN: &str = "\u{1f}";

/// A piece of a prompt: a tool, a system text, a message.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    hash: u64,
    /// Its bytes, as text.
    pub(super) len: u64,
    /// Its beginning, or all of it.
    head: Arc<str>,
    /// Whether it holds what has no length in tokens that follows from its bytes.
    pub(super) media: bool,
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        (self.hash, self.len) == (other.hash, other.len)
    }
}

impl Piece {
    pub(super) fn tool(tool: &ToolSpec) -> Self {
        let mut sink = Sink::default();
        for text in [tool.name.as_str(), BETWEEN, &tool.description, BETWEEN] {
            sink.text(text);
        }
        // The keys of a JSON object are in order, so equal schemas are equal texts.
        sink.text(&tool.parameters.to_string());
        sink.text(match tool.strict {
            Some(true) => " strict",
            Some(false) | None => "",
        });
        sink.piece(false)
    }

    pub(super) fn system(text: &Arc<str>) -> Self {
        let mut sink = Sink::default();
        sink.text(text);
        let mut piece = sink.piece(false);
        if text.len() <= WHOLE {
            piece.head = Arc::clone(text);
        }
        piece
    }

    pub(super) fn message(message: &Message) -> Self {
        let mut sink = Sink::default();
        sink.text(match message.role {
            Role::User => "user: ",
            Role::Assistant => "assistant: ",
            Role::Tool => "tool: ",
        });
        let mut media = false;
        for part in &message.parts {
            media |= sink.part(part);
            sink.text(BETWEEN);
        }
        sink.piece(media)
    }

    /// The first byte at which two pieces differ, as far as they are remembered, and what stands
    /// there in each.
    pub(super) fn difference(&self, now: &Self) -> (u64, String, String) {
        let same = self
            .head
            .bytes()
            .zip(now.head.bytes())
            .take_while(|(old, new)| old == new)
            .count();
        let at = u64::try_from(same).unwrap_or(u64::MAX);
        (at, excerpt(&self.head, same), excerpt(&now.head, same))
    }

    /// Its first bytes.
    pub(super) fn beginning(&self) -> String {
        excerpt(&self.head, 0)
    }
}

/// How many lists of tools and system texts are remembered.
const SHARED: usize = 8;
/// Longer ones are not, as they would be kept alive for it; in bytes.
const LONGEST: u64 = 256 * 1024;

/// The pieces of what most prompts have in common, so that it is read once and not for every turn.
/// What is remembered is kept alive, so its address stands for it.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    tools: Known<[ToolSpec], Arc<[Piece]>>,
    system: Known<str, Piece>,
}

/// What was made of shared values, the oldest first.
type Known<K, V> = VecDeque<(Arc<K>, V)>;

impl Pieces {
    pub(super) fn tools(&mut self, tools: &Arc<[ToolSpec]>) -> Arc<[Piece]> {
        let pieces = || tools.iter().map(Piece::tool).collect();
        let size = |pieces: &Arc<[Piece]>| pieces.iter().map(|it| it.len).sum();
        remembered(&mut self.tools, tools, pieces, size)
    }

    pub(super) fn system(&mut self, text: &Arc<str>) -> Piece {
        remembered(&mut self.system, text, || Piece::system(text), |it| it.len)
    }
}

fn remembered<K: ?Sized, V: Clone>(
    known: &mut Known<K, V>,
    key: &Arc<K>,
    make: impl FnOnce() -> V,
    size: impl FnOnce(&V) -> u64,
) -> V {
    if let Some((_, value)) = known.iter().find(|(it, _)| Arc::ptr_eq(it, key)) {
        return value.clone();
    }
    let value = make();
    if size(&value) <= LONGEST {
        if known.len() >= SHARED {
            known.pop_front();
        }
        known.push_back((Arc::clone(key), value.clone()));
    }
    value
}

/// A few characters of `text` from a byte on, on one line.
pub(super) fn excerpt(text: &str, from: usize) -> String {
    /// How many.
    const SHOWN: usize = 60;
    let from = text.floor_char_boundary(from.min(text.len()));
    let shown = text.get(from..).unwrap_or_default().chars().take(SHOWN);
    shown
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Takes in the bytes of a piece.
#[derive(Default)]
struct Sink {
    hasher: DefaultHasher,
    len: u64,
    head: String,
}

impl Sink {
    fn text(&mut self, text: &str) {
        self.hasher.write(text.as_bytes());
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.len = self.len.saturating_add(len);
        let room = HEAD.saturating_sub(self.head.len());
        let room = text.floor_char_boundary(room.min(text.len()));
        self.head.push_str(text.get(..room).unwrap_or_default());
    }

    /// Returns whether the part is no text.
    fn part(&mut self, part: &Part) -> bool {
        match part {
            Part::Text { text } => self.text(text),
            Part::Reasoning { text, keep } => {
                self.text(text);
                if let Some(keep) = keep {
                    self.text(&keep.data);
                }
            }
            Part::ToolCall(call) => {
                for text in [call.id.as_str(), " ", call.name.as_str(), &call.arguments] {
                    self.text(text);
                }
            }
            Part::ToolResult(result) => {
                for text in [result.call.as_str(), " ", &result.content] {
                    self.text(text);
                }
            }
            Part::Image { media_type, data }
            | Part::File {
                media_type, data, ..
            } => {
                self.text(media_type);
                self.text(&data.0);
                return true;
            }
        }
        false
    }

    fn piece(self, media: bool) -> Piece {
        Piece {
            hash: self.hasher.finish(),
            len: self.len,
            head: self.head.into(),
            media,
        }
    }
}
