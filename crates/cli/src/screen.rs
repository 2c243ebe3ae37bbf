//! The terminal: the only place that writes to it.
//!
//! Results go to stdout, everything else to stderr. A reader that has gone away is not an error.

use crate::failure::Failure;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Writes one line of the result. What would steer the terminal is left out: names, log lines and
/// answers come from elsewhere.
///
/// # Errors
/// When stdout cannot be written; quiet when its reader has gone.
pub(crate) fn say(line: impl Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", harmless(&line.to_string()))?;
    Ok(out.flush()?)
}

/// Writes a piece of a line, for an answer that grows.
///
/// # Errors
/// As [`say`].
pub(crate) fn piece(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    write!(out, "{}", harmless(text))?;
    Ok(out.flush()?)
}

/// The text without control characters, but for line breaks and tabs.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(steers) {
        Cow::Owned(text.replace(steers, ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// Writes the result as one line of JSON.
///
/// # Errors
/// As [`say`].
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    say(serde_json::to_string(value).map_err(std::io::Error::from)?)
}

/// Writes the result as indented JSON.
///
/// # Errors
/// As [`say`].
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    say(text)
}

/// Writes bytes of the result as they are.
///
/// # Errors
/// As [`say`].
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Writes one line that is not part of the result. If stderr is closed, nobody wanted it.
pub(crate) fn note(line: impl Display) {
    drop(writeln!(
        std::io::stderr().lock(),
        "{}",
        harmless(&line.to_string())
    ));
}

/// Writes a failure: what, every finding, what to do.
pub(crate) fn complain(failure: &Failure) {
    note(format_args!("error: {}", failure.message()));
    for problem in failure.problems() {
        note(format_args!("Problem: {problem}"));
    }
    if let Some(fix) = failure.next() {
        note(format_args!("fix: {fix}"));
    }
}

/// Whether a person sits at both ends.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether a person sits before a screen that can be drawn on.
pub(crate) fn is_drawable() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Whether stderr is a terminal, e.g. for log colours.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_steers_the_terminal() {
        let shown = harmless("a\u{1b}[2Jb\rc\u{9b}d\u{7f}\te\nf");
        assert_eq!(shown, "a[2Jbcd\te\nf");
    }
}
