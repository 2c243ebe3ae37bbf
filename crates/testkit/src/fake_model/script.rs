//! The words of a user text that tell the fake model what to do.
//!
//! The first line that begins with one of them counts, so that a gateway may put an envelope
//! before the text. `SAY:` takes the rest of the text, line ends included.
//!
//! | text | what happens |
//! |---|---|
//! | anything else | "Hello from the fake model." in six deltas |
//! | `SAY:<text>` | this text, a delta per word |
//! | `TOOL:<name>{json}` | a tool call; more lines make more calls; after the results: their text |
//! | `LOOP:<name>{json}` | the same tool call every time, whatever comes back |
//! | `STATUS:<code>` or `STATUS:<code>:<s>` | this error status, with `Retry-After` when given |
//! | `FLAKY:<n>:<code>` | this error status for the first `n` calls with this text, then the greeting |
//! | `HANG` | no answer, ever |
//! | `HANGMID` | three deltas, then silence |
//! | `CUT` | three deltas, then the connection breaks |
//! | `BADJSON` | two deltas, then a chunk that is not JSON |
//! | `SLOW:<ms>` | the greeting, with this pause before each delta |
//! | `ECHO_SYSTEM` | the system text it was given |
//! | `ECHO_IMAGES` | how many images it was given, and their media types |
//! | `EMPTY` | an answer without any text |

use std::time::Duration;

/// What the last user text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// Say the greeting.
    Greet,
    /// Say this text.
    Say(String),
    /// Call these tools once.
    Tools(Vec<Call>),
    /// Call this tool every time.
    Loop(Call),
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
    /// Answer half, then break the connection.
    Cut,
    /// Answer half, then send a broken chunk.
    BadJson,
    /// Say the greeting with a pause before each delta.
    Slow(Duration),
    /// Say the system text.
    EchoSystem,
    /// Say how many images came.
    EchoImages,
    /// Say nothing.
    Empty,
}

/// A tool call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The tool's name.
    pub name: String,
    /// The arguments, as the text given; need not be JSON.
    pub arguments: String,
}

impl Script {
    /// Reads the user text.
    pub fn of(text: &str) -> Self {
        let mut rest = text;
        loop {
            if let Some(script) = Self::at(rest) {
                return script;
            }
            let Some((_, next)) = rest.split_once('\n') else {
                return Self::Greet;
            };
            rest = next;
        }
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
        let line = text.lines().next().unwrap_or_default().trim_end();
        if let Some(call) = line.strip_prefix("LOOP:") {
            return Call::of(call).map(Self::Loop);
        }
        if let Some(rest) = line.strip_prefix("STATUS:") {
            let (code, wait) = rest.split_once(':').unwrap_or((rest, ""));
            return Some(Self::Status {
                code: code.parse().ok()?,
                retry_after: wait.parse().ok(),
            });
        }
        if let Some(rest) = line.strip_prefix("FLAKY:") {
            let (times, code) = rest.split_once(':')?;
            return Some(Self::Flaky {
                times: times.parse().ok()?,
                code: code.parse().ok()?,
            });
        }
        if let Some(pause) = line.strip_prefix("SLOW:") {
            return Some(Self::Slow(Duration::from_millis(pause.parse().ok()?)));
        }
        match line {
            "HANG" => Some(Self::Hang),
            "HANGMID" => Some(Self::HangMid),
            "CUT" => Some(Self::Cut),
            "BADJSON" => Some(Self::BadJson),
            "ECHO_SYSTEM" => Some(Self::EchoSystem),
            "ECHO_IMAGES" => Some(Self::EchoImages),
            "EMPTY" => Some(Self::Empty),
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
                "TOOL:read{\"path\":\"a\"}",
                Script::Tools(vec![call("read", "{\"path\":\"a\"}")]),
            ),
            (
                "TOOL:a\nTOOL:b{1",
                Script::Tools(vec![call("a", "{}"), call("b", "{1")]),
            ),
            ("LOOP:ls{}", Script::Loop(call("ls", "{}"))),
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
            ("CUT", Script::Cut),
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
}
