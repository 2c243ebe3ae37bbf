//! A command as people are shown it: complete, and with every byte visible.

/// Longest command that is looked at, in bytes of all its words. Longer ones are refused.
pub const MAX_COMMAND_BYTES: usize = 32 * 1024;

/// The words of a command as one line. Words that are not plain are quoted; control characters,
/// and characters that hide or reorder others, are written as `\u{…}`. Nothing is cut.
pub fn command_text(argv: &[String]) -> String {
    let mut text = String::new();
    for word in argv {
        if !text.is_empty() {
            text.push(' ');
        }
        push(&mut text, word);
    }
    text
}

fn push(text: &mut String, word: &str) {
    let plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_alphanumeric() && c.is_ascii() || "_@%+=:,./-".contains(c));
    if plain {
        text.push_str(word);
        return;
    }
    text.push('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            c if hides(c) => text.extend(c.escape_unicode()),
            c => text.push(c),
        }
    }
    text.push('"');
}

/// A text with every character that cannot be seen written as `\u{…}`.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that cannot be seen, or change how others are seen.
fn hides(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::command_text;

    #[test]
    fn every_byte_of_a_command_can_be_seen() {
        let shown = |words: &[&str]| {
            command_text(&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            shown(&["/usr/bin/echo", "a b", ""]),
            r#"/usr/bin/echo "a b" """#
        );
        assert_eq!(
            shown(&["tr ", "\u{1b}[2K\u{202e}x\n"]),
            r#""tr " "\u{1b}[2K\u{202e}x\u{a}""#
        );
        let long = " ".repeat(4000);
        assert_eq!(shown(&["a", &long]).len(), 4004);
        assert_eq!(shown(&["a\"\\"]), r#""a\"\\""#);
    }
}
