//! The ledger: every call to a provider is reserved before and settled after, exactly.
//!
//! The books are in memory; what is not yet in the database is in a journal, which is read again at
//! the next start, so that the death of the process at any instant loses no spending and leaves no
//! reservation behind. The journal is synced at most 200 ms after each line: what a power cut can
//! lose is what was sent to providers in that time.

mod books;
mod budgets;
mod entry;
mod journal;
mod keeper;
mod opening;
mod settings;
mod standing;
mod waiting;
mod windows;

pub use settings::{BudgetsSettings, CapSettings, Limit, UnknownPrice};
pub use standing::Standing;

use crate::{Error, Metering, State};
use async_trait::async_trait;
use books::{Books, Verdict};
use domain::ledger::{Ask, CallId, Grant, Purse, Refused, Settlement};
use domain::{Clock, MicroUsd};
use entry::Entry;
use journal::Journal;
use keeper::Pending;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::warn;

/// How many settled calls may wait for the database before new calls have to wait too.
const BACKLOG: usize = 65_536;

/// How long a call, or who wants to read, waits for the database to catch up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Grants and books all spending.
///
/// Dropping it without [`Ledger::close`] leaves everything in the journal, as the death of the
/// process would.
pub struct Ledger {
    shared: Arc<Shared>,
    tasks: TaskTracker,
    closing: CancellationToken,
    _abandon: DropGuard,
}

/// What the ledger and its keeper share.
struct Shared {
    inner: Mutex<Inner>,
    metering: Arc<dyn Metering>,
    clock: Arc<dyn Clock>,
    dir: PathBuf,
    /// A line was written to a journal that was in sync.
    unsynced: Notify,
    /// The first call, or a whole batch, waits for the database.
    settled: Notify,
    /// The backlog has become shorter.
    caught_up: Notify,
}

struct Inner {
    books: Books,
    journal: Journal,
    pending: Pending,
    closed: bool,
}

