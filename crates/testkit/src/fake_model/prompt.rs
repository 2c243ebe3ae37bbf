//! The prompt as the model sees it: pieces in order, counted in tokens.
//!
//! Counting is simple on purpose, so that a test can do it by hand: a text, a tool definition
//! (its JSON) or a call (name and arguments) has one token per 4 bytes, rounded up per piece; an
//! image has 85 tokens; any other medium one per 64 bytes of its base64 text. Tools come first,
//! then the system text, then the messages.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde_json::Value;

/// Bytes of text per token.
const BYTES_PER_TOKEN: usize = 4;
/// Tokens of an image.
const IMAGE_TOKENS: u64 = 85;
/// Bytes of base64 text per token of sound, video and documents.
const MEDIA_BYTES_PER_TOKEN: usize = 64;

/// Tokens of a text.
pub(super) fn tokens(text: &str) -> u64 {
    count(text.len().div_ceil(BYTES_PER_TOKEN))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A run of the prompt that is counted by itself.
#[derive(Debug)]
struct Piece {
    /// What it is part of, such as `tool` or `user`: the same text elsewhere is another prompt.
    tag: &'static str,
    text: String,
    tokens: u64,
    /// How long the prefix up to here is to be kept, when the client marked it.
    mark: Option<Duration>,
}

/// Everything the model reads.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    pieces: Vec<Piece>,
    /// Tokens of images and other media among them.
    pub(super) media: u64,
    /// What else must be equal for a prefix to count as the same.
    space: String,
    /// The first piece of the messages, and what else must be equal for a prefix of them.
    messages: Option<(usize, String)>,
}

/// A prefix of the prompt that ends with a piece.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix {
    pub(super) hash: u64,
    pub(super) tokens: u64,
    pub(super) mark: Option<Duration>,
}

impl Prompt {
    /// Adds a text; an empty one counts nothing and still belongs to the prefix.
    pub(super) fn text(&mut self, tag: &'static str, text: &str) {
        self.pieces.push(Piece {
            tag,
            text: text.to_owned(),
            tokens: tokens(text),
            mark: None,
        });
    }

    /// Adds a value as its JSON text, without its cache mark.
    pub(super) fn json(&mut self, tag: &'static str, value: &Value) {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("cache_control");
        }
        self.text(tag, &value.to_string());
    }

    /// Adds an image.
    pub(super) fn image(&mut self, source: &str) {
        self.medium(source, IMAGE_TOKENS);
    }

    /// Adds sound, video or a document.
    pub(super) fn file(&mut self, source: &str) {
        let tokens = count(source.len().div_ceil(MEDIA_BYTES_PER_TOKEN));
        self.medium(source, tokens);
    }

    fn medium(&mut self, source: &str, tokens: u64) {
        self.media += tokens;
        self.pieces.push(Piece {
            tag: "media",
            text: source.to_owned(),
            tokens,
            mark: None,
        });
    }

    /// Marks the end of the last piece for the cache.
    pub(super) fn mark(&mut self, keep: Duration) {
        if let Some(last) = self.pieces.last_mut() {
            last.mark = Some(keep);
        }
    }

    /// Keeps this prompt's prefixes apart from those of other spaces.
    pub(super) fn set_space(&mut self, space: &str) {
        space.clone_into(&mut self.space);
    }

    /// Says that messages begin here, and what else their prefixes depend on.
    pub(super) fn begin_messages(&mut self, depends: String) {
        self.messages = Some((self.pieces.len(), depends));
    }

    /// How many tokens it has.
    pub(super) fn tokens(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.tokens).sum()
    }

    fn hasher(&self, model: &str) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        (model, &self.space).hash(&mut hasher);
        hasher
    }

    fn enter(&self, index: usize, piece: &Piece, hasher: &mut DefaultHasher) {
        if let Some((first, depends)) = &self.messages
            && *first == index
        {
            depends.hash(hasher);
        }
        piece.tag.hash(hasher);
    }

    /// The prefixes that end with a piece, shortest first.
    pub(super) fn prefixes(&self, model: &str) -> Vec<Prefix> {
        let mut hasher = self.hasher(model);
        let mut tokens = 0;
        let mut prefixes = Vec::with_capacity(self.pieces.len());
        for (index, piece) in self.pieces.iter().enumerate() {
            self.enter(index, piece, &mut hasher);
            piece.text.hash(&mut hasher);
            tokens += piece.tokens;
            prefixes.push(Prefix {
                hash: hasher.finish(),
                tokens,
                mark: piece.mark,
            });
        }
        prefixes
    }

    /// The prefixes of 1, 2, 3… times `step` tokens, wherever pieces end.
    pub(super) fn steps(&self, model: &str, step: u64) -> Vec<u64> {
        let mut hasher = self.hasher(model);
        let mut steps = Vec::new();
        let mut left = step;
        for (index, piece) in self.pieces.iter().enumerate() {
            self.enter(index, piece, &mut hasher);
            let bytes = piece.text.as_bytes();
            if piece.tag == "media" {
                hasher.write(bytes);
            }
            let mut tokens = piece.tokens;
            let mut rest = bytes;
            while tokens >= left {
                rest = feed(&mut hasher, rest, left);
                steps.push(hasher.finish());
                tokens -= left;
                left = step;
            }
            left -= tokens;
            feed(&mut hasher, rest, tokens);
        }
        steps
    }
}

/// Hashes the bytes of so many tokens and returns the others.
fn feed<'a>(hasher: &mut DefaultHasher, bytes: &'a [u8], tokens: u64) -> &'a [u8] {
    let length = usize::try_from(tokens)
        .unwrap_or(usize::MAX)
        .saturating_mul(BYTES_PER_TOKEN)
        .min(bytes.len());
    let (now, later) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
    hasher.write(now);
    later
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(texts: &[&str]) -> Prompt {
        let mut prompt = Prompt::default();
        for text in texts {
            prompt.text("user", text);
        }
        prompt
    }

    #[test]
    fn counts_up_per_piece() {
        assert_eq!(prompt(&["", "a", "abcd", "abcde"]).tokens(), 1 + 1 + 2);
    }

    #[test]
    fn equal_beginnings_have_equal_steps() {
        let long = "abcdefgh".repeat(40);
        let one = prompt(&[&long, "x"]).steps("m", 16);
        let other = prompt(&[
            &long,
            "y and more of it, much more than sixteen tokens have",
        ]);
        let other = other.steps("m", 16);
        assert_eq!((one.len(), other.len()), (5, 5));
        assert_eq!(one[..5], other[..5]);
        assert_ne!(one, prompt(&[&long, "x"]).steps("other", 16));
        assert_ne!(one[0], prompt(&["b", &long]).steps("m", 16)[0]);
    }
}
