//! A provider's words, made fit to be shown.

use super::Peer;
use secrecy::ExposeSecret;

/// Longest text taken from a provider, in characters.
const LONGEST: usize = 300;
/// Most bytes of a provider's text that are looked at.
const LOOKED_AT: usize = 16 * 1024;

/// One line without control characters or secrets, at most 300 characters.
pub(super) fn clean(peer: &Peer, text: &[u8]) -> String {
    let text = text.get(..LOOKED_AT).unwrap_or(text);
    let mut text = String::from_utf8_lossy(text).into_owned();
    for secret in peer.secrets.iter() {
        text = text.replace(secret.expose_secret(), "***");
    }
    let mut line = String::new();
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(LONGEST) {
        None => line,
        Some(_) => line.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ModelId, ProviderId};
    use secrecy::SecretString;

    #[test]
    fn words_are_short_clean_and_hold_no_secret() {
        let peer = Peer {
            provider: ProviderId::new("p"),
            model: ModelId::new("m"),
            secrets: vec![SecretString::from("sk-canary-123")].into(),
        };
        let text = b"bad key\r\n sk-canary-123\x1b[31m\0 end";
        assert_eq!(clean(&peer, text), "bad key *** [31m end");
        let long = clean(&peer, "é".repeat(20_000).as_bytes());
        assert_eq!((long.chars().count(), long.ends_with('…')), (300, true));
        // A key that lies across the cut is removed before the cut.
        let across = format!("{}sk-canary-123", "x".repeat(295));
        assert!(!clean(&peer, across.as_bytes()).contains("sk-"));
    }
}
