//! The one thread that writes, with group commit.

use super::failure::{Failure, typed};
use super::job::{Job, Ticket, Tx};
use super::{SqliteConfig, connect};
use crate::lock::Hold;
use crate::{Appended, Error};
use domain::Clock;
use rusqlite::Connection;
use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::broadcast;
use tracing::warn;

/// Most writes in one transaction; more only makes the first of them wait longer.
const BATCH: usize = 512;
/// A pause this long is used to move the write-ahead log into the database.
const IDLE: Duration = Duration::from_millis(500);

/// A handle on the writer thread.
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<Result<(), Error>>>>,
    waiting: Arc<Waiting>,
    max_waiting: usize,
    max_waiting_bytes: usize,
}

/// What was handed over and not yet answered.
#[derive(Default)]
struct Waiting {
    jobs: AtomicUsize,
    bytes: AtomicUsize,
}

impl Waiting {
    fn add(&self, weight: usize) {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(weight, Ordering::Relaxed);
    }

    fn remove(&self, weight: usize) {
        self.jobs.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(weight, Ordering::Relaxed);
    }
}

impl Writer {
    /// Starts the thread. `hold` keeps the state directory ours until the thread ends.
    pub(super) fn start(
        connection: Connection,
        config: &SqliteConfig,
        path: Arc<Path>,
        hold: Hold,
        tail: broadcast::Sender<Appended>,
    ) -> Result<Self, Error> {
        let max_waiting = config.max_waiting.max(1);
        let (queue, jobs) = sync_channel(max_waiting);
        let waiting = Arc::new(Waiting::default());
        let clock = config.clock.clone();
        let failed = path.clone();
        let desk = Desk {
            connection,
            clock,
            path,
            jobs,
            waiting: waiting.clone(),
            tail,
            _hold: hold,
        };
        let thread = std::thread::Builder::new()
            .name("state-writer".to_owned())
            .spawn(move || desk.run())
            .map_err(|error| Error::Unavailable {
                path: failed.to_path_buf(),
                detail: format!("cannot start the writer thread: {error}"),
            })?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            waiting,
            max_waiting,
            max_waiting_bytes: config.max_waiting_bytes,
        })
    }

    /// Hands over a write of about `weight` bytes and waits until it is on disk.
    pub(super) async fn write<T, F>(&self, weight: usize, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let (ticket, result) = Ticket::new(weight, work);
        self.hand_over(Box::new(ticket))?;
        result.await.unwrap_or(Err(Error::Closed))
    }

    fn hand_over(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let queue = held(&self.queue);
        let Some(queue) = queue.as_ref() else {
            return Err(Error::Closed);
        };
        let overloaded = || Error::Overloaded {
            waiting: self.waiting.jobs.load(Ordering::Relaxed),
        };
        let weight = job.weight();
        let bytes = self.waiting.bytes.load(Ordering::Relaxed);
        // A single record may be larger than the bound; alone it is let in.
        if bytes > 0 && bytes.saturating_add(weight) > self.max_waiting_bytes {
            return Err(overloaded());
        }
        if self.waiting.jobs.load(Ordering::Relaxed) >= self.max_waiting {
            return Err(overloaded());
        }
        self.waiting.add(weight);
        queue.try_send(job).map_err(|refused| {
            self.waiting.remove(weight);
            match refused {
                TrySendError::Full(_) => overloaded(),
                TrySendError::Disconnected(_) => Error::Closed,
            }
        })
    }

    /// Lets the thread finish what is waiting and waits for its end. Blocks.
    pub(super) fn close(&self) -> Result<(), Error> {
        held(&self.queue).take();
        // Held while joining, so that a second caller also returns only when all is on disk.
        let mut thread = held(&self.thread);
        match thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_panic)) => Err(Error::Closed),
        }
    }
}

/// A lock whose holder panicked guards a plain value; it is still good.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread owns.
struct Desk {
    connection: Connection,
    clock: Arc<dyn Clock>,
    path: Arc<Path>,
    jobs: Receiver<Box<dyn Job>>,
    waiting: Arc<Waiting>,
    tail: broadcast::Sender<Appended>,
    _hold: Hold,
}

impl Desk {
    fn run(self) -> Result<(), Error> {
        let mut log_has_news = true;
        loop {
            let next = if log_has_news {
                self.jobs.recv_timeout(IDLE)
            } else {
                self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Ok(job) => {
                    self.serve(job);
                    log_has_news = true;
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.move_log();
                    log_has_news = false;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        connect::close(self.connection, &self.path)
    }

    /// Works on `first` and everything that is waiting behind it, commits once, answers all.
    fn serve(&self, first: Box<dyn Job>) {
        let mut done = Vec::with_capacity(64);
        let appended = RefCell::default();
        let committed = self.transaction(first, &mut done, &appended);
        if committed.is_ok() && self.tail.receiver_count() > 0 {
            for news in appended.into_inner() {
                // The last one who listened may have left just now.
                drop(self.tail.send(news));
            }
        }
        for job in done {
            self.waiting.remove(job.weight());
            job.answer(committed.clone());
        }
    }

    fn transaction(
        &self,
        first: Box<dyn Job>,
        done: &mut Vec<Box<dyn Job>>,
        appended: &RefCell<Vec<Appended>>,
    ) -> Result<(), Error> {
        let fail = |error| typed(&self.path, &error);
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            done.push(first);
            return Err(fail(error));
        }
        let mut next = Some(first);
        while let Some(mut job) = next {
            let worked = self.savepoint(job.as_mut(), appended);
            done.push(job);
            if let Err(error) = worked {
                self.roll_back();
                return Err(error);
            }
            next = if done.len() < BATCH {
                self.jobs.try_recv().ok()
            } else {
                None
            };
        }
        self.statement("COMMIT").map_err(|error| {
            self.roll_back();
            fail(error)
        })
    }

    /// Runs one job so that its failure undoes its own changes only.
    ///
    /// An error here means that the whole transaction is lost.
    fn savepoint(&self, job: &mut dyn Job, appended: &RefCell<Vec<Appended>>) -> Result<(), Error> {
        let before = appended.borrow().len();
        let fail = |error| typed(&self.path, &error);
        self.statement("SAVEPOINT job").map_err(fail)?;
        let tx = Tx {
            sql: &self.connection,
            now: self.clock.now(),
            appended,
        };
        if let Err(error) = job.work(&tx, &self.path) {
            appended.borrow_mut().truncate(before);
            // SQLite ends the transaction itself on some errors, a full disk among them.
            if self.connection.is_autocommit() {
                return Err(error);
            }
            self.statement("ROLLBACK TO job").map_err(fail)?;
        }
        self.statement("RELEASE job").map_err(fail)
    }

    fn roll_back(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.statement("ROLLBACK") {
            warn!(%error, "cannot roll back a failed write");
        }
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(sql)?
            .execute([])
            .map(|_rows| ())
    }

    /// Moves the write-ahead log into the database while nobody waits.
    fn move_log(&self) {
        if let Err(error) = connect::checkpoint(&self.connection, "PASSIVE") {
            warn!(error = %typed(&self.path, &error), "cannot move the write-ahead log");
        }
    }
}

#[cfg(test)]
mod tests;
