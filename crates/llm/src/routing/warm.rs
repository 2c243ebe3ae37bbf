//! Who answered a conversation last, and so has its prompt in a cache.

use crate::{ModelInfo, Target};
use domain::UnixMillis;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long providers keep a prompt at least.
const KEPT: Duration = Duration::from_mins(5);
/// Prompts below this are kept by no provider, in tokens.
const SHORTEST: u64 = 1_024;
/// Most conversations remembered.
const MOST: usize = 4_096;
/// The answer both sides of the comparison reckon with, in tokens.
const ANSWER: i128 = 500;

/// The last model of each conversation that is going on.
#[derive(Debug, Default)]
pub(crate) struct Warm(Mutex<HashMap<Arc<str>, Last>>);

/// Who answered, and when.
type Last = (Arc<ModelInfo>, UnixMillis);

impl Warm {
    /// `info` answers the conversation `key`.
    pub(crate) fn answered(&self, key: &Arc<str>, info: &Arc<ModelInfo>, now: UnixMillis) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(key) {
            known.retain(|_, (_, at)| is_fresh(*at, now));
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(Arc::clone(key), (Arc::clone(info), now));
    }

    /// Who answered `key` a moment ago.
    pub(crate) fn last(&self, key: &str, now: UnixMillis) -> Option<Arc<ModelInfo>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (info, at) = known.get(key)?;
        is_fresh(*at, now).then(|| Arc::clone(info))
    }
}

fn is_fresh(at: UnixMillis, now: UnixMillis) -> bool {
    let age = now.0.saturating_sub(at.0);
    u128::try_from(age).is_ok_and(|age| age < KEPT.as_millis())
}

/// Whether it costs less to stay with `last`, who reads a prompt of `tokens` from its cache, than
/// to have `other` read it anew. Unknown prices are never cheaper.
pub(super) fn is_cheaper(last: &Target, other: &Target, tokens: u64) -> bool {
    let (Some(last), Some(other)) = (last.info.price, other.info.price) else {
        return false;
    };
    let tokens = i128::from(tokens);
    let stay = tokens * i128::from(last.cache_read) + ANSWER * i128::from(last.output);
    let anew = other.input.max(other.cache_write);
    let leave = tokens * i128::from(anew) + ANSWER * i128::from(other.output);
    tokens >= i128::from(SHORTEST) && stay <= leave
}
