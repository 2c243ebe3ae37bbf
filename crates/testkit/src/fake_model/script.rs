//! The words of a user text that tell the fake model what to do.
//!
//! The first line that begins with one of them counts, so that a gateway may put an envelope
//! before the text; each text part is looked at by itself, and a last line such as
//! `[2026-11-21 15:04 UTC]` is an envelope too. `SAY:` takes the rest of the text, line ends
//! included.
//!
//! | text | what happens |
//! |---|---|
//! | anything else | "Hello from the fake model." in six deltas |
//! | `SAY:<text>` | this text, a delta per word |
//! | `BIG:<n>` | `n` deltas of a word each |
//! | `JSON:<text>` | this line, without pauses for words; asked again, the line after it |
//! | `TOOL:<name>{json}` | a tool call; more lines make more calls; after the results: their text |
//! | `LOOP:<name>{json}` | the same tool call every time, whatever comes back |
//! | `USE:<name>{json}` | the same once, as a model does that may have to look for the tool: through `tool_search` and `tool_call` when it is not on offer itself |
//! | `STATUS:<code>` or `STATUS:<code>:<s>` | this error status, with `Retry-After` when given |
//! | `FLAKY:<n>:<code>` | this error status for the first `n` calls with this text, then the greeting |
//! | `HANG` | no answer, ever |
//! | `HANGMID` | three deltas, then silence |
//! | `CUT` | three deltas, then the connection breaks |
//! | `CUTAFTER:<n>` | `n` deltas, then the connection breaks |
//! | `BADJSON` | two deltas, then a chunk that is not JSON |
//! | `ERRMID:<kind>` | two deltas, then this wire's error event: `overloaded`, `rate_limit`, `server`, or the kind as it is |
//! | `SLOW:<ms>` | the greeting, with this pause before each delta |
//! | `ECHO_SYSTEM` | the system text it was given |
//! | `ECHO_IMAGES` | how many images it was given, and their media types |
//! | `ECHO_MEDIA` | the same of sound, video and documents |
//! | `EMPTY` | an answer without any text |
//!
//! Lines before it change how it is done, or do so to the greeting:
//!
//! | line | what changes |
//! |---|---|
//! | `THINK` or `THINK:<text>` | it thinks first; in a tool loop the state it gave must come back |
//! | `NOUSAGE` | it tells no usage |
//! | `USAGEEACH` | it tells the usage so far with every delta, where the wire has a way |
//! | `ONLY:<name>,…` | only this model, key or wire (its name in the settings) does it; others greet |

use std::time::Duration;

/// What the last user text asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Script {
    /// Say the greeting.
    #[default]
    Greet,
    /// Say this text.
    Say(String),
    /// Say so many words.
    Big(usize),
    /// Say the first, and when asked again the second.
    Json(String, String),
    /// Call these tools once.
    Tools(Vec<Call>),
    /// Call this tool every time.
    Loop(Call),
    /// Call this tool once, however it is on offer.
    Use(Call),
    /// Fail with this status.
    Status {
        /// The HTTP status code.
        code: u16,
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
    },
    /// Fail with this status a number of times.
    Flaky {
        /// How many times.
        times: u64,
        /// The HTTP status code.
        code: u16,
    },
    /// Never answer.
    Hang,
    /// Answer half, then fall silent.
    HangMid,
    /// Answer so many deltas, then break the connection.
    Cut(usize),
    /// Answer half, then send a broken chunk.
    BadJson,
    /// Answer half, then send an error event of this kind.
    ErrMid(String),
    /// Say the greeting with a pause before each delta.
    Slow(Duration),
    /// Say the system text.
    EchoSystem,
    /// Say how many images came.
    EchoImages,
    /// Say what other media came.
    EchoMedia,
    /// Say nothing.
    Empty,
}

/// How usage is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reports {
    /// As the wire does.
    #[default]
    AsUsual,
    /// With every delta.
    Each,
    /// Not at all.
    Never,
}

