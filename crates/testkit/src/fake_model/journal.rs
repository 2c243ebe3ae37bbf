//! What was asked, for tests to look at afterwards.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::Value;

/// How many request bodies are kept.
const KEPT: usize = 256;

/// Counts and the last bodies. Shared by all connections.
#[derive(Debug, Default)]
pub(super) struct Journal {
    calls: AtomicU64,
    open: AtomicU64,
    peak: AtomicU64,
    // A std lock: held for one push, never across an await.
    bodies: Mutex<VecDeque<Bytes>>,
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
    pub(super) fn begin(self: &Arc<Self>, body: Bytes) -> OpenCall {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        if bodies.len() == KEPT {
            bodies.pop_front();
        }
        bodies.push_back(body);
        OpenCall(Arc::clone(self))
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    pub(super) fn requests(&self) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.iter().map(|body| parsed(body)).collect()
    }
}

/// JSON, or the text when it is none.
fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