impl Ledger {
    /// Opens the ledger of a state directory: reads the journal, closes what the last process left
    /// open, and learns from the database what was spent this month. Calls during which the process
    /// died are booked with all that was reserved for them, at the time of their reservation.
    ///
    /// Needs a `tokio` runtime with time, on which the keeper runs until [`Ledger::close`].
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::DiskFull`], [`Error::Corrupt`] when the journal or the
    /// database cannot be read. A full disk that can be read is no error: calls that cost money are
    /// refused until there is room.
    pub async fn open(
        state: &State,
        dir: &Path,
        clock: Arc<dyn Clock>,
        budgets: BudgetsSettings,
    ) -> Result<Self, Error> {
        let shared = Arc::new(opening::open(state, dir, clock, budgets).await?);
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        let abandoned = CancellationToken::new();
        keeper::start(&shared, &tasks, &closing, &abandoned);
        tasks.close();
        Ok(Self {
            shared,
            tasks,
            closing,
            _abandon: abandoned.drop_guard(),
        })
    }

    /// Puts other limits in force, from the next call on.
    pub fn set_budgets(&self, budgets: BudgetsSettings) {
        let now = self.shared.clock.now();
        self.shared.lock().books.set_budgets(now, budgets);
    }

    /// How every limit stands, the gateway's first. Of sessions, keys and agents without limits of
    /// their own, those that spent or reserved something are listed, most spent first.
    pub fn standing(&self) -> Vec<Standing> {
        let now = self.shared.clock.now();
        let mut inner = self.shared.lock();
        inner.books.go_on(now);
        standing::of(&inner.books)
    }

    /// What all calls cost today (UTC), as far as prices are known; without those under way.
    pub fn spent_today(&self) -> MicroUsd {
        let now = self.shared.clock.now();
        let mut inner = self.shared.lock();
        inner.books.go_on(now);
        let gateway = inner.books.accounts.get(&budgets::Scope::Gateway);
        gateway.map_or(MicroUsd::ZERO, |account| account.day)
    }

    /// Returns when everything settled before this call is in the database, so that what is read
    /// there is complete; after five seconds in any case.
    pub async fn flush(&self) {
        let until = Instant::now() + PATIENCE;
        let target = self.shared.lock().pending.last();
        loop {
            let caught_up = self.shared.caught_up.notified();
            tokio::pin!(caught_up);
            caught_up.as_mut().enable();
            {
                let mut inner = self.shared.lock();
                if inner.pending.written() >= target {
                    return;
                }
                inner.pending.wanted = true;
            }
            self.shared.settled.notify_one();
            if timeout_at(until, caught_up).await.is_err() {
                return;
            }
        }
    }

    /// Refuses new calls, writes everything settled into the database, and ends the keeper. What is
    /// settled later stays in the journal for the next start. Closing twice is fine.
    pub async fn close(&self) {
        self.shared.lock().closed = true;
        self.closing.cancel();
        self.tasks.wait().await;
    }
}

#[async_trait]
impl Purse for Ledger {
    async fn reserve(&self, ask: Ask) -> Result<Grant, Refused> {
        self.shared.keep_pace().await?;
        let (ticket, patience) = {
            let mut inner = self.shared.lock();
            let now = self.shared.clock.now();
            match inner.books.reserve(now, &ask) {
                Verdict::Grant(grant) => return self.shared.enter(&mut inner, &ask.call, grant),
                Verdict::Refuse(refused) => return Err(refused),
                Verdict::Wait(scope) => {
                    let patience = ask.wait;
                    (inner.books.wait(ask.clone(), scope), patience)
                }
            }
        };
        let waiting = Waiting {
            shared: &self.shared,
            call: &ask.call,
            number: ticket.number,
        };
        let answer = timeout(patience, ticket.answer).await;
        waiting.end(answer.ok().and_then(Result::ok))
    }

    fn settle(&self, settlement: Settlement) {
        let mut inner = self.shared.lock();
        let now = self.shared.clock.now();
        let call = settlement.call.clone();
        let Some(row) = inner.books.settle(now, settlement) else {
            drop(inner);
            warn!(call.id = %call, "a call was settled that is not open; the first settlement counts");
            return;
        };
        match inner.journal.append(&Entry::Settled(&row)) {
            Ok(true) => self.shared.unsynced.notify_one(),
            Ok(false) => {}
            // The keeper goes on trying to bring it into the database, and says so.
            Err(error) => inner.pending.unwritten(error),
        }
        if inner.pending.push(row) {
            self.shared.settled.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The books are changed by small steps that do not panic half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the database is far behind.
    async fn keep_pace(&self) -> Result<(), Refused> {
        let until = Instant::now() + PATIENCE;
        loop {
            let caught_up = self.caught_up.notified();
            tokio::pin!(caught_up);
            {
                let inner = self.lock();
                if inner.closed {
                    return Err(unavailable("the gateway is shutting down; try again later"));
                }
                if inner.pending.len() < BACKLOG {
                    return Ok(());
                }
                caught_up.as_mut().enable();
            }
            if timeout_at(until, caught_up).await.is_err() {
                let detail = format!(
                    "{BACKLOG} settled calls wait for the database in {}; see openclaw status",
                    self.dir.display()
                );
                return Err(unavailable(&detail));
            }
        }
    }

    /// Makes a granted call survive the process, or takes it back.
    fn enter(&self, inner: &mut Inner, call: &CallId, grant: Grant) -> Result<Grant, Refused> {
        // What costs nothing needs no trace before it is settled.
        if grant.amount == MicroUsd::ZERO {
            return Ok(grant);
        }
        let Inner { books, journal, .. } = inner;
        let Some(reserved) = books.open.get(call) else {
            return Err(unavailable("the call was settled before it was granted"));
        };
        match journal.append(&Entry::Reserved(reserved)) {
            Ok(was_in_sync) => {
                if was_in_sync {
                    self.unsynced.notify_one();
                }
                Ok(grant)
            }
            Err(error) => {
                books.withdraw(self.clock.now(), call);
                Err(unavailable(&format!(
                    "{error}; free some space or make it writable, then try again"
                )))
            }
        }
    }
}

fn unavailable(detail: &str) -> Refused {
    Refused::Unavailable {
        detail: detail.to_owned(),
    }
}

/// A wait for room. Whoever stops waiting leaves nothing behind.
struct Waiting<'a> {
    shared: &'a Shared,
    call: &'a CallId,
    number: u64,
}

impl Waiting<'_> {
    /// Takes the answer, or ends the wait without one.
    fn end(self, answer: Option<Result<Grant, Refused>>) -> Result<Grant, Refused> {
        let (shared, call, number) = (self.shared, self.call, self.number);
        // From here on nothing is awaited, so this cannot be dropped half-way.
        std::mem::forget(self);
        let mut inner = shared.lock();
        let now = shared.clock.now();
        let answer = match answer {
            Some(answer) => answer,
            None => match inner.books.leave(now, number) {
                Some(answer) => answer,
                // Answered between the end of the patience and the lock.
                None => match inner.books.open.get(call) {
                    Some(reserved) => Ok(Grant {
                        amount: reserved.amount,
                    }),
                    None => Err(unavailable("the budgets have just changed; try again")),
                },
            },
        };
        answer.and_then(|grant| shared.enter(&mut inner, call, grant))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inner = self.shared.lock();
        let now = self.shared.clock.now();
        inner.books.abandon(now, self.number, self.call);
    }
}
