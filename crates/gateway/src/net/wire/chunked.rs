//! The strict reading of a chunked body, to know where it ends.
//!
//! Source: RFC 9112, section 7.1; security specification, "HTTP parser rules".

use super::exchange::Fault;

/// Most bytes of chunk extensions in one body.
const MAX_EXTENSIONS: u32 = 256;
/// Most bytes of trailers in one body.
const MAX_TRAILERS: u32 = 4096;

/// Follows the framing of one chunked body over any split of its bytes.
#[derive(Debug)]
pub(super) struct Chunked {
    at: At,
    size: u64,
    digits: u8,
    extensions: u32,
    trailers: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Size,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    LastLf,
    Done,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            at: At::Size,
            size: 0,
            digits: 0,
            extensions: 0,
            trailers: 0,
        }
    }

    /// Whether the last byte of the body was seen.
    pub(super) fn is_done(&self) -> bool {
        self.at == At::Done
    }

    /// Goes through bytes and returns how many of them belong to this body.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let mut seen = 0;
        while let Some(byte) = bytes.get(seen) {
            if self.at == At::Done {
                break;
            }
            if self.at == At::Data {
                let left = usize::try_from(self.size).unwrap_or(usize::MAX);
                let part = left.min(bytes.len() - seen);
                self.size -= u64::try_from(part).unwrap_or(self.size);
                seen += part;
                if self.size == 0 {
                    self.at = At::DataCr;
                }
            } else {
                self.at = self.step(*byte)?;
                seen += 1;
            }
        }
        Ok(seen)
    }

    fn step(&mut self, byte: u8) -> Result<At, Fault> {
        Ok(match (self.at, byte) {
            (At::Size, b'\r') if self.digits > 0 => At::SizeEnd,
            (At::Size, b';') if self.digits > 0 => self.extension()?,
            (At::Size, digit) => {
                let value = char::from(digit).to_digit(16).ok_or(Fault::Malformed)?;
                // 15 digits cannot overflow 64 bits.
                if self.digits >= 15 {
                    return Err(Fault::Malformed);
                }
                self.digits += 1;
                self.size = self.size << 4 | u64::from(value);
                At::Size
            }
            (At::Extension, b'\r') => At::SizeEnd,
            (At::Extension, b'\t' | b' '..=b'~') => self.extension()?,
            (At::SizeEnd, b'\n') if self.size == 0 => At::TrailerStart,
            (At::SizeEnd, b'\n') => {
                self.digits = 0;
                At::Data
            }
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Size,
            (At::TrailerStart, b'\r') => At::LastLf,
            (At::TrailerStart, b' ' | b'\t') => return Err(Fault::Malformed),
            (At::Trailer, b'\r') => At::TrailerLf,
            (At::TrailerStart | At::Trailer, b'\t' | b' '..=b'~' | 0x80..) => {
                self.trailers += 1;
                if self.trailers > MAX_TRAILERS {
                    return Err(Fault::Malformed);
                }
                At::Trailer
            }
            (At::TrailerLf, b'\n') => At::TrailerStart,
            (At::LastLf, b'\n') => At::Done,
            _ => return Err(Fault::Malformed),
        })
    }

    fn extension(&mut self) -> Result<At, Fault> {
        self.extensions += 1;
        if self.extensions > MAX_EXTENSIONS {
            Err(Fault::Malformed)
        } else {
            Ok(At::Extension)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_end_where_they_end_however_they_are_split() {
        let body = b"4;x=y\r\nwiki\r\nA\r\n0123456789\r\n0\r\nexpires: never\r\n\r\nGET /";
        let whole = body.len() - 5;
        for split in 0..whole {
            let mut chunked = Chunked::new();
            let first = chunked.follow(&body[..split]).unwrap();
            assert_eq!(first, split);
            let second = chunked.follow(&body[split..]).unwrap();
            assert_eq!(
                (split + second, chunked.is_done()),
                (whole, true),
                "split at {split}"
            );
        }
    }

    #[test]
    fn ambiguous_chunks_are_malformed() {
        let long = format!("1;{}\r\n", "e".repeat(300));
        for body in [
            "\r\n",
            "g\r\n",
            "+1\r\n",
            "0x1\r\n",
            " 1\r\n",
            "1 \r\n",
            "1\n",
            "1\r\naa",
            "1\r\na\n",
            "1;a\nb\r\n",
            "fffffffffffffffff\r\n",
            "0\r\n x: y\r\n",
            "0\r\nx: y\n",
            "0\r\n\ra",
            &long,
        ] {
            let refused = Chunked::new().follow(body.as_bytes());
            assert_eq!(refused, Err(Fault::Malformed), "{body:?}");
        }
    }
}
