//! Who is not to be called for a while: limits a provider told us of, keys it refused, and
//! candidates that fail again and again.

use super::credential::Credential;
use super::failover::Blame;
use crate::{Error, ModelInfo};
use domain::ledger::Cooldown;
use domain::{Clock, ModelId, ProviderId, UnixMillis};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Failures in a row after which a candidate rests.
const OPEN_AFTER: u32 = 3;
/// The first rest of a failing candidate; each further failure doubles it.
const FIRST_REST: Duration = Duration::from_secs(5);
/// The first rest after a limit without a time; each further one doubles it.
const FIRST_LIMIT: Duration = Duration::from_secs(1);
/// The longest rest that we choose.
const LONGEST_REST: Duration = Duration::from_mins(5);
/// The longest rest that a provider may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(1);
/// How long a refused key rests.
const REFUSED_REST: Duration = Duration::from_mins(10);
/// Most candidates remembered; those that do not rest are forgotten first.
const MOST_ENTRIES: usize = 1024;

/// Why a candidate rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It is at its limit.
    Limited,
    /// It fails.
    Failing,
    /// Its key was refused.
    Refused,
}

/// What a kept rest is called in front of its reason: its cause, and whether it was asked for.
const KEPT: [(Cause, bool, &str); 5] = [
    (Cause::Limited, true, "limit, time named: "),
    (Cause::Limited, false, "limit: "),
    (Cause::Failing, true, "failing, time named: "),
    (Cause::Failing, false, "failing: "),
    (Cause::Refused, false, "key refused: "),
];

/// A rest that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) cause: Cause,
    /// Whether the provider named its time; else it is our own caution.
    pub(crate) asked: bool,
    /// How much longer.
    pub(crate) left: Duration,
    /// Why, in one line.
    pub(crate) reason: String,
}

#[derive(Debug)]
struct Entry {
    provider: ProviderId,
    model: Option<ModelId>,
    failures: u32,
    /// 0 while there is no rest.
    until: UnixMillis,
    cause: Cause,
    /// Whether the provider named the end of the rest.
    asked: bool,
    reason: String,
    /// Whether somebody finds out right now if the rest did good.
    probing: bool,
}

type Entries = HashMap<Arc<str>, Vec<Entry>>;

/// What is known of the candidates. Shared by all calls.
pub(crate) struct Health {
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
    changed: watch::Sender<u64>,
}

impl Health {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }

    /// The present moment.
    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts up whenever the list of rests changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The rest of a candidate, if it has one. One that is being probed counts as resting until
    /// the outcome is known.
    pub(crate) fn rest(&self, credential: &Credential, model: &ModelId) -> Option<Rest> {
        let entries = self.lock();
        let known = entries.get(&credential.digest)?;
        let now = self.clock.now();
        let concerns = |entry: &&Entry| entry.model.as_ref().is_none_or(|only| only == model);
        known
            .iter()
            .filter(concerns)
            .filter(|entry| entry.until > now || entry.probing)
            .max_by_key(|entry| (entry.asked && entry.until > now, entry.until))
            .map(|entry| Rest {
                cause: entry.cause,
                asked: entry.asked && entry.until > now,
                left: between(now, entry.until),
                reason: entry.reason.clone(),
            })
    }

    /// A candidate is about to be called. If it has just rested, everybody else leaves it alone
    /// until the returned guard is dropped. With `early` rests that nobody asked for end now.
    pub(crate) fn begin(
        self: &Arc<Self>,
        credential: &Credential,
        model: &ModelId,
        early: bool,
    ) -> Probe {
        let mut entries = self.lock();
        let now = self.clock.now();
        let mut probing = false;
        let mut ended = Vec::new();
        for entry in entries.get_mut(&credential.digest).into_iter().flatten() {
            let concerned = entry.model.as_ref().is_none_or(|only| only == model);
            if !concerned || entry.until.0 == 0 || entry.probing {
                continue;
            }
            if early && !entry.asked && entry.until > now {
                ended.push((entry.model.clone(), entry.until));
                entry.until = now;
            }
            if entry.until <= now {
                entry.probing = true;
                probing = true;
            }
        }
        Probe {
            of: probing.then(|| (Arc::clone(self), Arc::clone(&credential.digest))),
            model: model.clone(),
            ended,
        }
    }

    /// A candidate answered.
    pub(crate) fn succeeded(&self, credential: &Credential, model: &ModelId) {
        let mut entries = self.lock();
        let Some(known) = entries.get_mut(&credential.digest) else {
            return;
        };
        let concerns = |entry: &Entry| entry.model.as_ref().is_none_or(|only| only == model);
        let rested = known.iter().any(|e| concerns(e) && e.until.0 > 0);
        known.retain(|entry| !concerns(entry));
        if known.is_empty() {
            entries.remove(&credential.digest);
        }
        drop(entries);
        if rested {
            self.tell();
        }
    }

    /// A candidate failed with `error`, which speaks against `blame`.
    pub(crate) fn failed(
        &self,
        credential: &Credential,
        info: &ModelInfo,
        blame: Blame,
        error: &Error,
    ) {
        let (cause, model) = match blame {
            Blame::Nothing => return,
            Blame::Limit => (Cause::Limited, Some(&info.model)),
            Blame::Model => (Cause::Failing, Some(&info.model)),
            Blame::Provider => (Cause::Failing, None),
            Blame::KeyForModel => (Cause::Refused, Some(&info.model)),
            Blame::Key => (Cause::Refused, None),
        };
        let now = self.clock.now();
        let mut entries = self.lock();
        make_room(&mut entries, now);
        let known = entries.entry(Arc::clone(&credential.digest)).or_default();
        let entry = entry(known, &info.provider, model);
        let resting = entry.until > now;
        // Calls that were under way when the rest began fail for the same reason; they count once.
        if !resting {
            entry.failures = entry.failures.saturating_add(1);
        }
        let asked = error.retry_after().map(|asked| asked.min(LONGEST_ASKED));
        let rest = match cause {
            Cause::Limited | Cause::Failing if resting => asked,
            Cause::Limited => {
                asked.or_else(|| Some(doubled(FIRST_LIMIT, entry.failures.saturating_sub(1))))
            }
            Cause::Failing => asked.or_else(|| {
                let beyond = entry.failures.checked_sub(OPEN_AFTER)?;
                Some(doubled(FIRST_REST, beyond))
            }),
            Cause::Refused => Some(REFUSED_REST),
        };
        let Some(rest) = rest else { return };
        entry.cause = cause;
        entry.asked = asked.is_some() && cause != Cause::Refused;
        entry.until = later(now, rest);
        entry.reason = error.to_string();
        drop(entries);
        self.tell();
    }

    /// Every rest that is not over, in a stable order.
    pub(crate) fn cooldowns(&self) -> Vec<Cooldown> {
        let entries = self.lock();
        let now = self.clock.now();
        let mut all: Vec<Cooldown> = entries
            .iter()
            .flat_map(|(digest, known)| known.iter().map(move |entry| (digest, entry)))
            .filter(|(_, entry)| entry.until > now)
            .map(|(digest, entry)| Cooldown {
                provider: entry.provider.clone(),
                credential: digest.to_string(),
                model: entry.model.clone(),
                until: entry.until,
                failures: entry.failures,
                reason: format!("{}{}", entry.kind(), entry.reason),
            })
            .collect();
        all.sort_by(|a, b| (&a.credential, &a.model).cmp(&(&b.credential, &b.model)));
        all
    }

    /// Takes up rests of an earlier process; those that are over are left out.
    pub(crate) fn restore(&self, cooldowns: Vec<Cooldown>) {
        let now = self.clock.now();
        let mut entries = self.lock();
        for cooldown in cooldowns.into_iter().filter(|rest| rest.until > now) {
            let known = entries.entry(cooldown.credential.into()).or_default();
            let entry = entry(known, &cooldown.provider, cooldown.model.as_ref());
            entry.failures = cooldown.failures;
            // A clock that was set back must not make a rest endless.
            entry.until = cooldown.until.min(later(now, LONGEST_ASKED));
            let kind = KEPT.iter().find_map(|(cause, asked, name)| {
                let reason = cooldown.reason.strip_prefix(name)?;
                Some((*cause, *asked, reason.to_owned()))
            });
            (entry.cause, entry.asked, entry.reason) =
                kind.unwrap_or((Cause::Failing, false, cooldown.reason));
        }
    }

    fn tell(&self) {
        self.changed
            .send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Entry {
    /// Its kind in the words of [`KEPT`].
    fn kind(&self) -> &'static str {
        let is_it = |kept: &&(Cause, bool, &str)| (kept.0, kept.1) == (self.cause, self.asked);
        KEPT.iter().find(is_it).map_or("", |kept| kept.2)
    }
}