/// A script and how it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// What is done.
    pub script: Script,
    /// What is thought before.
    pub thinks: Option<String>,
    /// How usage is told.
    pub reports: Reports,
    /// Who does it; everybody when empty.
    pub only: Vec<String>,
    /// The text part it stands in.
    pub text: String,
}

/// A tool call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The tool's name.
    pub name: String,
    /// The arguments, as the text given; need not be JSON.
    pub arguments: String,
}

impl Order {
    /// Reads the text parts of a user's turn.
    pub fn of<S: AsRef<str>>(texts: &[S]) -> Self {
        let mut order = Self::default();
        for text in texts {
            let text = without_envelope(text.as_ref());
            let mut rest = text;
            loop {
                if let Some(script) = Script::at(rest) {
                    text.clone_into(&mut order.text);
                    order.script = script;
                    return order;
                }
                let line = rest.lines().next().unwrap_or_default().trim_end();
                if order.modify(line) {
                    text.clone_into(&mut order.text);
                }
                let Some((_, next)) = rest.split_once('\n') else {
                    break;
                };
                rest = next;
            }
        }
        order
    }

    fn modify(&mut self, line: &str) -> bool {
        if line == "THINK" {
            self.thinks = Some("Let me think.".to_owned());
        } else if let Some(thought) = line.strip_prefix("THINK:") {
            self.thinks = Some(thought.trim().to_owned());
        } else if let Some(names) = line.strip_prefix("ONLY:") {
            self.only = names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
        } else if line == "NOUSAGE" {
            self.reports = Reports::Never;
        } else if line == "USAGEEACH" {
            self.reports = Reports::Each;
        } else {
            return false;
        }
        true
    }
}

/// The text without a last line that says when it was written.
fn without_envelope(text: &str) -> &str {
    let trimmed = text.trim_end();
    let (before, last) = trimmed.rsplit_once('\n').unwrap_or(("", trimmed));
    let inside = last.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
    let dated = inside.is_some_and(|inside| {
        let digits = inside.bytes().take(4).filter(u8::is_ascii_digit).count();
        digits == 4 && inside.get(4..5) == Some("-")
    });
    if dated { before.trim_end() } else { text }
}

impl Script {
    /// Reads the user text.
    pub fn of(text: &str) -> Self {
        Order::of(&[text]).script
    }

    /// Reads the script that begins exactly here.
    fn at(text: &str) -> Option<Self> {
        if let Some(said) = text.strip_prefix("SAY:") {
            return Some(Self::Say(said.trim().to_owned()));
        }
        if text.starts_with("TOOL:") {
            let calls = text
                .lines()
                .filter_map(|line| Call::of(line.strip_prefix("TOOL:")?));
            return Some(Self::Tools(calls.collect()));
        }
        let mut lines = text.lines().map(str::trim_end);
        let line = lines.next().unwrap_or_default();
        if let Some(first) = line.strip_prefix("JSON:") {
            let second = lines.next().unwrap_or(first);
            return Some(Self::Json(first.trim().to_owned(), second.to_owned()));
        }
        match line {
            "HANG" => Some(Self::Hang),
            "HANGMID" => Some(Self::HangMid),
            "CUT" => Some(Self::Cut(3)),
            "BADJSON" => Some(Self::BadJson),
            "ECHO_SYSTEM" => Some(Self::EchoSystem),
            "ECHO_IMAGES" => Some(Self::EchoImages),
            "ECHO_MEDIA" => Some(Self::EchoMedia),
            "EMPTY" => Some(Self::Empty),
            _ => {
                let (word, rest) = line.split_once(':')?;
                Self::with(word, rest)
            }
        }
    }

