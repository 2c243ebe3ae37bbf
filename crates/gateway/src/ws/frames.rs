//! The framing of RFC 6455, as a server reads and writes it. Pure: bytes in, messages out.
//!
//! A reader keeps no byte it does not need: between two messages it is empty.

use super::outbox::Close;
use std::collections::VecDeque;
use std::io::Cursor;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Most frames one message may come in. Source: security specification, section 8.
const MAX_FRAGMENTS: u32 = 256;

/// Longest head of a frame, in bytes. Source: RFC 6455, section 5.2.
const MAX_HEAD: usize = 14;

/// Longest payload of a ping, pong or close. Source: RFC 6455, section 5.5.
const MAX_CONTROL: u64 = 125;

/// Longest close reason, in bytes. Source: WebSocket protocol, section 14.
const MAX_REASON: usize = 120;

/// Something whole that arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// A message, text or binary; text is UTF-8.
    Message(Vec<u8>),
    /// To be answered with the same bytes.
    Ping(Vec<u8>),
    /// A sign of life.
    Pong,
    /// The other end says good-bye.
    Close,
}

/// Why the bytes are no longer read, and what the other end is told: a code and a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) u16, pub(super) &'static str);

/// Puts messages together from bytes that come in any pieces.
#[derive(Debug)]
pub(super) struct Reader {
    limit: usize,
    /// The beginning of a head.
    head: Vec<u8>,
    frame: Option<Open>,
    message: Vec<u8>,
    kind: Option<Kind>,
    fragments: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// A frame whose payload is arriving.
#[derive(Debug)]
struct Open {
    left: u64,
    mask: [u8; 4],
    /// Bytes of the payload seen so far, modulo the length of the mask.
    turn: usize,
    is_final: bool,
    control: Option<(Control, Vec<u8>)>,
}

impl Reader {
    /// Takes messages of up to `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            head: Vec::new(),
            frame: None,
            message: Vec::new(),
            kind: None,
            fragments: 0,
        }
    }

    /// Takes messages of up to `limit` bytes from here on.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Reads on, and appends what became whole.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        out: &mut VecDeque<Arrived>,
    ) -> Result<(), Broken> {
        loop {
            if let Some(open) = &mut self.frame {
                let here = bytes
                    .len()
                    .min(usize::try_from(open.left).unwrap_or(usize::MAX));
                let (payload, rest) = bytes.split_at_checked(here).unwrap_or((bytes, &[]));
                let target = match &mut open.control {
                    Some((_, target)) => target,
                    None => &mut self.message,
                };
                unmask(payload, open.mask, open.turn, target);
                open.turn = (open.turn + here) % 4;
                open.left -= u64::try_from(here).unwrap_or(open.left);
                bytes = rest;
                if open.left > 0 {
                    return Ok(());
                }
                out.extend(self.end_frame()?);
            } else if bytes.is_empty() {
                return Ok(());
            } else {
                bytes = self.begin_frame(bytes)?;
            }
        }
    }

    /// Reads a head as far as it is there; returns what is behind it.
    fn begin_frame<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Broken> {
        let seen = self.head.len();
        let part = bytes.get(..bytes.len().min(MAX_HEAD)).unwrap_or(bytes);
        self.head.extend_from_slice(part);
        let mut cursor = Cursor::new(&self.head);
        let parsed =
            FrameHeader::parse(&mut cursor).map_err(|_| Broken(1002, "malformed frame"))?;
        let Some((header, length)) = parsed else {
            return Ok(bytes.get(part.len()..).unwrap_or_default());
        };
        let used = usize::try_from(cursor.position()).unwrap_or(seen) - seen;
        self.head = Vec::new();
        self.frame = Some(self.opened(&header, length)?);
        Ok(bytes.get(used..).unwrap_or_default())
    }

    /// Judges a head.
    fn opened(&mut self, header: &FrameHeader, length: u64) -> Result<Open, Broken> {
        let Some(mask) = header.mask else {
            return Err(Broken(1002, "a frame of a client must be masked"));
        };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Broken(1002, "no extension was negotiated"));
        }
        let control = match header.opcode {
            OpCode::Control(control) => {
                if !header.is_final || length > MAX_CONTROL {
                    return Err(Broken(1002, "malformed control frame"));
                }
                if matches!(control, Control::Reserved(_)) {
                    return Err(Broken(1002, "unknown frame"));
                }
                Some((control, Vec::new()))
            }
            OpCode::Data(data) => {
                self.opened_data(data, length)?;
                None
            }
        };
        Ok(Open {
            left: length,
            mask,
            turn: 0,
            is_final: header.is_final,
            control,
        })
    }

    fn opened_data(&mut self, data: Data, length: u64) -> Result<(), Broken> {
        let kind = match data {
            Data::Text => Some(Kind::Text),
            Data::Binary => Some(Kind::Binary),
            Data::Continue => None,
            Data::Reserved(_) => return Err(Broken(1002, "unknown frame")),
        };
        if kind.is_some() == self.kind.is_some() {
            return Err(Broken(1002, "fragments out of order"));
        }
        self.kind = kind.or(self.kind);
        self.fragments += 1;
        if self.fragments > MAX_FRAGMENTS {
            return Err(Broken(1008, "too many fragments"));
        }
        let room = self.limit.saturating_sub(self.message.len());
        if usize::try_from(length).map_or(true, |length| length > room) {
            return Err(Broken(1009, ""));
        }
        Ok(())
    }

    /// What a frame completes, if it does.
    fn end_frame(&mut self) -> Result<Option<Arrived>, Broken> {
        let Some(frame) = self.frame.take() else {
            return Ok(None);
        };
        if let Some((control, payload)) = frame.control {
            return Ok(match control {
                Control::Ping => Some(Arrived::Ping(payload)),
                Control::Pong | Control::Reserved(_) => Some(Arrived::Pong),
                Control::Close => Some(Arrived::Close),
            });
        }
        if !frame.is_final {
            return Ok(None);
        }
        self.fragments = 0;
        let message = std::mem::take(&mut self.message);
        if self.kind.take() == Some(Kind::Text) && std::str::from_utf8(&message).is_err() {
            return Err(Broken(1007, "a text must be UTF-8"));
        }
        Ok(Some(Arrived::Message(message)))
    }
}

