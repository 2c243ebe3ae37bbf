//! What changes while the gateway runs and every surface may ask for.

use protocol::methods::status::Endpoints;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// The present state of the process. Shared inside the services.
#[derive(Debug)]
pub struct Runtime {
    database: PathBuf,
    chat_completions: AtomicBool,
    seen: RwLock<Snapshot>,
}

/// What [`Runtime::snapshot`] shows.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The program's version.
    pub version: &'static str,
    /// Where it listens, as `http://host:port`; the first is the one to show.
    pub addresses: Vec<String>,
    /// `token`, `password`, `none` or `trusted-proxy`.
    pub auth_mode: String,
    /// Which switchable routes are served.
    pub endpoints: Endpoints,
    /// What was ignored or waits for a restart, one line each.
    pub warnings: Vec<String>,
}

impl Runtime {
    pub(crate) fn new(database: PathBuf, version: &'static str) -> Self {
        let seen = Snapshot {
            version,
            ..Snapshot::default()
        };
        Self {
            database,
            chat_completions: AtomicBool::new(false),
            seen: RwLock::new(seen),
        }
    }

    /// Where the sessions are stored.
    pub fn database_path(&self) -> &Path {
        &self.database
    }

    /// Whether `/v1/chat/completions` is served.
    pub fn serves_chat_completions(&self) -> bool {
        self.chat_completions.load(Ordering::Relaxed)
    }

    /// Everything at once.
    pub fn snapshot(&self) -> Snapshot {
        let mut seen = self
            .seen
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        seen.endpoints.chat_completions = self.serves_chat_completions();
        seen
    }

    pub(crate) fn set_addresses(&self, addresses: Vec<String>) {
        self.seen
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .addresses = addresses;
    }

    pub(crate) fn set_settings(
        &self,
        chat_completions: bool,
        auth_mode: &str,
        warnings: Vec<String>,
    ) {
        self.chat_completions
            .store(chat_completions, Ordering::Relaxed);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        auth_mode.clone_into(&mut seen.auth_mode);
        seen.warnings = warnings;
    }

    pub(crate) fn set_warnings(&self, warnings: Vec<String>) {
        self.seen
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .warnings = warnings;
    }
}
