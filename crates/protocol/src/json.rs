//! What JSON from outside must obey before it is read: depth, width and unambiguous keys.
//!
//! The reader behind it checks the grammar; this looks only for what a reader would let pass.
//! Source: security specification, section 8.

use crate::MAX_DEPTH;
use std::borrow::Cow;
use std::collections::HashSet;

/// Most keys of one object.
const MAX_KEYS: usize = 10_000;

/// Longest number, in characters.
const MAX_NUMBER: usize = 64;

/// Objects with more keys than this are checked with a set instead of by comparing all pairs.
const FEW_KEYS: usize = 16;

/// Checks a body or a frame.
///
/// # Errors
/// One line that says what is wrong and where, in bytes from 0.
pub fn check(body: &[u8]) -> Result<(), String> {
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err("the text begins with a byte order mark; send plain UTF-8".to_owned());
    }
    let mut scan = Scan {
        body,
        at: 0,
        open: Vec::new(),
    };
    scan.run()
}

/// An open array or object.
enum Open<'a> {
    Array,
    Object {
        few: Vec<Cow<'a, [u8]>>,
        many: HashSet<Cow<'a, [u8]>>,
        key_next: bool,
    },
}

struct Scan<'a> {
    body: &'a [u8],
    at: usize,
    open: Vec<Open<'a>>,
}

impl<'a> Scan<'a> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(byte) = self.body.get(self.at).copied() {
            match byte {
                b'"' => self.string()?,
                b'{' => self.enter(Open::Object {
                    few: Vec::new(),
                    many: HashSet::new(),
                    key_next: true,
                })?,
                b'[' => self.enter(Open::Array)?,
                b'}' | b']' => {
                    self.open.pop();
                    self.at += 1;
                }
                b',' => {
                    if let Some(Open::Object { key_next, .. }) = self.open.last_mut() {
                        *key_next = true;
                    }
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn enter(&mut self, open: Open<'a>) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!(
                "nested deeper than {MAX_DEPTH} levels at byte {}",
                self.at
            ));
        }
        self.open.push(open);
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let part = |b: &u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().take_while(|b| part(b)).count();
        if length > MAX_NUMBER {
            return Err(format!(
                "a number longer than {MAX_NUMBER} characters at byte {}",
                self.at
            ));
        }
        let text = rest.get(..length).unwrap_or_default();
        // Only an exponent takes so short a number out of the range a reader can hold.
        if text.iter().any(|b| matches!(b, b'e' | b'E'))
            && serde_json::from_slice::<f64>(text).is_err()
        {
            return Err(format!("a number out of range at byte {}", self.at));
        }
        self.at += length.max(1);
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        let start = self.at + 1;
        let mut end = start;
        let mut escaped = false;
        loop {
            // Between quotes and backslashes there is nothing to look at.
            let rest = self.body.get(end..).unwrap_or_default();
            let Some(skip) = rest.iter().position(|b| *b == b'"' || *b == b'\\') else {
                self.at = self.body.len();
                return Ok(());
            };
            end += skip;
            if self.body.get(end) == Some(&b'"') {
                break;
            }
            escaped = true;
            end += 2;
        }
        self.at = end + 1;
        let text = self.body.get(start..end).unwrap_or_default();
        // Of all escapes only half a surrogate pair passes the grammar and stops the reader.
        if escaped && text.windows(2).any(|pair| pair == br"\u") && plain(text).is_none() {
            return Err(format!(
                "a string with half a surrogate pair at byte {start}"
            ));
        }
        self.key(text, escaped, start)
    }

    /// Notes a string that stands where a key belongs.
    fn key(&mut self, text: &'a [u8], escaped: bool, start: usize) -> Result<(), String> {
        let Some(Open::Object {
            few,
            many,
            key_next,
        }) = self.open.last_mut()
        else {
            return Ok(());
        };
        if !*key_next {
            return Ok(());
        }
        *key_next = false;
        let key = if escaped {
            // A broken escape: the reader will refuse the body.
            plain(text).map_or(Cow::Borrowed(text), |plain| Cow::Owned(plain.into_bytes()))
        } else {
            Cow::Borrowed(text)
        };
        let twice = if many.is_empty() && few.len() < FEW_KEYS {
            let twice = few.contains(&key);
            few.push(key);
            twice
        } else {
            many.extend(few.drain(..));
            !many.insert(key)
        };
        if twice {
            return Err(format!("an object has the same key twice at byte {start}"));
        }
        if many.len() > MAX_KEYS {
            return Err(format!(
                "an object has more than {MAX_KEYS} keys at byte {start}"
            ));
        }
        Ok(())
    }
}

/// What a reader makes of the inside of a string; `None` when it refuses it.
fn plain(text: &[u8]) -> Option<String> {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(text);
    quoted.push(b'"');
    serde_json::from_slice(&quoted).ok()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn ordinary_bodies_pass() {
        let nested = format!("{}{}", "[".repeat(64), "]".repeat(64));
        for body in [
            "{}",
            r#"{"a":{"a":1},"b":[{"a":1},{"a":"a"}],"c":"a,\"a\":{"}"#,
            r#"[1.5e10,-3,1e308,"\\","\\ud800","\ud83d\ude00"]"#,
            nested.as_str(),
            "",
        ] {
            assert_eq!(check(body.as_bytes()), Ok(()), "{body}");
        }
    }

    #[test]
    fn ambiguous_and_outsized_bodies_are_refused() {
        let deep = "[".repeat(65);
        let number = format!("[{}]", "9".repeat(65));
        let wide: Vec<_> = (0..10_001).map(|i| format!("\"k{i}\":0")).collect();
        let wide = format!("{{{}}}", wide.join(","));
        let many: Vec<_> = (0..40).map(|i| format!("\"k{}\":0", i % 39)).collect();
        let many = format!("{{{}}}", many.join(","));
        for body in [
            deep.as_str(),
            number.as_str(),
            wide.as_str(),
            many.as_str(),
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            "\u{feff}{}",
            "[111000000E0004000000]",
            r#"["\ud83d"]"#,
            r#"{"\udc00a":1}"#,
        ] {
            assert!(
                check(body.as_bytes()).is_err(),
                "{}",
                &body[..body.len().min(60)]
            );
        }
    }

    #[test]
    fn broken_bodies_do_not_hang_or_panic() {
        for body in [
            "\"",
            "\"\\",
            "{\"a",
            "}}}}]]",
            "{\"a\":\"\\",
            ",,,",
            "-",
            "{,\"a\":1}",
        ] {
            // Whatever the answer, the reader behind refuses these.
            assert!(check(body.as_bytes()).is_ok());
        }
    }
}