/// Appends the plain bytes of a part of a payload that begins at `turn` in the mask.
fn unmask(payload: &[u8], mask: [u8; 4], turn: usize, target: &mut Vec<u8>) {
    let mut turned = mask;
    turned.rotate_left(turn % 4);
    let start = target.len();
    target.extend_from_slice(payload);
    let fresh = target.get_mut(start..).unwrap_or_default();
    for four in fresh.chunks_mut(4) {
        for (byte, key) in four.iter_mut().zip(turned) {
            *byte ^= key;
        }
    }
}

/// Appends a whole text message.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    write(OpCode::Data(Data::Text), text.as_bytes(), out);
}

/// Appends a ping.
pub(super) fn write_ping(out: &mut Vec<u8>) {
    write(OpCode::Control(Control::Ping), &[], out);
}

/// Appends the answer to a ping.
pub(super) fn write_pong(payload: &[u8], out: &mut Vec<u8>) {
    write(OpCode::Control(Control::Pong), payload, out);
}

/// Appends a good-bye.
pub(super) fn write_close(close: &Close, out: &mut Vec<u8>) {
    let reason = cut(&close.reason);
    let mut payload = close.code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    write(OpCode::Control(Control::Close), &payload, out);
}

fn write(opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
    let header = FrameHeader {
        opcode,
        ..FrameHeader::default()
    };
    let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
    out.reserve(header.len(length) + payload.len());
    // Writing into a vector does not fail.
    drop(header.format(length, out));
    out.extend_from_slice(payload);
}

/// As much of a reason as fits, whole characters only.
fn cut(reason: &str) -> &str {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
