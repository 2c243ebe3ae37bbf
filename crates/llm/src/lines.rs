//! Newline-delimited JSON: bytes in, lines out.

use crate::sse::{Frame, Stopped, TooLong};
use memchr::memchr;

/// Splits a byte stream into lines, however the bytes are cut. Holds at most one line. Empty lines
/// and carriage returns before a line end are left out.
#[derive(Debug)]
pub struct Lines {
    limit: usize,
    line: Vec<u8>,
}

impl Lines {
    /// A splitter that refuses lines longer than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
        }
    }

    /// Reads more bytes and gives every line that is complete to `each`.
    ///
    /// # Errors
    /// [`Stopped`] when a line is too long or `each` fails; the splitter is then of no more use.
    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            self.take(line)?;
            self.give(&mut each)?;
        }
        self.take(rest)
    }

    /// The stream ended: gives the last line, if it has no end mark.
    ///
    /// # Errors
    /// [`Stopped`] when `each` fails.
    pub fn finish<E>(
        &mut self,
        mut each: impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        self.give(&mut each)
    }

    fn take<E>(&mut self, piece: &[u8]) -> Result<(), Stopped<E>> {
        if self.line.len() + piece.len() > self.limit {
            return Err(Stopped::TooLong(TooLong { limit: self.limit }));
        }
        self.line.extend_from_slice(piece);
        Ok(())
    }

    fn give<E>(
        &mut self,
        each: &mut impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let data = self.line.trim_ascii();
        let given = if data.is_empty() {
            Ok(())
        } else {
            each(Frame {
                event: "",
                id: "",
                data,
            })
        };
        self.line.clear();
        given.map_err(Stopped::Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::new(16);
        let mut all = Vec::new();
        let mut keep = |frame: Frame<'_>| -> Result<(), ()> {
            all.push(String::from_utf8_lossy(frame.data).into_owned());
            Ok(())
        };
        for piece in pieces {
            lines.push(piece, &mut keep).unwrap();
        }
        lines.finish(&mut keep).unwrap();
        all
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let whole = b"{\"a\":1}\r\n\n{\"b\":2}\n{\"c\":3}";
        let expected = ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"];
        for at in 0..=whole.len() {
            let (one, two) = whole.split_at(at);
            assert_eq!(split(&[one, two]), expected);
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut lines = Lines::new(16);
        let refused = lines.push(&[b'x'; 17], |_| Ok::<(), ()>(()));
        assert!(matches!(refused, Err(Stopped::TooLong(_))));
    }
}