    /// Reads a word with something behind it.
    fn with(word: &str, rest: &str) -> Option<Self> {
        match word {
            "LOOP" => Call::of(rest).map(Self::Loop),
            "USE" => Call::of(rest).map(Self::Use),
            "BIG" => rest.parse().ok().map(Self::Big),
            "CUTAFTER" => rest.parse().ok().map(Self::Cut),
            "ERRMID" => Some(Self::ErrMid(rest.to_owned())),
            "SLOW" => Some(Self::Slow(Duration::from_millis(rest.parse().ok()?))),
            "STATUS" => {
                let (code, wait) = rest.split_once(':').unwrap_or((rest, ""));
                Some(Self::Status {
                    code: code.parse().ok()?,
                    retry_after: wait.parse().ok(),
                })
            }
            "FLAKY" => {
                let (times, code) = rest.split_once(':')?;
                Some(Self::Flaky {
                    times: times.parse().ok()?,
                    code: code.parse().ok()?,
                })
            }
            _ => None,
        }
    }
}

impl Call {
    /// Reads `<name>{json}`; without a brace the arguments are `{}`.
    fn of(text: &str) -> Option<Self> {
        let text = text.trim_end();
        let split = text.find(['{', '[', '"']).unwrap_or(text.len());
        let (name, arguments) = text.split_at_checked(split)?;
        let arguments = if arguments.is_empty() {
            "{}"
        } else {
            arguments
        };
        Some(Self {
            name: name.trim().to_owned(),
            arguments: arguments.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &str) -> Call {
        Call {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        }
    }

    #[test]
    fn reads_every_word() {
        let cases = [
            ("hi", Script::Greet),
            ("SAY: a\nb", Script::Say("a\nb".to_owned())),
            ("[from the web]\nSAY:x", Script::Say("x".to_owned())),
            (
                "SAY:x\n\n[2026-11-21 15:04 UTC]",
                Script::Say("x".to_owned()),
            ),
            (
                "TOOL:read{\"path\":\"a\"}",
                Script::Tools(vec![call("read", "{\"path\":\"a\"}")]),
            ),
            (
                "TOOL:a\nTOOL:b{1",
                Script::Tools(vec![call("a", "{}"), call("b", "{1")]),
            ),
            ("LOOP:ls{}", Script::Loop(call("ls", "{}"))),
            ("USE:ls", Script::Use(call("ls", "{}"))),
            (
                "STATUS:429:7",
                Script::Status {
                    code: 429,
                    retry_after: Some(7),
                },
            ),
            (
                "STATUS:500",
                Script::Status {
                    code: 500,
                    retry_after: None,
                },
            ),
            (
                "FLAKY:2:503",
                Script::Flaky {
                    times: 2,
                    code: 503,
                },
            ),
            ("HANG", Script::Hang),
            ("HANGMID", Script::HangMid),
            ("CUT", Script::Cut(3)),
            ("CUTAFTER:5", Script::Cut(5)),
            ("BIG:7", Script::Big(7)),
            (
                "JSON:{}\n[]",
                Script::Json("{}".to_owned(), "[]".to_owned()),
            ),
            ("ERRMID:overloaded", Script::ErrMid("overloaded".to_owned())),
            ("SAY:x\n[2026-11-21 15:04 UTC]", Script::Say("x".to_owned())),
            ("SAY:[1]", Script::Say("[1]".to_owned())),
            ("BADJSON", Script::BadJson),
            ("SLOW:25", Script::Slow(Duration::from_millis(25))),
            ("ECHO_SYSTEM", Script::EchoSystem),
            ("ECHO_IMAGES", Script::EchoImages),
            ("EMPTY", Script::Empty),
            ("STATUS:many", Script::Greet),
        ];
        for (text, script) in cases {
            assert_eq!(Script::of(text), script, "{text}");
        }
    }

    #[test]
    fn reads_how_it_is_done() {
        let order = Order::of(&["[web]", "THINK:hm\nNOUSAGE\nONLY:fake-1,limited\nCUT"]);
        assert_eq!(
            order,
            Order {
                script: Script::Cut(3),
                thinks: Some("hm".to_owned()),
                reports: Reports::Never,
                only: vec!["fake-1".to_owned(), "limited".to_owned()],
                text: "THINK:hm\nNOUSAGE\nONLY:fake-1,limited\nCUT".to_owned(),
            }
        );
        assert_eq!(Order::of(&["hi", "you"]), Order::default());
    }
}
