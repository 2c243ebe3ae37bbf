//! What others wrote, made harmless for a terminal.
//!
//! Text of a model, a tool, a user elsewhere or the gateway may hold escape sequences that move
//! the cursor, change the title or write the clipboard, and marks that turn the order of reading.
//! Nothing of that passes these functions: every text goes through one of them before it is drawn.

use std::iter::Peekable;
use std::str::Chars;

/// The longest sequence that is taken for one; beyond it the text goes on.
const LONGEST_SEQUENCE: usize = 4096;

/// Text of several lines: escape sequences are dropped, other control characters become pictures,
/// tabs become spaces, every kind of line end becomes `\n`.
pub(super) fn prose(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if !skip_sequence(&mut chars) {
                    clean.push('␛');
                }
            }
            '\u{9b}' => {
                if !skip_until(&mut chars, is_final) {
                    clean.push('\u{fffd}');
                }
            }
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    clean.push('\n');
                }
            }
            '\t' => clean.push_str("    "),
            '\n' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            other => clean.push(visible(other)),
        }
    }
    clean
}

/// The same in one line.
pub(super) fn line(text: &str) -> String {
    let mut clean = prose(text);
    if clean.contains('\n') {
        clean = clean
            .split('\n')
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join(" ");
    }
    clean
}

/// Text that is going to be judged, such as a command: nothing is dropped, everything that would
/// not show is shown as a picture.
pub(super) fn exact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => clean.push_str("␊\n"),
            other => clean.push(visible(other)),
        }
    }
    clean
}

/// A character that shows, for one that acts or hides.
fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        other => other,
    }
}

/// Skips what follows an escape character; says whether that was a sequence.
fn skip_sequence(chars: &mut Peekable<Chars<'_>>) -> bool {
    match chars.peek() {
        Some('[') => {
            let mut ahead = chars.clone();
            ahead.next();
            let found = skip_until(&mut ahead, is_final);
            if found {
                *chars = ahead;
            }
            found
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            skip_until(chars, |c| matches!(c, '\u{7}' | '\u{9c}' | '\u{1b}'))
        }
        Some('\u{30}'..='\u{7e}') => {
            chars.next();
            true
        }
        Some(_) | None => false,
    }
}

/// Moves behind the first character that ends a sequence; stays where it was when none does.
fn skip_until(chars: &mut Peekable<Chars<'_>>, ends: impl Fn(char) -> bool) -> bool {
    let mut ahead = chars.clone();
    for _ in 0..LONGEST_SEQUENCE {
        match ahead.next() {
            Some('\n') | None => return false,
            Some('\u{1b}') if ends('\u{1b}') => {
                // The two characters ESC \ end a string together.
                if ahead.peek() == Some(&'\\') {
                    ahead.next();
                }
                *chars = ahead;
                return true;
            }
            Some(c) if ends(c) => {
                *chars = ahead;
                return true;
            }
            Some(_) => {}
        }
    }
    false
}

fn is_final(c: char) -> bool {
    ('\u{40}'..='\u{7e}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_and_their_text_stays() {
        assert_eq!(prose("\u{1b}[1;31mred\u{1b}[0m"), "red");
        assert_eq!(prose("\u{1b}]52;c;ZXZpbA==\u{7}after"), "after");
        assert_eq!(prose("\u{1b}]0;title\u{1b}\\after"), "after");
        assert_eq!(prose("\u{9b}2Jx\u{1b}c"), "x");
        assert_eq!(prose("a\r\nb\rc\td"), "a\nb\nc    d");
    }

    #[test]
    fn an_unfinished_sequence_swallows_nothing() {
        assert_eq!(prose("\u{1b}]0;no end\nnext"), "␛]0;no end\nnext");
        assert_eq!(prose("bell \u{7}, end \u{1b}"), "bell ␇, end ␛");
    }

    #[test]
    fn what_turns_the_order_of_reading_shows() {
        assert_eq!(line("a\u{202e}b\nc"), "a\u{fffd}b c");
        assert_eq!(exact("rm\u{8}\u{1b}[2K -rf\n/"), "rm␈␛[2K -rf␊\n/");
    }
}
