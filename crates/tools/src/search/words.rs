//! Texts as the words they are searched by.

/// Words of a text, in lower case. Names are taken apart: `getUserInfo` and `get_user_info` give the
/// same words. Scripts that put no space between words give pairs of letters.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut unspaced = Vec::new();
    let mut before = Kind::Other;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let kind = Kind::of(c);
        let next_is_lower = rest.peek().is_some_and(|next| next.is_lowercase());
        if begins_word(before, kind, next_is_lower) {
            finish(&mut word, &mut words);
        }
        if kind != Kind::Unspaced {
            pairs(&mut unspaced, &mut words);
        }
        match kind {
            Kind::Unspaced => unspaced.push(c),
            Kind::Lower | Kind::Upper | Kind::Digit => word.extend(c.to_lowercase()),
            Kind::Other => {}
        }
        before = kind;
    }
    finish(&mut word, &mut words);
    pairs(&mut unspaced, &mut words);
    words
}

/// What a character is to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lower,
    Upper,
    Digit,
    /// A letter of a script without spaces between words.
    Unspaced,
    Other,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            // Thai to Khmer; kana and Han with its extensions.
            '\u{0E00}'..='\u{0EFF}'
            | '\u{1000}'..='\u{109F}'
            | '\u{1780}'..='\u{17FF}'
            | '\u{3040}'..='\u{30FF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}' => Self::Unspaced,
            _ if c.is_uppercase() => Self::Upper,
            _ if c.is_alphabetic() => Self::Lower,
            _ if c.is_numeric() => Self::Digit,
            _ => Self::Other,
        }
    }
}

/// Whether a word ends between two characters. `HTTPServer` is `http` and `server`.
fn begins_word(before: Kind, now: Kind, next_is_lower: bool) -> bool {
    match (before, now) {
        (Kind::Upper, Kind::Upper) => next_is_lower,
        (Kind::Lower | Kind::Digit, Kind::Upper)
        | (Kind::Digit, Kind::Lower)
        | (Kind::Lower | Kind::Upper, Kind::Digit)
        | (_, Kind::Other | Kind::Unspaced) => true,
        (Kind::Lower | Kind::Upper, Kind::Lower)
        | (Kind::Digit, Kind::Digit)
        | (Kind::Other | Kind::Unspaced, Kind::Lower | Kind::Upper | Kind::Digit) => false,
    }
}

/// Ends a word. A plural counts as its singular.
fn finish(word: &mut String, words: &mut Vec<String>) {
    if word.is_empty() {
        return;
    }
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    words.push(std::mem::take(word));
}

fn pairs(letters: &mut Vec<char>, words: &mut Vec<String>) {
    if let [only] = letters.as_slice() {
        words.push(only.to_string());
    }
    words.extend(letters.windows(2).map(|pair| pair.iter().collect()));
    letters.clear();
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_and_sentences_in_any_language() {
        let table: [(&str, &[&str]); 9] = [
            ("getUserInfo", &["get", "user", "info"]),
            ("get_user-info", &["get", "user", "info"]),
            ("HTTPServer2go", &["http", "server", "2", "go"]),
            (
                "Sends e-mails to users.",
                &["send", "e", "mail", "to", "user"],
            ),
            (
                "Zeigt Wetterdaten für Köln",
                &["zeigt", "wetterdaten", "für", "köln"],
            ),
            ("天気予報", &["天気", "気予", "予報"]),
            ("查 API", &["查", "api"]),
            ("прогноз погоды", &["прогноз", "погоды"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
