//! Output limits.

/// Most bytes of output a model is shown of one call.
pub(crate) const MAX_OUTPUT_BYTES: usize = 64 * 1024;

/// Room kept for the marker that says what was left out.
const MARKER_BYTES: usize = 64;

/// Cuts `text` in the middle so that at most `limit` bytes remain, marker included.
pub(crate) fn middle(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let half = limit.saturating_sub(MARKER_BYTES) / 2;
    let head = text
        .get(..text.floor_char_boundary(half))
        .unwrap_or_default();
    let tail = text
        .get(text.ceil_char_boundary(text.len() - half)..)
        .unwrap_or_default();
    let gone = text.len() - head.len() - tail.len();
    format!("{head}\n[… {gone} bytes left out …]\n{tail}")
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn keeps_head_and_tail_within_the_limit() {
        assert_eq!(middle("short".to_owned(), 100), "short");
        let text = format!("start{}end", "é".repeat(1000));
        let cut = middle(text.clone(), 200);
        assert!(cut.len() <= 200, "{} bytes", cut.len());
        assert!(cut.starts_with("start") && cut.ends_with("end"));
        let gone: usize = cut
            .split(' ')
            .find_map(|word| word.parse().ok())
            .expect("the marker names a number of bytes");
        let (head, rest) = cut.split_once('\n').unwrap();
        let (_, tail) = rest.split_once('\n').unwrap();
        assert_eq!(head.len() + tail.len() + gone, text.len());
    }
}
