//! Failed logins, counted per client.

use super::address::ClientKey;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Most clients remembered; the one heard from longest ago is forgotten first.
const MAX_CLIENTS: usize = 10_000;
/// Longest lockout, and how long a client must behave for its earlier ones to be forgotten.
const MAX_LOCKOUT: Duration = Duration::from_mins(15);
/// Most failures a second over all clients; against guessing from many addresses.
const MAX_FAILURES_PER_SECOND: u32 = 200;

/// How many failed logins are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Failures within the window before the lockout.
    pub max_attempts: u32,
    /// The window.
    pub window: Duration,
    /// The first lockout; each further one doubles, up to 15 minutes.
    pub lockout: Duration,
}

/// Why a login was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// It was checked and is wrong.
    Wrong,
    /// It was not checked.
    LockedOut(Duration),
}

/// Failures of one kind of login, at most 10,000 clients of them.
///
/// Each surface that takes secrets has a limiter of its own.
/// Source: security specification, section 6.2; decisions, DEC-9.
#[derive(Debug)]
pub struct Limiter {
    limit: AttemptLimit,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    clients: HashMap<ClientKey, Record>,
    second: Option<Instant>,
    failures_this_second: u32,
}

#[derive(Debug)]
struct Record {
    /// When each failure of the present window was, oldest first.
    failures: VecDeque<Instant>,
    locked_until: Option<Instant>,
    lockouts: u32,
    seen: Instant,
}

impl Limiter {
    /// Starts with an empty table.
    pub fn new(limit: AttemptLimit) -> Self {
        Self {
            limit,
            table: Mutex::default(),
        }
    }

    /// Checks a login unless the client is locked out, and counts it if it is wrong.
    ///
    /// The check runs while the table is held, so that no number of parallel attempts gets more
    /// than the budget checked; it must be short.
    pub(super) fn attempt(
        &self,
        client: ClientKey,
        is_right: impl FnOnce() -> bool,
    ) -> Result<(), Denied> {
        let now = Instant::now();
        let mut table = self.lock();
        let locked_until = table
            .clients
            .get(&client)
            .and_then(|record| record.locked_until);
        if let Some(until) = locked_until.filter(|until| *until > now) {
            return Err(Denied::LockedOut(until - now));
        }
        if let Some(until) = table.crowded_until(now) {
            return Err(Denied::LockedOut(until - now));
        }
        if is_right() {
            return Ok(());
        }
        table.count(client, now, &self.limit);
        Err(Denied::Wrong)
    }

    /// How many clients are remembered.
    pub fn tracked(&self) -> usize {
        self.lock().clients.len()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // A std lock: held for a few instructions, never across an await.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// When the present second ends, if all clients together used it up.
    fn crowded_until(&mut self, now: Instant) -> Option<Instant> {
        let second = Duration::from_secs(1);
        match self.second {
            Some(start) if now < start + second => {
                let crowded = self.failures_this_second >= MAX_FAILURES_PER_SECOND;
                crowded.then_some(start + second)
            }
            Some(_) | None => {
                (self.second, self.failures_this_second) = (Some(now), 0);
                None
            }
        }
    }

    fn count(&mut self, client: ClientKey, now: Instant, limit: &AttemptLimit) {
        self.failures_this_second += 1;
        if self.clients.len() >= MAX_CLIENTS && !self.clients.contains_key(&client) {
            self.forget_oldest();
        }
        let record = self
            .clients
            .entry(client)
            .or_insert_with(|| Record::new(now));
        record.seen = now;
        record.fail(now, limit);
    }

    /// Forgets an eighth at once, so that a flood of addresses costs little per address. Clients
    /// that are locked out go last.
    fn forget_oldest(&mut self) {
        let mut order: Vec<_> = self
            .clients
            .iter()
            .map(|(key, r)| (r.locked_until, r.seen, *key))
            .collect();
        let cut = order.len() / 8;
        order.select_nth_unstable(cut);
        for (_, _, key) in order.iter().take(cut.max(1)) {
            self.clients.remove(key);
        }
    }
}

impl Record {
    fn new(now: Instant) -> Self {
        Self {
            failures: VecDeque::new(),
            locked_until: None,
            lockouts: 0,
            seen: now,
        }
    }

    fn fail(&mut self, now: Instant, limit: &AttemptLimit) {
        if self
            .locked_until
            .is_some_and(|until| now >= until + MAX_LOCKOUT)
        {
            (self.locked_until, self.lockouts) = (None, 0);
        }
        while self
            .failures
            .front()
            .is_some_and(|at| now >= *at + limit.window)
        {
            self.failures.pop_front();
        }
        self.failures.push_back(now);
        let budget = usize::try_from(limit.max_attempts).unwrap_or(usize::MAX);
        if self.failures.len() >= budget {
            let doubled = limit.lockout.saturating_mul(1 << self.lockouts.min(10));
            let lockout = doubled.min(MAX_LOCKOUT.max(limit.lockout));
            self.locked_until = Some(now + lockout);
            self.lockouts = self.lockouts.saturating_add(1);
            self.failures.clear();
        }
    }
}

#[cfg(test)]
mod tests;
