//! A prompt cache with the rules of the services.
//!
//! - **OpenAI** keeps every prompt from 1,024 tokens by itself, in steps of 128 tokens; requests
//!   with another `prompt_cache_key` do not share. Writing costs nothing extra. **Gemini** keeps
//!   prompts the same way here.
//! - **Anthropic** keeps the prefixes that end with `cache_control`, from 1,024 tokens, and reads
//!   the longest one it has that ends at a mark or at most 20 blocks before one. What is newly
//!   kept is reported as written. `tool_choice` and `thinking` belong to prefixes of messages.
//! - An entry lives 5 minutes (`ttl: "1h"`: an hour) from its last use.
//! - **Ollama** reports nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::prompt::{Prefix, Prompt};
use super::wire::Wire;

/// How long an entry lives after its last use.
pub(super) const LIFE: Duration = Duration::from_mins(5);
/// The shortest prompt that is kept, in tokens.
const LEAST: u64 = 1024;
/// Tokens per step of the automatic cache.
const STEP: u64 = 128;
/// How many blocks before a mark are looked at.
const LOOK_BACK: usize = 20;
/// Entries from which expired ones are thrown out.
const MANY: usize = 100_000;

/// What of a prompt was read from the cache, and what was written to it, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cached {
    pub(super) read: u64,
    pub(super) written: u64,
}

/// Hashes of prefixes, and how long each is kept.
#[derive(Debug, Default)]
pub(super) struct PromptCache {
    // A std lock: held for a few look-ups, never across an await.
    kept: Mutex<HashMap<u64, Duration>>,
}

impl PromptCache {
    /// Looks the prompt up and keeps it. `now` is the time since the fake began.
    pub(super) fn pass(&self, wire: Wire, model: &str, prompt: &Prompt, now: Duration) -> Cached {
        if prompt.tokens() < LEAST {
            return Cached::default();
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() > MANY {
            kept.retain(|_, until| *until > now);
        }
        match wire {
            Wire::Chat | Wire::Responses | Wire::Gemini => {
                automatic(&mut kept, &prompt.steps(model, STEP), now)
            }
            Wire::Messages => marked(&mut kept, &prompt.prefixes(model), now),
            Wire::Ollama => Cached::default(),
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clear();
    }
}

fn automatic(kept: &mut HashMap<u64, Duration>, steps: &[u64], now: Duration) -> Cached {
    let least = usize::try_from(LEAST / STEP).unwrap_or(usize::MAX);
    let alive = |hash: &u64| kept.get(hash).is_some_and(|until| *until > now);
    let hit = steps.iter().rposition(alive).map_or(0, |index| index + 1);
    for hash in steps.iter().skip(least - 1) {
        kept.insert(*hash, now + LIFE);
    }
    let read = u64::try_from(hit).unwrap_or(u64::MAX) * STEP;
    Cached { read, written: 0 }
}

fn marked(kept: &mut HashMap<u64, Duration>, prefixes: &[Prefix], now: Duration) -> Cached {
    let mut read = 0;
    let mut last = 0;
    for (index, at) in prefixes.iter().enumerate() {
        if at.mark.is_none() || at.tokens < LEAST {
            continue;
        }
        last = at.tokens;
        let from = index.saturating_sub(LOOK_BACK);
        let near = prefixes.get(from..=index).unwrap_or_default();
        let hit = near
            .iter()
            .rev()
            .find(|prefix| kept.get(&prefix.hash).is_some_and(|until| *until > now));
        if let Some(hit) = hit {
            read = read.max(hit.tokens);
            kept.insert(hit.hash, now + hit.mark.unwrap_or(LIFE));
        }
    }
    for at in prefixes.iter().filter(|at| at.tokens >= LEAST) {
        if let Some(keep) = at.mark {
            kept.insert(at.hash, now + keep);
        }
    }
    Cached {
        read,
        written: last.saturating_sub(read),
    }
}
