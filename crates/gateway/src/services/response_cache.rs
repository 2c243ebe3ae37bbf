//! Answers given before, for requests that are the same to the byte.
//!
//! Off unless a request asks for it (`x-openclaw-cache: on`) or its caller is listed in
//! `gateway.http.responseCache.keys`. Holds answers in memory only, within a bound of bytes and
//! time. An answer that called a tool, failed or was cut is never kept.

use data_encoding::HEXLOWER;
use domain::{Message, Part, StopReason, UnixMillis, Usage};
use lru::LruCache;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes an entry takes beside its text.
const OVERHEAD: usize = 512;

/// `gateway.http.responseCache`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResponseCacheSettings {
    /// Callers whose requests are answered from it without asking each time: `owner`, or the name
    /// of a user of a trusted proxy.
    pub keys: Vec<String>,
    /// How long an answer is kept, in seconds. 3600 by default.
    #[schemars(range(min = 1, max = 604_800))]
    pub ttl_seconds: u64,
    /// How much memory answers may take, in MiB. 16 by default.
    #[schemars(range(min = 1, max = 4096))]
    pub max_mib: usize,
}

impl Default for ResponseCacheSettings {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            ttl_seconds: 3600,
            max_mib: 16,
        }
    }
}

/// Stands for a request: equal requests of one caller have equal fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request of `owner`: everything in `request` that could change the
    /// answer must be in it.
    ///
    /// # Errors
    /// When the request cannot be written as JSON.
    pub fn of(owner: &str, request: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut digest = Sha256::new();
        digest.update(owner.len().to_le_bytes());
        digest.update(owner);
        digest.update(serde_json::to_vec(request)?);
        Ok(Self(digest.finalize().into()))
    }

    /// A short name for logs.
    pub fn short(&self) -> String {
        let start = self.0.get(..6).unwrap_or_default();
        HEXLOWER.encode(start)
    }
}

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What was said.
    pub message: Message,
    /// What it used when it was made.
    pub usage: Usage,
    /// Why it ended.
    pub stop: StopReason,
}

struct Entry {
    kept: Arc<Kept>,
    until: UnixMillis,
    bytes: usize,
}

struct Shelf {
    entries: LruCache<Fingerprint, Entry>,
    bytes: usize,
    settings: ResponseCacheSettings,
}

