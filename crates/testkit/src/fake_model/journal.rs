//! What was asked, for tests to look at afterwards.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use super::wire::Wire;

/// How many requests are kept.
const KEPT: usize = 256;

/// A request the fake was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The wire it came over.
    pub wire: Wire,
    /// The path and query it was sent to.
    pub path: String,
    /// The key it was made with; empty without one.
    pub key: String,
    /// The body; a string when it is not JSON.
    pub body: Value,
}

#[derive(Debug)]
struct Entry {
    wire: Wire,
    path: String,
    key: String,
    body: Bytes,
}

/// Counts and the last requests. Shared by all connections.
#[derive(Debug, Default)]
pub(super) struct Journal {
    calls: [AtomicU64; 5],
    open: AtomicU64,
    peak: AtomicU64,
    // A std lock: held for one push, never across an await.
    entries: Mutex<VecDeque<Entry>>,
}

/// Counts a call as open until it is dropped with the answer's body.
#[derive(Debug)]
pub(super) struct OpenCall(Arc<Journal>);

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Journal {
    /// Notes a call and its body.
    pub(super) fn begin(
        self: &Arc<Self>,
        wire: Wire,
        path: String,
        key: String,
        body: Bytes,
    ) -> OpenCall {
        if let Some(calls) = self.calls.get(wire.place()) {
            calls.fetch_add(1, Ordering::Relaxed);
        }
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
        let mut entries = self.entries();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(Entry {
            wire,
            path,
            key,
            body,
        });
        drop(entries);
        OpenCall(Arc::clone(self))
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn calls(&self) -> u64 {
        let counts = self.calls.iter();
        counts.map(|count| count.load(Ordering::Relaxed)).sum()
    }

    pub(super) fn calls_on(&self, wire: Wire) -> u64 {
        let count = self.calls.get(wire.place());
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }

    pub(super) fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    pub(super) fn requests(&self) -> Vec<Value> {
        let entries = self.entries();
        entries.iter().map(|entry| parsed(&entry.body)).collect()
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        let seen = |entry: &Entry| Seen {
            wire: entry.wire,
            path: entry.path.clone(),
            key: entry.key.clone(),
            body: parsed(&entry.body),
        };
        self.entries().iter().map(seen).collect()
    }

    /// Forgets the requests and the counts, apart from calls still open.
    pub(super) fn clear(&self) {
        for count in &self.calls {
            count.store(0, Ordering::Relaxed);
        }
        self.peak.store(self.open(), Ordering::Relaxed);
        self.entries().clear();
    }
}

/// JSON, or the text when it is none.
fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
