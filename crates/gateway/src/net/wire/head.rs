//! The strict reading of a request head.
//!
//! Source: RFC 9112, sections 2.2, 3, 5 and 6; security specification, "HTTP parser rules".

use super::exchange::Fault;

/// How large a head may be. Bytes, but for `count`.
#[derive(Debug, Clone, Copy)]
pub(in crate::net) struct HeadLimits {
    /// The request line.
    pub(in crate::net) line: usize,
    /// One header.
    pub(in crate::net) header: usize,
    /// All headers.
    pub(in crate::net) headers: usize,
    /// Their number.
    pub(in crate::net) count: usize,
}

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// This many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// Where the head ends that begins at the start of `bytes`, if it does.
///
/// `from` is how many bytes an earlier call already saw. Bare line feeds end a head here too, so
/// that it is refused at once instead of waited for.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(2);
    while let Some(found) = bytes.get(at..)?.iter().position(|byte| *byte == b'\n') {
        let next = at + found + 1;
        match bytes.get(next..) {
            Some([b'\n', ..]) => return Some(next + 1),
            Some([b'\r', b'\n', ..]) => return Some(next + 2),
            Some(_) | None => at = next,
        }
    }
    None
}

/// Whether a head that has not ended yet is already too large.
///
/// A request line over its own limit alone is [`Fault::TargetTooLong`]; one that would not even
/// fit into all the room for headers is [`Fault::HeadersTooLarge`], as the whole head is.
pub(super) fn overflow(bytes: &[u8], limits: &HeadLimits) -> Option<Fault> {
    let line = bytes.iter().position(|byte| *byte == b'\n');
    match line {
        Some(end) if end > limits.line && end <= limits.headers => Some(Fault::TargetTooLong),
        Some(end) if bytes.len() - end > limits.headers + 4 => Some(Fault::HeadersTooLarge),
        None if bytes.len() > limits.headers.max(limits.line) => Some(Fault::HeadersTooLarge),
        Some(_) | None => None,
    }
}

/// Checks a whole head, its last line included, and says what follows it.
pub(super) fn check(head: &[u8], limits: &HeadLimits) -> Result<Framing, Fault> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    let line = text_of(lines.next().unwrap_or_default())?;
    if line.len() > limits.line {
        let whole = line.len() > limits.headers;
        return Err(if whole {
            Fault::HeadersTooLarge
        } else {
            Fault::TargetTooLong
        });
    }
    if head.len() - line.len() > limits.headers + 4 {
        return Err(Fault::HeadersTooLarge);
    }
    let is_http_11 = request_line(line)?;
    let (mut count, mut length, mut chunked) = (0, None, false);
    for line in lines {
        let line = text_of(line)?;
        if line.is_empty() {
            break;
        }
        count += 1;
        if count > limits.count || line.len() > limits.header {
            return Err(Fault::HeadersTooLarge);
        }
        let (name, value) = header(line)?;
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = length_of(value)?;
            if length.replace(digits).is_some() {
                return Err(Fault::Malformed);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let known = value.eq_ignore_ascii_case(b"chunked");
            if chunked || !known || !is_http_11 {
                return Err(Fault::Malformed);
            }
            chunked = true;
        }
    }
    match (length, chunked) {
        (Some(_), true) => Err(Fault::Malformed),
        (None, true) => Ok(Framing::Chunked),
        (length, false) => Ok(Framing::Length(length.unwrap_or(0))),
    }
}

/// A line without its ending, which must be CR LF.
fn text_of(line: &[u8]) -> Result<&[u8], Fault> {
    line.strip_suffix(b"\r\n").ok_or(Fault::Malformed)
}

/// Checks `method SP target SP version`; returns whether it is HTTP/1.1 rather than 1.0.
fn request_line(line: &[u8]) -> Result<bool, Fault> {
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Fault::Malformed);
    };
    let well_formed = !method.is_empty()
        && !target.is_empty()
        && method.iter().all(|byte| class(*byte) & TOKEN != 0)
        && target.iter().all(|byte| class(*byte) & TARGET != 0)
        && (target.starts_with(b"/") || is_rare_target(target));
    match version {
        b"HTTP/1.1" if well_formed => Ok(true),
        b"HTTP/1.0" if well_formed => Ok(false),
        _ => Err(Fault::Malformed),
    }
}

/// Whether it is `*`, or a target with an authority, that the library can read.
fn is_rare_target(target: &[u8]) -> bool {
    target == b"*" || http::Uri::try_from(target).is_ok_and(|uri| uri.authority().is_some())
}

/// Splits a header into its name and its value without surrounding blanks.
fn header(line: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let colon = line
        .iter()
        .position(|byte| class(*byte) & TOKEN == 0)
        .ok_or(Fault::Malformed)?;
    let (name, rest) = line.split_at_checked(colon).ok_or(Fault::Malformed)?;
    let value = rest.strip_prefix(b":").ok_or(Fault::Malformed)?;
    let well_formed = !name.is_empty() && value.iter().all(|byte| class(*byte) & VALUE != 0);
    if well_formed {
        Ok((name, value.trim_ascii()))
    } else {
        Err(Fault::Malformed)
    }
}

/// Reads a `Content-Length`: digits only, few enough that nothing overflows.
fn length_of(value: &[u8]) -> Result<u64, Fault> {
    if value.is_empty() || value.len() > 18 {
        return Err(Fault::Malformed);
    }
    value.iter().try_fold(0u64, |sum, byte| match byte {
        b'0'..=b'9' => Ok(sum * 10 + u64::from(byte - b'0')),
        _ => Err(Fault::Malformed),
    })
}

const TOKEN: u8 = 1;
const TARGET: u8 = 2;
const VALUE: u8 = 4;

fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// What each byte may be part of. A table, because every byte of every request is looked up.
static CLASSES: [u8; 256] = classes();

#[expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "evaluated at compile time, where neither iterators nor conversions exist"
)]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let letter = byte.is_ascii_alphanumeric();
        if letter
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
        {
            table[at] |= TOKEN;
        }
        if letter
            || matches!(
                byte,
                b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'[' | b']' | b'@'
            )
            || matches!(byte, b'!' | b'$'..=b',' | b';' | b'=')
        {
            table[at] |= TARGET;
        }
        if byte == b'\t' || (byte >= b' ' && byte != 0x7f) {
            table[at] |= VALUE;
        }
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests;
