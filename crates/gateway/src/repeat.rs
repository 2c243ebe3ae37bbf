//! The same call again gets the same answer. Source: WebSocket protocol, sections 14 and 20.

use crate::error::ApiError;
use domain::UnixMillis;
use protocol::ErrorCode;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long answers are kept.
const KEPT: Duration = Duration::from_mins(5);

/// How many are.
const MOST: usize = 1000;

/// Longest answer that is kept, in bytes.
const LONGEST: usize = 64 * 1024;

/// Longest key, in bytes.
const LONGEST_KEY: usize = 256;

type Outcome<T> = Option<Result<T, ApiError>>;

/// The answers of the last minutes, by caller and key.
#[derive(Debug)]
pub(crate) struct Repeats<T>(Arc<Mutex<Table<T>>>);

#[derive(Debug)]
struct Table<T> {
    by_key: HashMap<String, Entry<T>>,
    order: VecDeque<(UnixMillis, String)>,
}

#[derive(Debug)]
struct Entry<T> {
    what: [u8; 32],
    outcome: watch::Receiver<Outcome<T>>,
}

/// Whose turn it is.
pub(crate) enum Turn<T> {
    /// Nobody made this call before.
    First(First<T>),
    /// Somebody did.
    Again(Again<T>),
}

/// Held by whoever makes the call.
pub(crate) struct First<T> {
    table: Arc<Mutex<Table<T>>>,
    key: String,
    outcome: watch::Sender<Outcome<T>>,
}

/// Held by whoever repeats it.
pub(crate) struct Again<T>(watch::Receiver<Outcome<T>>);

impl<T> Default for Repeats<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Table {
            by_key: HashMap::new(),
            order: VecDeque::new(),
        })))
    }
}

impl<T: Clone> Repeats<T> {
    /// Takes part in the call of this caller with this key; `what` says which call it is.
    ///
    /// # Errors
    /// The key is empty or too long, or was used for another call.
    pub(crate) fn enter(
        &self,
        caller: &str,
        key: &str,
        what: &str,
        now: UnixMillis,
    ) -> Result<Turn<T>, ApiError> {
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(ApiError::invalid(format!(
                "idempotencyKey must have 1 to {LONGEST_KEY} bytes"
            )));
        }
        let key = format!("{caller}\n{key}");
        let what: [u8; 32] = Sha256::digest(what).into();
        // Entries are put in whole, so a panic elsewhere does not spoil the table.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.forget_old(now);
        if let Some(entry) = table.by_key.get(&key) {
            if entry.what != what {
                return Err(ApiError::invalid(
                    "idempotencyKey was used for another call; use a new one",
                )
                .with_reason("key_reused"));
            }
            return Ok(Turn::Again(Again(entry.outcome.clone())));
        }
        let (sender, outcome) = watch::channel(None);
        table.order.push_back((now, key.clone()));
        table.by_key.insert(key.clone(), Entry { what, outcome });
        Ok(Turn::First(First {
            table: Arc::clone(&self.0),
            key,
            outcome: sender,
        }))
    }
}

impl<T: Clone> First<T> {
    /// Tells everybody who repeats the call; `length` is about that of the answer in bytes.
    pub(crate) fn done(self, outcome: &Result<T, ApiError>, length: usize) {
        let kept = if length > LONGEST {
            Err(ApiError::new(
                ErrorCode::Unavailable,
                "the call was made and its answer was too long to be kept; use a new \
                 idempotencyKey to make it again",
            ))
        } else {
            outcome.clone()
        };
        self.outcome.send_replace(Some(kept));
    }

    /// Tells those who wait already, and keeps nothing: the call had no effect, and the same key may
    /// try it again.
    pub(crate) fn undone(self, outcome: &Result<T, ApiError>) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.by_key.remove(&self.key);
        table.order.retain(|(_, key)| *key != self.key);
        drop(table);
        self.outcome.send_replace(Some(outcome.clone()));
    }
}

impl<T> Table<T> {
    fn forget_old(&mut self, now: UnixMillis) {
        let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        while let Some((at, _)) = self.order.front() {
            if at.0.saturating_add(kept) > now.0 && self.order.len() < MOST {
                break;
            }
            if let Some((_, key)) = self.order.pop_front() {
                self.by_key.remove(&key);
            }
        }
    }
}

impl<T: Clone> Again<T> {
    /// The answer of the first call.
    ///
    /// # Errors
    /// What it failed with, or that it was given up.
    pub(crate) async fn wait(mut self) -> Result<T, ApiError> {
        let left = || {
            ApiError::new(
                ErrorCode::Unavailable,
                "the first call with this key was given up; whether it was carried out is unknown",
            )
        };
        let outcome = self.0.wait_for(Option::is_some).await.map_err(|_| left())?;
        outcome.clone().unwrap_or_else(|| Err(left()))
    }
}