/// Held while a candidate is called.
pub(crate) struct Probe {
    of: Option<(Arc<Health>, Arc<str>)>,
    model: ModelId,
    /// Rests that ended early, with the ends they had.
    ended: Vec<(Option<ModelId>, UnixMillis)>,
}

impl Probe {
    /// The call says how the candidate is. Without it rests that ended early go on.
    pub(crate) fn told(mut self) {
        self.ended.clear();
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let Some((health, digest)) = self.of.take() else {
            return;
        };
        let mut entries = health.lock();
        for entry in entries.get_mut(&digest).into_iter().flatten() {
            if entry.model.as_ref().is_none_or(|only| *only == self.model) {
                entry.probing = false;
                let ended = self.ended.iter().find(|(of, _)| *of == entry.model);
                entry.until = ended.map_or(entry.until, |(_, until)| entry.until.max(*until));
            }
        }
    }
}

fn entry<'a>(
    known: &'a mut Vec<Entry>,
    provider: &ProviderId,
    model: Option<&ModelId>,
) -> &'a mut Entry {
    let at = known
        .iter()
        .position(|entry| entry.model.as_ref() == model)
        .unwrap_or_else(|| {
            known.push(Entry {
                provider: provider.clone(),
                model: model.cloned(),
                failures: 0,
                until: UnixMillis(0),
                cause: Cause::Failing,
                asked: false,
                reason: String::new(),
                probing: false,
            });
            known.len() - 1
        });
    #[expect(
        clippy::indexing_slicing,
        reason = "the index was found or pushed just above"
    )]
    &mut known[at]
}

fn make_room(entries: &mut Entries, now: UnixMillis) {
    if entries.values().map(Vec::len).sum::<usize>() < MOST_ENTRIES {
        return;
    }
    entries.retain(|_, known| {
        known.retain(|entry| entry.until > now);
        !known.is_empty()
    });
    if entries.values().map(Vec::len).sum::<usize>() >= MOST_ENTRIES {
        entries.clear();
    }
}

/// `first`, doubled `times` times, up to the longest rest.
fn doubled(first: Duration, times: u32) -> Duration {
    let factor = 2_u32.checked_pow(times.min(16)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(LONGEST_REST)
}

fn later(now: UnixMillis, rest: Duration) -> UnixMillis {
    let millis = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
    UnixMillis(now.0.saturating_add(millis))
}

fn between(now: UnixMillis, until: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0))
}

#[cfg(test)]
mod tests;
