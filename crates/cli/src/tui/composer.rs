//! The field where a message is written: several lines, a cursor, what was sent before.

use super::clean;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many sent messages are remembered.
const REMEMBERED: usize = 500;
/// The most that can be written, in bytes; what a frame may hold is far above it.
const LARGEST: usize = 1 << 20;

/// The text, the cursor, and the messages sent before.
#[derive(Debug, Default)]
pub(super) struct Composer {
    text: String,
    /// A byte position at a grapheme boundary.
    cursor: usize,
    sent: Vec<String>,
    /// Which of the sent ones is shown, and what was being written before.
    recalled: Option<(usize, String)>,
}

/// What the field shows: rows of the text, and the cursor in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// Byte ranges of the text.
    pub(super) ranges: Vec<std::ops::Range<usize>>,
    /// Row of the cursor.
    pub(super) row: usize,
    /// Column of the cursor.
    pub(super) column: usize,
}

impl Composer {
    /// What is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing but white space is written.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether the cursor is at the end of the text.
    pub(super) fn at_end(&self) -> bool {
        self.cursor == self.text.len()
    }

    /// Replaces what is written; the cursor goes to the end.
    pub(super) fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
        self.recalled = None;
    }

    /// Takes the text out and remembers it.
    pub(super) fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.cursor = 0;
        self.recalled = None;
        self.remember(&text);
        text
    }

    /// Puts a message among those sent before.
    pub(super) fn remember(&mut self, text: &str) {
        if !text.trim().is_empty() && self.sent.last().is_none_or(|last| last != text) {
            self.sent.push(text.to_owned());
            if self.sent.len() > REMEMBERED {
                self.sent.remove(0);
            }
        }
    }

    /// Writes at the cursor. Says whether there was room.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        let text = clean::prose(text);
        if self.text.len() + text.len() > LARGEST {
            return false;
        }
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
        true
    }

    /// Deletes before the cursor.
    pub(super) fn backspace(&mut self) {
        let start = self.before_cursor();
        self.delete(start);
    }

    /// Deletes under the cursor.
    pub(super) fn delete_forward(&mut self) {
        let end = self.after_cursor();
        self.delete(end);
    }

    /// Deletes back to the beginning of a word.
    pub(super) fn delete_word(&mut self) {
        let start = self.word_before();
        self.delete(start);
    }

    /// Deletes to the beginning of the line.
    pub(super) fn delete_to_start(&mut self) {
        let start = self.line_start();
        self.delete(start);
    }

    /// Deletes to the end of the line, or the line end itself.
    pub(super) fn delete_to_end(&mut self) {
        let end = self.line_end();
        let end = if end == self.cursor {
            self.after_cursor()
        } else {
            end
        };
        self.delete(end);
    }

    /// Moves by one character.
    pub(super) fn left(&mut self) {
        self.cursor = self.before_cursor();
    }

    /// Moves by one character.
    pub(super) fn right(&mut self) {
        self.cursor = self.after_cursor();
    }

    /// Moves by a word.
    pub(super) fn word_left(&mut self) {
        self.cursor = self.word_before();
    }

    /// Moves by a word.
    pub(super) fn word_right(&mut self) {
        let after = self.text.get(self.cursor..).unwrap_or_default();
        let word = after.len() - after.trim_start().len();
        let rest = after.get(word..).unwrap_or_default();
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.cursor += word + length;
    }

    /// To the beginning of the line.
    pub(super) fn home(&mut self) {
        self.cursor = self.line_start();
    }

    /// To the end of the line.
    pub(super) fn end(&mut self) {
        self.cursor = self.line_end();
    }

    /// A row up, or to what was sent before.
    pub(super) fn up(&mut self, width: usize) {
        let shown = self.rows(width);
        match shown.row.checked_sub(1) {
            Some(row) => self.go_to(&shown, row),
            None => self.recall_older(),
        }
    }

    /// A row down, or to what was sent after.
    pub(super) fn down(&mut self, width: usize) {
        let shown = self.rows(width);
        if shown.row + 1 < shown.ranges.len() {
            self.go_to(&shown, shown.row + 1);
        } else {
            self.recall_newer();
        }
    }

    /// The text in rows of a width.
    pub(super) fn rows(&self, width: usize) -> Rows {
        let width = width.max(2);
        let mut rows = Vec::new();
        let mut cursor = (0, 0);
        let mut start = 0;
        let mut used = 0;
        for (at, grain) in self.text.grapheme_indices(true) {
            if at == self.cursor {
                cursor = (rows.len(), used);
            }
            if grain == "\n" {
                rows.push(start..at);
                start = at + 1;
                used = 0;
                continue;
            }
            if used + grain.width() > width {
                rows.push(start..at);
                start = at;
                used = 0;
                if at == self.cursor {
                    cursor = (rows.len(), 0);
                }
            }
            used += grain.width();
        }
        if self.cursor >= self.text.len() {
            if used >= width {
                // The cursor needs a place behind a full row.
                rows.push(start..self.text.len());
                start = self.text.len();
                used = 0;
            }
            cursor = (rows.len(), used);
        }
        rows.push(start..self.text.len());
        Rows {
            ranges: rows,
            row: cursor.0,
            column: cursor.1,
        }
    }

    fn go_to(&mut self, shown: &Rows, row: usize) {
        let Some(range) = shown.ranges.get(row).cloned() else {
            return;
        };
        let mut column = 0;
        let text = self.text.get(range.clone()).unwrap_or_default();
        let mut cursor = range.start;
        for (at, grain) in text.grapheme_indices(true) {
            if column + grain.width() > shown.column {
                break;
            }
            column += grain.width();
            cursor = range.start + at + grain.len();
        }
        self.cursor = cursor;
    }

    fn recall_older(&mut self) {
        let (at, draft) = match self.recalled.take() {
            Some((at, draft)) => (at.saturating_sub(1), draft),
            None => match self.sent.len().checked_sub(1) {
                Some(last) => (last, self.text.clone()),
                None => return,
            },
        };
        if let Some(text) = self.sent.get(at) {
            self.text.clone_from(text);
            self.cursor = self.text.len();
        }
        self.recalled = Some((at, draft));
    }

    fn recall_newer(&mut self) {
        let Some((at, draft)) = self.recalled.take() else {
            return;
        };
        if let Some(text) = self.sent.get(at + 1) {
            self.text.clone_from(text);
            self.recalled = Some((at + 1, draft));
        } else {
            self.text = draft;
        }
        self.cursor = self.text.len();
    }

    fn delete(&mut self, to: usize) {
        let range = to.min(self.cursor)..to.max(self.cursor);
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn before_cursor(&self) -> usize {
        let before = self.text.get(..self.cursor).unwrap_or_default();
        before
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn after_cursor(&self) -> usize {
        let after = self.text.get(self.cursor..).unwrap_or_default();
        self.cursor + after.graphemes(true).next().map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        let before = self.text.get(..self.cursor).unwrap_or_default().trim_end();
        before.rfind(char::is_whitespace).map_or(0, |at| {
            at + before
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8)
        })
    }

    fn line_start(&self) -> usize {
        let before = self.text.get(..self.cursor).unwrap_or_default();
        before.rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        let after = self.text.get(self.cursor..).unwrap_or_default();
        self.cursor + after.find('\n').unwrap_or(after.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.insert(text);
        composer
    }

    #[test]
    fn editing_goes_by_what_is_seen_as_a_character() {
        let mut composer = written("a👩‍👩‍👧é");
        composer.backspace();
        composer.backspace();
        assert_eq!(composer.text(), "a");
        composer.insert("b c d");
        composer.delete_word();
        composer.delete_word();
        assert_eq!(composer.text(), "ab ");
        composer.home();
        composer.delete_forward();
        composer.delete_to_end();
        assert_eq!(composer.text(), "");
    }

    #[test]
    fn rows_follow_the_width() {
        let composer = written("日本語ab\nc");
        let rows = composer.rows(4);
        let shown: Vec<&str> = rows
            .ranges
            .iter()
            .filter_map(|row| composer.text().get(row.clone()))
            .collect();
        assert_eq!(shown, ["日本", "語ab", "c"]);
        assert_eq!((rows.row, rows.column), (2, 1));
    }

    #[test]
    fn up_moves_in_the_text_and_then_through_what_was_sent() {
        let mut composer = written("first");
        composer.take();
        composer.insert("second");
        composer.take();
        composer.insert("draft\nof two");
        composer.up(20);
        assert_eq!(composer.rows(20).row, 0);
        composer.up(20);
        assert_eq!(composer.text(), "second");
        composer.up(20);
        composer.up(20);
        assert_eq!(composer.text(), "first");
        composer.down(20);
        composer.down(20);
        assert_eq!(composer.text(), "draft\nof two");
    }

    #[test]
    fn a_paste_is_cleaned_and_has_a_limit() {
        let mut composer = written("a\r\nb\u{1b}[31m");
        assert_eq!(composer.text(), "a\nb");
        assert!(!composer.insert(&"x".repeat(LARGEST)));
        assert_eq!(composer.text(), "a\nb");
    }

    proptest! {
        #[test]
        fn no_order_of_keys_breaks_it(text in "[a\\n 日é👩]{0,30}", keys in prop::collection::vec(0..14u8, 0..40), width in 0..9usize) {
            let mut composer = written(&text);
            for key in keys {
                match key {
                    0 => composer.left(),
                    1 => composer.right(),
                    2 => composer.up(width),
                    3 => composer.down(width),
                    4 => composer.word_left(),
                    5 => composer.word_right(),
                    6 => composer.backspace(),
                    7 => composer.delete_forward(),
                    8 => composer.delete_word(),
                    9 => composer.delete_to_end(),
                    10 => composer.delete_to_start(),
                    11 => composer.home(),
                    12 => composer.end(),
                    _ => drop(composer.take()),
                }
                prop_assert!(composer.text().is_char_boundary(composer.cursor));
                let rows = composer.rows(width);
                prop_assert!(rows.row < rows.ranges.len());
            }
        }
    }
}
