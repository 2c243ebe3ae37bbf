//! A write waiting for its turn, and the one who waits for its result.

use super::failure::Failure;
use crate::{Appended, Error};
use domain::UnixMillis;
use rusqlite::Connection;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tokio::sync::oneshot;

/// The open transaction a job works in.
pub(super) struct Tx<'a> {
    /// The writer's connection.
    pub(super) sql: &'a Connection,
    /// The present moment.
    pub(super) now: UnixMillis,
    /// Sessions that have new records, to be told when they are on disk.
    pub(super) appended: &'a RefCell<Vec<Appended>>,
}

/// A job whose result type is forgotten.
pub(super) trait Job: Send {
    /// Does the work once, inside the caller's savepoint.
    ///
    /// # Errors
    /// Why its changes must not stay.
    fn work(&mut self, tx: &Tx<'_>, path: &Path) -> Result<(), Error>;

    /// Tells the one who waits: the job's own result, or why the commit failed.
    fn answer(self: Box<Self>, committed: Result<(), Error>);

    /// Bytes of records it carries.
    fn weight(&self) -> usize;
}

/// A job with its result and the one who waits for it.
pub(super) struct Ticket<T, F> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
    weight: usize,
}

impl<T, F> Ticket<T, F>
where
    F: FnOnce(&Tx<'_>) -> Result<T, Failure>,
{
    /// A ticket for `work` and where its result will arrive.
    pub(super) fn new(weight: usize, work: F) -> (Self, oneshot::Receiver<Result<T, Error>>) {
        let (reply, result) = oneshot::channel();
        (
            Self {
                work: Some(work),
                result: None,
                reply,
                weight,
            },
            result,
        )
    }
}

impl<T, F> Job for Ticket<T, F>
where
    T: Send,
    F: FnOnce(&Tx<'_>) -> Result<T, Failure> + Send,
{
    fn work(&mut self, tx: &Tx<'_>, path: &Path) -> Result<(), Error> {
        let Some(work) = self.work.take() else {
            return Err(Error::Closed);
        };
        // The savepoint is rolled back after a panic, so nothing half-done is ever seen.
        let result = match catch_unwind(AssertUnwindSafe(|| work(tx))) {
            Ok(result) => result.map_err(|failure| failure.typed(path)),
            Err(_panic) => Err(Error::Unavailable {
                path: path.to_owned(),
                detail: "a write panicked and was undone".to_owned(),
            }),
        };
        let verdict = result.as_ref().map(|_value| ()).map_err(Clone::clone);
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, committed: Result<(), Error>) {
        let result = match (committed, self.result) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(Error::Closed),
        };
        // Nobody listening means the caller went away; the write stays, as promised.
        drop(self.reply.send(result));
    }

    fn weight(&self) -> usize {
        self.weight
    }
}
