//! What all connections of one fake share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::bill::{Bill, Price};
use super::cache::PromptCache;
use super::clock::Clock;
use super::journal::Journal;

/// Everything the fake remembers.
#[derive(Debug)]
pub(super) struct World {
    pub(super) journal: Arc<Journal>,
    pub(super) bill: Arc<Bill>,
    pub(super) cache: PromptCache,
    pub(super) clock: Clock,
    /// How often each flaky text failed.
    failures: Mutex<HashMap<String, u64>>,
    /// Context windows in tokens; a model without one takes every prompt.
    windows: Mutex<HashMap<String, u64>>,
}

impl World {
    /// With the models and prices of [`super::MODELS`].
    pub(super) fn new() -> Self {
        let bill = Arc::new(Bill::default());
        bill.set_price("fake-1", super::FAKE_1);
        bill.set_price("fake-2", Price::default());
        bill.set_price(super::EMBEDDER, super::EMBEDDER_PRICE);
        Self {
            journal: Arc::default(),
            bill,
            cache: PromptCache::default(),
            clock: Clock::new(),
            failures: Mutex::default(),
            windows: Mutex::default(),
        }
    }

    /// Whether a text that fails so many times fails now.
    pub(super) fn fails_again(&self, text: &str, times: u64) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failures.entry(text.to_owned()).or_default();
        *failed += 1;
        *failed <= times
    }

    pub(super) fn set_window(&self, model: &str, tokens: u64) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.insert(model.to_owned(), tokens);
    }

    pub(super) fn window(&self, model: &str) -> Option<u64> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.get(model).copied()
    }

    /// Forgets what was asked, charged, kept and failed.
    pub(super) fn reset(&self) {
        self.journal.clear();
        self.bill.clear();
        self.cache.clear();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.clear();
    }
}
