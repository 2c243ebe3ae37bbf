//! The background work of the ledger: syncs the journal, brings settled calls into the database,
//! and keeps the journal short.

use super::Shared;
use super::journal::Next;
use crate::{CallRow, Error, directory};
use domain::MicroUsd;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// How long after the first line a sync begins; with the sync itself within 200 ms.
const SYNC: Duration = Duration::from_millis(100);

/// How long the first settled call waits for others to go into the database with it.
const GATHER: Duration = Duration::from_millis(100);

/// With so many waiting, it does not wait; no more go into one transaction, so that turns and
/// answers do not wait long behind it.
const BATCH: usize = 512;

/// A journal longer than this many bytes is replaced by a short one as soon as nothing waits.
const LONG: u64 = 1 << 20;

/// A journal longer than this is replaced even under load.
const TOO_LONG: u64 = 8 << 20;

/// The pause after a failure.
const AGAIN: Duration = Duration::from_secs(1);

/// Settled calls on their way into the database.
#[derive(Default)]
pub(super) struct Pending {
    rows: VecDeque<Arc<CallRow>>,
    /// How many were written since the start.
    written: u64,
    /// Whether somebody waits for all to be written.
    pub(super) wanted: bool,
    /// Why the journal could not take a settled call, until that was reported.
    unwritten: Option<Error>,
}

impl Pending {
    /// Settled calls that are not in the database.
    pub(super) fn new(rows: Vec<CallRow>) -> Self {
        Self {
            rows: rows.into_iter().map(Arc::new).collect(),
            ..Self::default()
        }
    }

    /// Adds one. Returns whether the keeper should hear of it.
    pub(super) fn push(&mut self, row: CallRow) -> bool {
        self.rows.push_back(Arc::new(row));
        self.rows.len() == 1 || self.rows.len().is_multiple_of(BATCH)
    }

