//! The SQLite store: one file `state.db`, one writer thread with group commit, a few readers.
//!
//! Every write goes through `writer`: it drains what is waiting into one transaction, commits
//! once, and answers all. Reads go to `readers` on blocking threads and never wait for writes.

mod connect;
mod cooldowns;
mod documents;
mod encode;
mod failure;
mod head;
mod health;
mod job;
mod lease;
mod log;
mod metering;
mod migrate;
mod queue;
mod readers;
mod responses;
mod row;
mod sessions;
mod trim;
mod writer;

use crate::lock::{GatewayLock, Hold};
use crate::{Appended, Error, State, directory};
use domain::{Clock, SystemClock};
use failure::Failure;
use job::Tx;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::sync::broadcast;

const FILE: &str = "state.db";
/// How many appends a slow listener may be behind before it has to go back to the log.
const TAIL: usize = 8_192;

/// Where the store lives and what it may use.
#[derive(Clone)]
pub struct SqliteConfig {
    /// The state directory.
    pub dir: PathBuf,
    /// Tells the time for records, leases and keys.
    pub clock: Arc<dyn Clock>,
    /// How many writes may wait before [`Error::Overloaded`].
    pub max_waiting: usize,
    /// How many bytes of records may wait before [`Error::Overloaded`].
    pub max_waiting_bytes: usize,
    /// The largest size of the database in bytes, rounded down to pages of 4,096; beyond it writes
    /// answer [`Error::DiskFull`]. `None` leaves it to the disk.
    pub max_bytes: Option<u64>,
}

impl SqliteConfig {
    /// The defaults for a state directory: the machine's clock, 4,096 waiting writes of together
    /// 64 MiB, no cap on the size.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            clock: Arc::new(SystemClock),
            max_waiting: 4096,
            max_waiting_bytes: 64 << 20,
            max_bytes: None,
        }
    }
}

/// What all the trait implementations share.
struct Store {
    writer: Arc<writer::Writer>,
    readers: readers::Readers,
    clock: Arc<dyn Clock>,
    tail: broadcast::Sender<Appended>,
    /// The first sign of damage; from then on the store calls itself unhealthy.
    damage: OnceLock<Error>,
}

/// Opens `state.db` in the state directory, making or migrating it as needed.
///
/// The caller takes the [`GatewayLock`] first; the store shares it until its last write is done.
///
/// # Errors
/// [`Error::NewerSchema`], [`Error::Corrupt`], [`Error::DiskFull`]; [`Error::Unavailable`] when the
/// directory cannot be written or the file belongs to another program.
pub async fn open(config: SqliteConfig, lock: &GatewayLock) -> Result<State, Error> {
    let hold = lock.share();
    let opened = tokio::task::spawn_blocking(move || Store::open(&config, hold)).await;
    let store = Arc::new(opened.map_err(|_panicked| Error::Closed)??);
    Ok(State {
        log: store.clone(),
        queue: store.clone(),
        leases: store.clone(),
        sessions: store.clone(),
        metering: store.clone(),
        cooldowns: store.clone(),
        documents: store.clone(),
        responses: store.clone(),
        health: store,
    })
}

impl Store {
    fn open(config: &SqliteConfig, hold: Hold) -> Result<Self, Error> {
        directory::prepare(&config.dir)?;
        let path: Arc<Path> = config.dir.join(FILE).into();
        let connection = connect::for_writing(&path, config.max_bytes)?;
        let readers = readers::Readers::open(&path)?;
        let tail = broadcast::Sender::new(TAIL);
        let writer = writer::Writer::start(connection, config, path, hold, tail.clone())?;
        Ok(Self {
            writer: Arc::new(writer),
            readers,
            clock: Arc::clone(&config.clock),
            tail,
            damage: OnceLock::new(),
        })
    }

    /// Hands over a write of about `weight` bytes and waits until it is on disk.
    async fn write<T, F>(&self, weight: usize, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, Failure> + Send + 'static,
    {
        self.noticed(self.writer.write(weight, work).await)
    }

    /// Runs a query on what is committed.
    async fn read<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.noticed(self.readers.read(query).await)
    }

    fn noticed<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error @ Error::Corrupt { .. }) = &result {
            self.damage.get_or_init(|| error.clone());
        }
        result
    }
}
