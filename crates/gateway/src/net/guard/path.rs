//! Paths that mean one thing to everybody who reads them.

use super::super::refusal::Refusal;
use http::{Method, Uri};

/// Routes whose last part is an opaque name that clients write percent-encoded, slashes included.
/// Routing happens on the encoded text, so the slash cannot lead anywhere else.
/// Source: HTTP API, section 4 ("id may be URL-encoded") and 9.
const ENCODED_NAMES: [&str; 2] = ["/v1/models/", "/sessions/"];

/// Refuses what two readers could take for two paths: encoded slashes, backslashes, dot segments,
/// double encoding, NUL, empty segments.
pub(super) fn check(uri: &Uri, method: &Method) -> Result<(), Refusal> {
    let path = uri.path();
    if !path.starts_with('/') || method == Method::CONNECT {
        return Err(Refusal::BadPath);
    }
    let ambiguous = path.contains("//") || path.contains('\\');
    // Most paths are plain; one look for the three suspicious bytes settles them.
    if !ambiguous && !path.bytes().any(|byte| byte == b'%' || byte == b'.') {
        return Ok(());
    }
    if ambiguous || !escapes_are_plain(path) || has_dot_segment(path) {
        return Err(Refusal::BadPath);
    }
    Ok(())
}

/// Whether every escape is well-formed and stands for something harmless.
fn escapes_are_plain(path: &str) -> bool {
    let may_hide_slash = ENCODED_NAMES.iter().any(|route| path.starts_with(route));
    let mut parts = path.split('%');
    parts.next();
    parts.all(|part| match decoded(part) {
        None | Some(0 | b'\\' | b'%') => false,
        Some(b'/') => may_hide_slash,
        Some(byte) => !byte.is_ascii_control(),
    })
}

/// Whether a segment is `.` or `..`, in any spelling; an encoded slash parts segments too.
fn has_dot_segment(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut segment: Option<u8> = Some(0);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%')
            .then(|| path.get(at + 1..).and_then(decoded))
            .flatten();
        match escape.unwrap_or(*byte) {
            b'/' => {
                if matches!(segment, Some(1 | 2)) {
                    return true;
                }
                segment = Some(0);
            }
            b'.' => segment = segment.map(|dots| dots.saturating_add(1)),
            _ => segment = None,
        }
        at += if escape.is_some() { 3 } else { 1 };
    }
    matches!(segment, Some(1 | 2))
}

/// The byte the first two characters stand for as hexadecimal digits.
fn decoded(text: &str) -> Option<u8> {
    let digits = text
        .get(..2)
        .filter(|d| d.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(path: &str) -> Result<(), Refusal> {
        check(&path.parse().unwrap(), &Method::GET)
    }

    #[test]
    fn plain_paths_pass() {
        for path in [
            "/",
            "/v1/chat/completions",
            "/v1/models/openclaw%2Fmain",
            "/sessions/agent%3Amain%3Ax/history",
            "/assets/index-4f.min.js",
            "/a/...",
            "/a/.well-known",
            "/a%20b?x=%2f..//",
        ] {
            assert_eq!(judge(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for path in [
            "//v1/models",
            "/v1//models",
            "/v1/models%00",
            "/v1/./models",
            "/v1/../models",
            "/v1/..",
            "/v1/%2e%2e/models",
            "/v1/.%2E",
            "/api/channels/..%2f..%2fhealth",
            "/health/..%2ftools%2finvoke",
            "/v1%2fmodels",
            "/v1%5cmodels",
            "/v1/%252e%252e/models",
            "/v1/models/a%2f%2e%2e%2fb",
            "/v1/models/..%2f..%2fhealth",
            "/v1/%zz",
            "/v1/%2",
            "/v1/%",
            "/a%0d%0ab",
        ] {
            assert_eq!(judge(path), Err(Refusal::BadPath), "{path}");
        }
    }
}
