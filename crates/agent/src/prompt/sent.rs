//! What was last sent in each session, so that every loss of a provider's prompt cache is explained,
//! and the size of the next prompt is known better than by its bytes.
//!
//! Kept in memory, bounded; after a restart nothing is known and nothing is claimed.

use super::piece::{Piece, Pieces, excerpt};
use domain::ledger::CacheBreak;
use domain::{Message, MicroUsd, SessionKey, TokenCount, Usage};
use llm::{ModelRequest, Price, Target};
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many sessions are remembered; beyond it the one that was silent longest is forgotten.
const SESSIONS: usize = 256;
/// How many pieces are remembered of all sessions together, about 150 bytes each.
const PIECES: usize = 100_000;
/// No provider keeps a prompt longer without being asked, so nothing older is compared.
const KEPT: Duration = Duration::from_hours(1);
/// Bytes of one token, on average, where nothing was reported.
const BYTES_PER_TOKEN: u64 = 4;
/// What a wire may add to a message, in tokens.
const PER_MESSAGE: u64 = 64;

/// A prompt as pieces.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    model: String,
    price: Option<Price>,
    /// Stands for what changes the size of a prompt without being one of its pieces.
    settings: u64,
    tools: Arc<[Piece]>,
    system: Vec<Piece>,
    messages: Vec<Piece>,
    /// How many of the oldest messages were left out.
    dropped: usize,
}

/// What the comparison with the call before tells.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// What the provider's cache is lost to.
    pub(crate) cache_break: Option<CacheBreak>,
    /// The most tokens the prompt can have.
    pub(crate) input_ceiling: Option<u64>,
}

impl Prompt {
    fn new(target: &Target, request: &ModelRequest, shared: &mut Pieces) -> Self {
        let sampling = &request.sampling;
        let mut settings = DefaultHasher::new();
        for text in [
            format!("{:?}", request.tool_choice),
            format!("{:?}", sampling.response_format),
            format!("{:?}", sampling.reasoning_effort),
        ] {
            settings.write(text.as_bytes());
        }
        Self {
            model: target.info.reference(),
            price: target.info.price,
            settings: settings.finish(),
            tools: shared.tools(&request.tools),
            system: request.system.iter().map(|it| shared.system(it)).collect(),
            messages: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes in what `messages` holds beyond what was taken in before, after `dropped` more of the
    /// oldest ones were left out.
    pub(crate) fn take_in(&mut self, messages: &[Message], dropped: usize) {
        self.messages.drain(..dropped.min(self.messages.len()));
        self.dropped += dropped;
        let new = messages.get(self.messages.len()..).unwrap_or_default();
        self.messages.extend(new.iter().map(Piece::message));
    }

    fn size(&self) -> u64 {
        size(&self.tools) + size(&self.system) + size(&self.messages)
    }

    fn pieces(&self) -> usize {
        self.tools.len() + self.system.len() + self.messages.len()
    }
}

/// What is remembered of a call.
#[derive(Debug)]
struct Last {
    at: Instant,
    prompt: Prompt,
    /// Whether what was used was reported and not estimated.
    reported: bool,
    usage: Usage,
}

/// The last prompt of each session.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    sessions: Mutex<HashMap<SessionKey, Last>>,
    pieces: Mutex<Pieces>,
}

impl Sent {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Last>> {
        // An entry is put in whole, so a panic elsewhere does not spoil the map.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything but the messages of a request to `target`, as a prompt.
    pub(crate) fn prompt(&self, target: &Target, request: &ModelRequest) -> Prompt {
        // An entry is put in whole here, too.
        let pieces = self.pieces.lock();
        let mut pieces = pieces.unwrap_or_else(PoisonError::into_inner);
        Prompt::new(target, request, &mut pieces)
    }

    /// Compares a prompt with the one before it.
    pub(crate) fn compare(&self, session: &SessionKey, now: &Prompt) -> Compared {
        let sessions = self.lock();
        let Some(last) = sessions.get(session) else {
            return Compared::default();
        };
        if last.at.elapsed() > KEPT {
            return Compared::default();
        }
        match last.broken_by(now) {
            Some(cache_break) => Compared {
                cache_break: Some(cache_break),
                input_ceiling: None,
            },
            None => Compared {
                cache_break: None,
                input_ceiling: last.ceiling(now),
            },
        }
    }

    /// Remembers a prompt that was answered by `model`, and what it used.
    pub(crate) fn remember(
        &self,
        session: &SessionKey,
        prompt: &Prompt,
        model: String,
        usage: Usage,
        reported: bool,
    ) {
        let last = Last {
            at: Instant::now(),
            prompt: Prompt {
                model,
                ..prompt.clone()
            },
            reported,
            usage,
        };
        let mut sessions = self.lock();
        sessions.insert(session.clone(), last);
        let pieces = |last: &Last| last.prompt.pieces();
        let mut all: usize = sessions.values().map(pieces).sum();
        while sessions.len() > SESSIONS || all > PIECES {
            let oldest = sessions.iter().min_by_key(|(_, last)| last.at);
            let Some(oldest) = oldest.map(|(session, _)| session.clone()) else {
                return;
            };
            all -= sessions.remove(&oldest).as_ref().map_or(0, pieces);
        }
    }

