//! The same call again gets the same answer. Source: WebSocket protocol, sections 14 and 20.

use crate::error::ApiError;
use domain::UnixMillis;
use protocol::ErrorCode;
use protocol::methods::nodes::{NodeInvokeParams, NodeInvokeReply};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long answers are kept.
const KEPT: Duration = Duration::from_mins(5);

/// How many are.
const MOST: usize = 1000;

/// Longest answer that is kept, in bytes of JSON.
const LONGEST: usize = 64 * 1024;

type Outcome = Option<Result<NodeInvokeReply, ApiError>>;

/// The answers of the last minutes, by caller and key.
#[derive(Default)]
pub(in crate::nodes) struct Repeats(Mutex<Table>);

#[derive(Default)]
struct Table {
    by_key: HashMap<String, Entry>,
    order: VecDeque<(UnixMillis, String)>,
}

struct Entry {
    what: [u8; 32],
    outcome: watch::Receiver<Outcome>,
}

/// Whose turn it is.
pub(super) enum Turn {
    /// Nobody made this call before.
    First(First),
    /// Somebody did.
    Again(Again),
}

/// Held by whoever makes the call.
pub(super) struct First(watch::Sender<Outcome>);

/// Held by whoever repeats it.
pub(super) struct Again(watch::Receiver<Outcome>);

impl Repeats {
    /// Takes part in the call with this key.
    ///
    /// # Errors
    /// The key was used for another call.
    pub(super) fn enter(
        &self,
        key: String,
        params: &NodeInvokeParams,
        now: UnixMillis,
    ) -> Result<Turn, ApiError> {
        let what = serde_json::json!([params.node_id, params.command, params.params]).to_string();
        let what: [u8; 32] = Sha256::digest(what).into();
        // Entries are put in whole, so a panic elsewhere does not spoil the table.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.forget(now);
        if let Some(entry) = table.by_key.get(&key) {
            if entry.what != what {
                return Err(ApiError::invalid(
                    "idempotencyKey was used for another call; use a new one",
                )
                .with_reason("key_reused"));
            }
            return Ok(Turn::Again(Again(entry.outcome.clone())));
        }
        let (first, outcome) = watch::channel(None);
        table.order.push_back((now, key.clone()));
        table.by_key.insert(key, Entry { what, outcome });
        Ok(Turn::First(First(first)))
    }
}

impl Table {
    fn forget(&mut self, now: UnixMillis) {
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

impl First {
    /// Tells everybody who repeats the call.
    pub(super) fn done(self, outcome: &Result<NodeInvokeReply, ApiError>) {
        let kept = match outcome {
            Ok(reply) if reply.payload.to_string().len() > LONGEST => Err(ApiError::new(
                ErrorCode::Unavailable,
                "the command ran and its answer was too long to be kept; use a new idempotencyKey to run it again",
            )),
            other => other.clone(),
        };
        self.0.send_replace(Some(kept));
    }
}

impl Again {
    /// The answer of the first call.
    pub(super) async fn wait(mut self) -> Result<NodeInvokeReply, ApiError> {
        let left = || {
            ApiError::new(
                ErrorCode::Unavailable,
                "the first call with this key was given up; whether the command ran is unknown",
            )
        };
        let outcome = self.0.wait_for(Option::is_some).await.map_err(|_| left())?;
        outcome.clone().unwrap_or_else(|| Err(left()))
    }
}
