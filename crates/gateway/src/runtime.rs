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
    responses: AtomicBool,
    messages: AtomicBool,
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
            responses: AtomicBool::new(false),
            messages: AtomicBool::new(false),
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

    /// Whether `/v1/responses` is served.
    pub fn serves_responses(&self) -> bool {
        self.responses.load(Ordering::Relaxed)
    }

    /// Whether `/v1/messages` is served.
    pub fn serves_messages(&self) -> bool {
        self.messages.load(Ordering::Relaxed)
    }

    /// Everything at once.
    pub fn snapshot(&self) -> Snapshot {
        self.seen
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_addresses(&self, addresses: Vec<String>) {
        self.seen
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .addresses = addresses;
    }

    pub(crate) fn set_settings(
        &self,
        endpoints: Endpoints,
        auth_mode: &str,
        warnings: Vec<String>,
    ) {
        self.chat_completions
            .store(endpoints.chat_completions, Ordering::Relaxed);
        self.responses.store(endpoints.responses, Ordering::Relaxed);
        self.messages.store(endpoints.messages, Ordering::Relaxed);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.endpoints = endpoints;
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