    /// Forgets a session that nobody will continue.
    pub(crate) fn forget(&self, session: &SessionKey) {
        self.lock().remove(session);
    }
}

impl Last {
    fn broken_by(&self, now: &Prompt) -> Option<CacheBreak> {
        let old = &self.prompt;
        if old.model != now.model {
            let (was, is) = (excerpt(&old.model, 0), excerpt(&now.model, 0));
            return Some(self.break_at("model".to_owned(), 0, (0, was, is), now));
        }
        let mut before = 0;
        for (source, old, new) in [
            ("tools", &*old.tools, &*now.tools),
            ("system", &*old.system, &*now.system),
        ] {
            if let Some((_, at, was, is)) = differ(old, new, true) {
                let differs = before + at;
                return Some(self.break_at(source.to_owned(), differs, (at, was, is), now));
            }
            before += size(old);
        }
        let (index, at, was, is) = differ(&old.messages, &now.messages, false)?;
        if old.dropped == now.dropped {
            let skipped = size(old.messages.get(..index).unwrap_or_default());
            let source = format!("message {}", now.dropped + index + 1);
            return Some(self.break_at(source, before + at, (at - skipped, was, is), now));
        }
        let beginning = |pieces: &[Piece]| pieces.get(index).map(Piece::beginning);
        let was = beginning(&old.messages).unwrap_or_default();
        let is = beginning(&now.messages).unwrap_or_default();
        let source = format!(
            "history: {} of the oldest messages are left out to fit the context window",
            now.dropped
        );
        Some(self.break_at(source, before, (0, was, is), now))
    }

    /// `differs` counts from the beginning of the prompt, the number in `shown` within the piece.
    fn break_at(
        &self,
        source: String,
        differs: u64,
        shown: (u64, String, String),
        now: &Prompt,
    ) -> CacheBreak {
        let size = self.prompt.size().max(1);
        let tokens = match self.usage.input {
            Some(TokenCount(tokens)) => tokens,
            None => size / BYTES_PER_TOKEN,
        };
        let lost = u128::from(tokens) * u128::from(size.saturating_sub(differs)) / u128::from(size);
        let lost_tokens = u64::try_from(lost).unwrap_or(u64::MAX);
        let (at_byte, was, now_there) = shown;
        CacheBreak {
            source,
            at_byte,
            was,
            now: now_there,
            lost_tokens,
            cost: now.price.map(|price| more(price, lost_tokens)),
        }
    }

    /// What the provider counted, and no more for what is new than its bytes: a token is never less
    /// than a byte.
    fn ceiling(&self, now: &Prompt) -> Option<u64> {
        let old = &self.prompt;
        let added = now.messages.get(old.messages.len()..)?;
        let unclear = added.iter().any(|piece| piece.media);
        if !self.reported || unclear || old.settings != now.settings {
            return None;
        }
        let count = u64::try_from(added.len()).unwrap_or(u64::MAX);
        Some(
            self.usage
                .total()?
                .0
                .saturating_add(size(added))
                .saturating_add(count.saturating_mul(PER_MESSAGE)),
        )
        .filter(|_| self.usage.input.is_some())
    }
}

/// What it costs more to read tokens anew than from the cache.
fn more(price: Price, tokens: u64) -> MicroUsd {
    let each = i128::from(price.input.saturating_sub(price.cache_read).max(0));
    MicroUsd(i64::try_from(each * i128::from(tokens) / 1_000_000).unwrap_or(i64::MAX))
}

fn size(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|piece| piece.len).sum()
}

/// Where `new` stops being `old`: which piece, which byte of all pieces, and what stands there. With
/// `whole`, more pieces at the end are a difference too.
fn differ(old: &[Piece], new: &[Piece], whole: bool) -> Option<(usize, u64, String, String)> {
    let same = old.iter().zip(new).take_while(|(old, new)| old == new);
    let index = same.count();
    let before = size(old.get(..index).unwrap_or_default());
    match (old.get(index), new.get(index)) {
        (None, None) => None,
        (None, Some(more)) => whole.then(|| (index, before, String::new(), more.beginning())),
        (Some(gone), None) => Some((index, before, gone.beginning(), String::new())),
        (Some(was), Some(is)) => {
            let (at, was, is) = was.difference(is);
            Some((index, before + at, was, is))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm::{Models, Router, Wish};

    fn prompt(messages: usize) -> Prompt {
        let names = ["offline/demo".to_owned()];
        let wish = Wish {
            names: &names,
            routing: None,
        };
        let request = ModelRequest::default();
        let plan = Router::offline().plan(&wish, &request).unwrap();
        let mut prompt = Sent::default().prompt(&plan.targets[0], &request);
        let said: Vec<Message> = (0..messages)
            .map(|n| Message::user(format!("number {n}")))
            .collect();
        prompt.take_in(&said, 0);
        prompt
    }

    fn remember(sent: &Sent, session: usize, prompt: &Prompt) {
        let session = SessionKey::new(format!("agent:main:{session}"));
        let usage = Usage {
            input: Some(TokenCount(100)),
            ..Usage::default()
        };
        sent.remember(&session, prompt, "offline/demo".to_owned(), usage, true);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (sent, small) = (Sent::default(), prompt(2));
        for session in 0..SESSIONS + 10 {
            remember(&sent, session, &small);
        }
        assert_eq!(sent.lock().len(), SESSIONS);
        assert!(!sent.lock().contains_key("agent:main:0"));
        let large = prompt(PIECES / 4);
        for session in 0..10 {
            remember(&sent, session, &large);
        }
        let all: usize = sent.lock().values().map(|last| last.prompt.pieces()).sum();
        assert!(all <= PIECES && sent.lock().contains_key("agent:main:9"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_provider_keeps_any_longer_is_not_compared() {
        let sent = Sent::default();
        let session = SessionKey::new("agent:main:1");
        remember(&sent, 1, &prompt(3));
        let changed = Prompt {
            model: "other/demo".to_owned(),
            ..prompt(3)
        };
        assert!(sent.compare(&session, &changed).cache_break.is_some());
        tokio::time::advance(KEPT + Duration::from_secs(1)).await;
        assert!(sent.compare(&session, &changed).cache_break.is_none());
    }
}
