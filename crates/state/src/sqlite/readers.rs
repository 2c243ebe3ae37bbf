//! A few read-only connections, used on blocking threads.

use super::connect;
use super::failure::Failure;
use crate::Error;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// More connections than this would only wait for the same disk.
const COUNT: usize = 3;

/// The pool. Each read sees every write that was answered before it began.
pub(super) struct Readers {
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    path: Arc<Path>,
}

impl Readers {
    pub(super) fn open(path: &Arc<Path>) -> Result<Self, Error> {
        let idle = (0..COUNT)
            .map(|_| connect::for_reading(path))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(COUNT)),
            idle: Arc::new(Mutex::new(idle)),
            path: path.clone(),
        })
    }

    /// Runs `query` on a free connection; waits for one if needed.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Error::Closed)?;
        let (idle, path) = (self.idle.clone(), self.path.clone());
        let reading = tokio::task::spawn_blocking(move || {
            // Moved in, so that the permit outlives a caller that stops waiting.
            let permit = permit;
            let taken = lock(&idle).pop();
            // Empty only after a query panicked and took its connection along.
            let connection = match taken {
                Some(connection) => connection,
                None => connect::for_reading(&path)?,
            };
            let result = query(&connection).map_err(|failure| failure.typed(&path));
            lock(&idle).push(connection);
            drop(permit);
            result
        });
        match reading.await {
            Ok(result) => result,
            Err(failed) => Err(Error::Unavailable {
                path: self.path.to_path_buf(),
                detail: format!("a read did not finish: {failed}"),
            }),
        }
    }

    /// Refuses new reads, waits for the running ones and closes the connections.
    pub(super) async fn close(&self) {
        let every = u32::try_from(COUNT).unwrap_or(u32::MAX);
        // Refused when closed already: then there is nothing left to wait for.
        if let Ok(permits) = self.permits.acquire_many(every).await {
            lock(&self.idle).clear();
            self.permits.close();
            drop(permits);
        }
    }
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
