//! One connected client, as the rest of the gateway sees it.

use super::outbox::{Close, Outbox, Outgoing};
use crate::net::{Identity, Scope, Scopes};
use domain::UnixMillis;
use protocol::{ClientProgram, EventRow, Guard, Protocol, Role, StateVersion};
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A connection whose `connect` was accepted. Shared; ends when its socket does.
#[derive(Debug)]
pub(crate) struct Link {
    /// Names the connection; a random UUID.
    pub(crate) id: String,
    /// The version it speaks.
    pub(crate) protocol: Protocol,
    /// What it is.
    pub(crate) role: Role,
    /// Whose sessions and whose bill.
    pub(crate) identity: Identity,
    /// What it may do.
    pub(crate) scopes: Scopes,
    /// Which program it is.
    pub(crate) client: ClientProgram,
    /// What it said it can do.
    pub(crate) caps: BTreeSet<String>,
    /// Its device key, as the id made from it.
    pub(crate) device: Option<String>,
    /// Where it comes from, behind trusted proxies.
    pub(crate) address: IpAddr,
    /// When it was accepted.
    pub(crate) since: UnixMillis,
    /// The generation of the secrets it was let in under.
    pub(crate) generation: u64,
    /// What it asked to hear of sessions.
    pub(crate) heard: Mutex<Heard>,
    pub(super) outbox: Outbox,
    /// Spreads over time what happens to every connection.
    pub(super) slot: u64,
    /// How many questions for a sign of life were not answered.
    pub(super) silence: AtomicU32,
}

/// What a connection asked to hear of sessions.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Every session.
    pub(crate) all: bool,
    /// These sessions, by canonical key.
    pub(crate) keys: BTreeSet<String>,
}

/// Something to tell, written once for all who hear it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(super) event: &'static EventRow,
    pub(super) payload: Arc<str>,
    pub(super) droppable: bool,
    pub(super) version: Option<StateVersion>,
}

impl Told {
    /// An event of the table with its payload; `None`, and a line in the log, for one that is not
    /// in the table or cannot be written as JSON.
    pub(crate) fn new(event: &str, payload: &impl Serialize) -> Option<Self> {
        let Some(info) = protocol::event_info(event) else {
            tracing::error!(event, "an event that is not in the table was not sent");
            return None;
        };
        match serde_json::to_string(payload) {
            Ok(text) => Some(Self {
                event: info,
                payload: text.into(),
                droppable: info.droppable,
                version: None,
            }),
            Err(error) => {
                tracing::error!(event, %error, "an event cannot be written as JSON");
                None
            }
        }
    }

    /// How many bytes its payload has.
    pub(crate) fn weight(&self) -> usize {
        self.payload.len()
    }

    /// The same, as one that a slow reader may miss.
    #[must_use]
    pub(crate) fn droppable(mut self) -> Self {
        self.droppable = true;
        self
    }

    /// The same with the counters of presence and health.
    #[must_use]
    pub(crate) fn with_version(mut self, version: StateVersion) -> Self {
        self.version = Some(version);
        self
    }
}

impl Link {
    /// Whether the table lets this connection hear an event that is not addressed to it.
    pub(crate) fn may_hear(&self, event: &EventRow) -> bool {
        if self.role != Role::Operator {
            return false;
        }
        match event.guard {
            Guard::Operators => true,
            Guard::Needs(scope) => crate::rpc::scope(scope).is_none_or(|it| self.scopes.allow(it)),
            Guard::Addressed => false,
        }
    }

    /// Whether it may do this.
    pub(crate) fn allows(&self, scope: Scope) -> bool {
        self.scopes.allow(scope)
    }

    /// Whether it said it can do this.
    pub(crate) fn can(&self, cap: &str) -> bool {
        self.caps.contains(cap)
    }

    /// Whether it asked to hear of this session.
    pub(crate) fn hears(&self, session: &str) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.all || heard.keys.contains(session)
    }

    /// Tells it, with the next number of its own count. Whether it may hear is the caller's to know.
    pub(crate) fn tell(&self, told: &Told) {
        self.outbox.push(Outgoing::Event {
            told: told.clone(),
            numbered: true,
        });
    }

    /// Tells it something addressed to it alone, without a number.
    pub(crate) fn address(&self, told: &Told) {
        self.outbox.push(Outgoing::Event {
            told: told.clone(),
            numbered: false,
        });
    }

    /// Notes a sign of life.
    pub(super) fn is_alive(&self) {
        self.silence.store(0, Ordering::Relaxed);
    }

    /// Asks for a sign of life; lets go of a connection that gave none since it was asked twice.
    pub(super) fn pulse(&self) {
        if self.silence.fetch_add(1, Ordering::Relaxed) >= 2 {
            self.outbox.give_up();
        } else {
            self.outbox.push(Outgoing::Ping);
        }
    }

    /// Sends an answer.
    pub(super) fn answer(&self, frame: String) {
        self.outbox.push(Outgoing::Frame(frame));
    }

    /// Sends what waits, then closes.
    pub(crate) fn close(&self, close: Close) {
        self.outbox.close(close);
    }
}
