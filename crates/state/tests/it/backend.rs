//! A SQLite store in a temporary directory.

use async_trait::async_trait;
use domain::UnixMillis;
use state::conformance::{Backend, SteppedClock};
use state::sqlite::{self, SqliteConfig};
use state::{GatewayLock, LockInfo, State};
use std::path::Path;
use std::sync::Arc;

/// The present of tests: 2026-01-01.
const START: UnixMillis = UnixMillis(1_767_225_600_000);

/// A store that is removed at the end of the test.
pub(crate) struct Sqlite {
    pub(crate) dir: tempfile::TempDir,
    clock: Arc<SteppedClock>,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(SteppedClock::new(START)),
        }
    }

    pub(crate) fn config(&self) -> SqliteConfig {
        SqliteConfig {
            clock: self.clock.clone(),
            ..SqliteConfig::new(self.dir.path())
        }
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn open(&self) -> State {
        open(self.config()).await.unwrap()
    }

    fn clock(&self) -> &SteppedClock {
        &self.clock
    }
}

/// Takes the directory and opens the store in it.
pub(crate) async fn open(config: SqliteConfig) -> Result<State, state::Error> {
    let lock = lock(&config.dir)?;
    sqlite::open(config, &lock).await
}

/// Takes the directory as this process.
pub(crate) fn lock(dir: &Path) -> Result<GatewayLock, state::Error> {
    let pid = std::process::id();
    GatewayLock::acquire(
        dir,
        &LockInfo {
            pid,
            version: "0.0.0".to_owned(),
            ..LockInfo::default()
        },
    )
}
