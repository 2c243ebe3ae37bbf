//! Server-sent events: bytes in, frames out.
//!
//! Source: HTML Living Standard, section 9.2 "Server-sent events", parsing. Two differences: the
//! retry field is ignored, and [`Parser::finish`] gives the last frame even when the stream ended
//! without the empty line, because many servers forget it.

use memchr::{memchr, memchr2};

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The event's name; empty when it has none, which means `message`.
    pub event: &'a str,
    /// The last id seen on the stream; empty when there was none.
    pub id: &'a str,
    /// The data lines, joined by line feeds. Not checked to be UTF-8.
    pub data: &'a [u8],
}

/// A frame grew beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit in bytes.
    pub limit: usize,
}

/// What ended parsing: a frame that is too long, or the reader's own error.
#[derive(Debug)]
pub enum Stopped<E> {
    /// The stream broke the limit.
    TooLong(TooLong),
    /// The reader of frames refused one.
    Reader(E),
}

/// Splits a byte stream into frames, however the bytes are cut. Holds at most one frame.
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    /// The beginning of a line whose end has not arrived.
    line: Vec<u8>,
    /// Data lines of the frame so far.
    data: Vec<u8>,
    has_data: bool,
    event: String,
    id: String,
    /// The last byte was a carriage return: a line feed now belongs to it.
    after_cr: bool,
    /// Nothing was read yet: a byte order mark may come.
    at_start: bool,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Parser {
    /// A parser that refuses frames longer than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            event: String::new(),
            id: String::new(),
            after_cr: false,
            at_start: true,
        }
    }

    /// Reads more bytes and gives every frame that is complete to `each`.
    ///
    /// # Errors
    /// [`Stopped`] when a frame is too long or `each` fails; the parser is then of no more use.
    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let mut rest = bytes;
        // The first data line of a frame stays where it is: most frames have one line and arrive
        // whole, and are then never copied.
        let mut held: Option<&[u8]> = None;
        while !rest.is_empty() {
            if self.after_cr {
                self.after_cr = false;
                if let Some(after) = rest.strip_prefix(b"\n") {
                    rest = after;
                    continue;
                }
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.line.extend_from_slice(rest);
                break;
            };
            let (line, tail) = rest.split_at(end);
            self.after_cr = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                self.line(line, &mut held, &mut each)?;
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                let mut none = None;
                self.spill(&mut held);
                self.line(&whole, &mut none, &mut each)?;
                self.spill(&mut none);
                whole.clear();
                self.line = whole;
            }
            self.check(held)?;
        }
        self.spill(&mut held);
        self.check(None)
    }

    /// The stream ended: gives the last frame, if it had data but no empty line after it.
    ///
    /// # Errors
    /// [`Stopped`] as in [`Self::push`].
    pub fn finish<E>(
        &mut self,
        each: impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        self.after_cr = false;
        self.push(b"\n\n", each)
    }

    fn line<'c, E>(
        &mut self,
        line: &'c [u8],
        held: &mut Option<&'c [u8]>,
        each: &mut impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let mut line = line;
        if std::mem::take(&mut self.at_start) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(held.take(), each);
        }
        let (name, value) = match memchr(b':', line) {
            None => (line, &b""[..]),
            Some(colon) => {
                let (name, value) = line.split_at(colon);
                let value = value.get(1..).unwrap_or_default();
                (name, value.strip_prefix(b" ").unwrap_or(value))
            }
        };
        match name {
            b"data" if !self.has_data && held.is_none() => *held = Some(value),
            b"data" => {
                self.spill(held);
                self.data.push(b'\n');
                self.data.extend_from_slice(value);
            }
            b"event" => self.event = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
        Ok(())
    }

    /// Moves a held line into the buffer, because what it points to is about to go away.
    fn spill(&mut self, held: &mut Option<&[u8]>) {
        if let Some(line) = held.take() {
            self.data.extend_from_slice(line);
            self.has_data = true;
        }
    }

    fn dispatch<E>(
        &mut self,
        held: Option<&[u8]>,
        each: &mut impl FnMut(Frame<'_>) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        let data = held.or_else(|| self.has_data.then_some(self.data.as_slice()));
        let result = match data {
            None => Ok(()),
            Some(data) => each(Frame {
                event: &self.event,
                id: &self.id,
                data,
            }),
        };
        self.data.clear();
        self.has_data = false;
        self.event.clear();
        result.map_err(Stopped::Reader)
    }

    fn check<E>(&self, held: Option<&[u8]>) -> Result<(), Stopped<E>> {
        let size = self.line.len() + self.data.len() + held.map_or(0, <[u8]>::len);
        let size = size.max(self.event.len()).max(self.id.len());
        if size > self.limit {
            return Err(Stopped::TooLong(TooLong { limit: self.limit }));
        }
        Ok(())
    }
}
