//! From the journal and the database to the books.

use super::books::Books;
use super::entry::Reserved;
use super::journal::{Journal, Next};
use super::keeper::Pending;
use super::{BudgetsSettings, Inner, Shared};
use crate::{CallRow, Error, Metering, State, directory};
use domain::Clock;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tracing::{info, warn};

/// Most rows in one transaction.
const MOST: usize = 4096;

pub(super) async fn open(
    state: &State,
    dir: &Path,
    clock: Arc<dyn Clock>,
    budgets: BudgetsSettings,
) -> Result<Shared, Error> {
    let metering = Arc::clone(&state.metering);
    let (mut journal, left) = read(dir).await?;
    let left = match record(&metering, &left).await {
        Ok(()) => {
            journal = emptied(dir, journal).await?;
            Vec::new()
        }
        Err(error) => {
            warn!(%error, "model calls of the last process cannot be written; they are kept");
            unknown_of(&metering, left).await?
        }
    };
    let mut books = Books::new(budgets, clock.now());
    let (month, today) = (books.windows.month, books.windows.day);
    for spent in metering.spending(month, today).await? {
        books.add_spending(spent);
    }
    for row in &left {
        books.add_row(row);
    }
    let inner = Inner {
        books,
        journal,
        pending: Pending::new(left),
        closed: false,
    };
    Ok(Shared {
        inner: Mutex::new(inner),
        metering,
        clock,
        dir: dir.to_owned(),
        unsynced: Notify::new(),
        settled: Notify::new(),
        caught_up: Notify::new(),
    })
}

/// Reads the journal; what was open becomes settled.
async fn read(dir: &Path) -> Result<(Journal, Vec<CallRow>), Error> {
    let dir = dir.to_owned();
    let reading = tokio::task::spawn_blocking(move || Journal::open(&dir));
    let (journal, replay) = reading.await.map_err(|_panicked| Error::Closed)??;
    if !replay.broken.is_empty() {
        warn!(
            lines = ?replay.broken,
            "lines of the ledger's journal are damaged and were skipped; what these calls cost is \
             not counted"
        );
    }
    if !replay.open.is_empty() {
        info!(
            calls = replay.open.len(),
            "the last process ended during model calls; all that was reserved for them counts as spent"
        );
    }
    let mut rows = replay.settled;
    rows.extend(replay.open.iter().map(Reserved::interrupted));
    Ok((journal, rows))
}

async fn record(metering: &Arc<dyn Metering>, rows: &[CallRow]) -> Result<(), Error> {
    for batch in rows.chunks(MOST) {
        metering.record(batch.to_vec()).await?;
    }
    Ok(())
}

/// An empty journal in the place of one that is in the database; the same one where that fails.
async fn emptied(dir: &Path, journal: Journal) -> Result<Journal, Error> {
    if journal.len() == 0 {
        return Ok(journal);
    }
    let dir = dir.to_owned();
    let emptying = tokio::task::spawn_blocking(move || {
        let mut journal = journal;
        let emptied = Next::make(&dir, journal.len(), &[], &[])
            .and_then(|next| journal.replace(next))
            .and_then(|()| directory::sync(&dir));
        if let Err(error) = emptied {
            warn!(%error, "the ledger's journal cannot be emptied; it is read again next time");
        }
        journal
    });
    emptying.await.map_err(|_panicked| Error::Closed)
}

/// Those that are not in the database.
async fn unknown_of(
    metering: &Arc<dyn Metering>,
    rows: Vec<CallRow>,
) -> Result<Vec<CallRow>, Error> {
    let mut unknown = Vec::new();
    for row in rows {
        if metering.call(&row.call).await?.is_none() {
            unknown.push(row);
        }
    }
    Ok(unknown)
}