/// The kept answers.
pub struct ResponseCache {
    shelf: Mutex<Shelf>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl ResponseCache {
    /// An empty cache.
    pub fn new(settings: ResponseCacheSettings) -> Self {
        Self {
            shelf: Mutex::new(Shelf {
                entries: LruCache::unbounded(),
                bytes: 0,
                settings,
            }),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Takes up changed settings; what is too much then is dropped.
    pub fn set(&self, settings: ResponseCacheSettings) {
        let mut shelf = self.shelf();
        shelf.settings = settings;
        shelf.shrink();
    }

    /// Whether the requests of this caller are answered from it without asking.
    pub fn is_on_for(&self, caller: &str) -> bool {
        self.shelf().settings.keys.iter().any(|key| key == caller)
    }

    /// The answer to an equal request, if one is kept and fresh.
    pub fn get(&self, fingerprint: &Fingerprint, now: UnixMillis) -> Option<Arc<Kept>> {
        let mut shelf = self.shelf();
        let found = match shelf.entries.get(fingerprint) {
            Some(entry) if entry.until > now => Some(Arc::clone(&entry.kept)),
            Some(_) => {
                shelf.remove(fingerprint);
                None
            }
            None => None,
        };
        let counter = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps an answer, unless it asks for tools, is empty, or was cut.
    pub fn put(&self, fingerprint: Fingerprint, kept: Kept, now: UnixMillis) {
        if kept.stop != StopReason::Stop || !is_plain(&kept.message) {
            return;
        }
        let bytes = OVERHEAD + kept.message.text().len();
        let mut shelf = self.shelf();
        let ttl_ms = i64::try_from(shelf.settings.ttl_seconds.saturating_mul(1000));
        shelf.remove(&fingerprint);
        shelf.bytes += bytes;
        let entry = Entry {
            kept: Arc::new(kept),
            until: UnixMillis(now.0.saturating_add(ttl_ms.unwrap_or(i64::MAX))),
            bytes,
        };
        shelf.entries.put(fingerprint, entry);
        shelf.shrink();
    }

    /// How often an answer was found, and how often not, since the start.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.hits.load(Ordering::Relaxed),
            self.misses.load(Ordering::Relaxed),
        )
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn remove(&mut self, fingerprint: &Fingerprint) {
        if let Some(entry) = self.entries.pop(fingerprint) {
            self.bytes = self.bytes.saturating_sub(entry.bytes);
        }
    }

    fn shrink(&mut self) {
        let most = self.settings.max_mib.saturating_mul(1 << 20);
        while self.bytes > most {
            let Some((_, oldest)) = self.entries.pop_lru() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
        }
    }
}

/// Whether a message has text and asks for no tool.
fn is_plain(message: &Message) -> bool {
    let mut has_text = false;
    for part in &message.parts {
        match part {
            Part::Text { text } => has_text |= !text.is_empty(),
            Part::Reasoning { .. } => {}
            Part::ToolCall(_) | Part::ToolResult(_) | Part::Image { .. } | Part::File { .. } => {
                return false;
            }
        }
    }
    has_text
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ToolCall, ToolCallId, ToolName};

    fn kept(text: &str) -> Kept {
        Kept {
            message: Message::assistant(text),
            usage: Usage::default(),
            stop: StopReason::Stop,
        }
    }

    fn name(text: &str) -> Fingerprint {
        Fingerprint::of("owner", &text).unwrap()
    }

    #[test]
    fn an_answer_is_found_until_it_is_old() {
        let cache = ResponseCache::new(ResponseCacheSettings {
            ttl_seconds: 10,
            ..ResponseCacheSettings::default()
        });
        cache.put(name("a"), kept("hello"), UnixMillis(0));
        let found = cache.get(&name("a"), UnixMillis(9_999)).unwrap();
        assert_eq!(found.message.text(), "hello");
        assert!(cache.get(&name("b"), UnixMillis(0)).is_none());
        assert!(cache.get(&name("a"), UnixMillis(10_000)).is_none());
        assert_eq!(cache.counts(), (1, 2));
    }

    #[test]
    fn two_callers_never_share_an_answer() {
        let one = Fingerprint::of("a", &"b").unwrap();
        let two = Fingerprint::of("ab", &"").unwrap();
        assert_ne!(one, two);
        assert_ne!(one, Fingerprint::of("b", &"b").unwrap());
    }

    #[test]
    fn tool_calls_and_cut_answers_are_not_kept() {
        let cache = ResponseCache::new(ResponseCacheSettings::default());
        let mut calls = kept("first");
        calls.message.parts.push(Part::ToolCall(ToolCall {
            id: ToolCallId::new("1"),
            name: ToolName::new("write"),
            arguments: "{}".to_owned(),
        }));
        let cut = Kept {
            stop: StopReason::Length,
            ..kept("cut")
        };
        for (index, refused) in [calls, cut, kept("")].into_iter().enumerate() {
            cache.put(name(&index.to_string()), refused, UnixMillis(0));
            assert!(
                cache
                    .get(&name(&index.to_string()), UnixMillis(0))
                    .is_none()
            );
        }
    }

    #[test]
    fn memory_is_bounded_and_the_least_used_goes_first() {
        let cache = ResponseCache::new(ResponseCacheSettings {
            max_mib: 1,
            ..ResponseCacheSettings::default()
        });
        let big = "x".repeat(400 << 10);
        for entry in ["a", "b"] {
            cache.put(name(entry), kept(&big), UnixMillis(0));
        }
        assert!(cache.get(&name("a"), UnixMillis(0)).is_some());
        cache.put(name("c"), kept(&big), UnixMillis(0));
        assert!(cache.get(&name("b"), UnixMillis(0)).is_none());
        assert!(cache.get(&name("a"), UnixMillis(0)).is_some());
        assert!(cache.get(&name("c"), UnixMillis(0)).is_some());
    }
}