    /// Notes that the journal could not take one.
    pub(super) fn unwritten(&mut self, error: Error) {
        self.unwritten = Some(error);
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many were written since the start.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// How many will have been written when all are that are waiting now.
    pub(super) fn last(&self) -> u64 {
        let waiting = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        self.written.saturating_add(waiting)
    }

    fn first(&self, most: usize) -> Vec<Arc<CallRow>> {
        self.rows.iter().take(most).cloned().collect()
    }

    /// Takes the first `count` out, for the caller to drop when nobody waits for the lock.
    fn remove(&mut self, count: usize) -> Vec<Arc<CallRow>> {
        let written = u64::try_from(count).unwrap_or(u64::MAX);
        self.written = self.written.saturating_add(written);
        self.rows.drain(..count.min(self.rows.len())).collect()
    }
}

/// Starts the keeper on `tasks`. It finishes its work when `closing`, and just stops when
/// `abandoned`.
pub(super) fn start(
    shared: &Arc<Shared>,
    tasks: &TaskTracker,
    closing: &CancellationToken,
    abandoned: &CancellationToken,
) {
    let (it, end, stop) = (Arc::clone(shared), closing.clone(), abandoned.clone());
    tasks.spawn(async move { stop.run_until_cancelled(syncing(&it, &end)).await });
    let (it, end, stop) = (Arc::clone(shared), closing.clone(), abandoned.clone());
    tasks.spawn(async move { stop.run_until_cancelled(writing(&it, &end)).await });
}

async fn syncing(shared: &Arc<Shared>, closing: &CancellationToken) {
    loop {
        let news = closing.run_until_cancelled(shared.unsynced.notified());
        if news.await.is_some() {
            closing.run_until_cancelled(tokio::time::sleep(SYNC)).await;
        }
        sync(shared).await;
        if closing.is_cancelled() {
            return;
        }
    }
}

async fn sync(shared: &Arc<Shared>) {
    let Some(file) = shared.lock().journal.begin_sync() else {
        return;
    };
    let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
    if let Ok(Err(error)) = synced {
        let error = shared.lock().journal.sync_failed(&error);
        warn!(%error, "the ledger's journal cannot be synced; calls that cost money are refused");
        shared.settled.notify_one();
    }
}

async fn writing(shared: &Arc<Shared>, closing: &CancellationToken) {
    let mut failing = false;
    loop {
        let pause = pause(shared, failing);
        closing.run_until_cancelled(pause).await;
        let written = write(shared).await;
        report(shared, &written, &mut failing);
        if written.is_ok() {
            shorten(shared, LONG, TOO_LONG).await;
        }
        if closing.is_cancelled() && (written.is_err() || shared.lock().pending.len() == 0) {
            shorten(shared, 0, 0).await;
            sync(shared).await;
            return;
        }
    }
}

/// Waits until there is enough to write, or long enough.
async fn pause(shared: &Arc<Shared>, failing: bool) {
    if failing {
        tokio::time::sleep(AGAIN).await;
        return;
    }
    let (nothing, broken) = {
        let inner = shared.lock();
        (inner.pending.len() == 0, inner.journal.is_broken())
    };
    if broken {
        tokio::time::sleep(AGAIN).await;
        return;
    }
    if nothing {
        shared.settled.notified().await;
    }
    let until = Instant::now() + GATHER;
    let enough = || {
        let inner = shared.lock();
        inner.pending.len() >= BATCH || inner.pending.wanted
    };
    while !enough() {
        let more = timeout_at(until, shared.settled.notified());
        if more.await.is_err() {
            return;
        }
    }
}

/// Brings the calls that have waited longest into the database.
async fn write(shared: &Arc<Shared>) -> Result<(), Error> {
    let rows = {
        let mut inner = shared.lock();
        inner.pending.wanted &= inner.pending.len() > BATCH;
        inner.pending.first(BATCH)
    };
    let copies = rows.iter().map(|row| CallRow::clone(row)).collect();
    shared.metering.record(copies).await?;
    let written = shared.lock().pending.remove(rows.len());
    drop(written);
    shared.caught_up.notify_waiters();
    Ok(())
}

/// Says once when writing begins to fail, and once when it works again.
fn report(shared: &Shared, written: &Result<(), Error>, failing: &mut bool) {
    let unwritten = shared.lock().pending.unwritten.take();
    match (written, *failing) {
        (Err(error), false) => {
            warn!(%error, "settled model calls cannot be written; they are kept and tried again");
        }
        (Ok(()), true) => info!("settled model calls can be written again"),
        (Err(_), true) | (Ok(()), false) => {}
    }
    if let (Some(error), false) = (unwritten, *failing) {
        warn!(%error, "the ledger's journal did not take a settled call; the database will");
    }
    *failing = written.is_err();
}

/// Replaces a journal by one that holds only what is needed, when it is broken, longer than `long`
/// while nothing waits, or longer than `too_long`.
async fn shorten(shared: &Arc<Shared>, long: u64, too_long: u64) {
    let needed = {
        let inner = shared.lock();
        let (journal, idle) = (&inner.journal, inner.pending.len() == 0);
        journal.is_broken() || journal.len() > too_long || (journal.len() > long && idle)
    };
    if !needed {
        return;
    }
    let working = Arc::clone(shared);
    let replaced = tokio::task::spawn_blocking(move || replace(&working)).await;
    match replaced {
        Ok(Ok(())) => shared.unsynced.notify_one(),
        Ok(Err(error)) => warn!(%error, "the ledger's journal cannot be shortened; it grows"),
        Err(panicked) => warn!(error = %panicked, "the ledger's journal was not shortened"),
    }
}

/// Makes the next journal and puts it in place. Blocks.
pub(super) fn replace(shared: &Shared) -> Result<(), Error> {
    let (since, open, settled) = {
        let inner = shared.lock();
        let open = inner.books.open.values();
        let paid = open.filter(|call| call.amount > MicroUsd::ZERO);
        let since = inner.journal.len();
        (
            since,
            paid.cloned().collect::<Vec<_>>(),
            inner.pending.first(usize::MAX),
        )
    };
    let next = Next::make(&shared.dir, since, &open, &settled)?;
    shared.lock().journal.replace(next)?;
    directory::sync(&shared.dir)
}
