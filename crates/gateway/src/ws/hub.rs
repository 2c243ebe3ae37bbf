//! Everybody who is connected, and how they are told.

use super::link::{Link, Told};
use super::outbox::{Close, Reservoir};
use super::presence::Roll;
use protocol::{Protocol, StateVersion};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The connected clients. Telling never waits for anybody's socket.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    links: RwLock<HashMap<String, Arc<Link>>>,
    joined: AtomicU64,
    presence: AtomicU64,
    health: AtomicU64,
    /// Who is here.
    pub(crate) roll: Roll,
    pub(super) reservoir: Reservoir,
}

impl Hub {
    /// Tells everybody who may hear it.
    pub(crate) fn publish(&self, event: &str, payload: &impl Serialize) {
        self.publish_to(event, payload, |_| true);
    }

    /// Tells those who may hear it and whom `chosen` picks.
    pub(crate) fn publish_to(
        &self,
        event: &str,
        payload: &impl Serialize,
        chosen: impl Fn(&Link) -> bool,
    ) {
        if let Some(told) = Told::new(event, payload) {
            self.spread(&told, chosen);
        }
    }

    /// The same for something that is written already.
    pub(crate) fn spread(&self, told: &Told, chosen: impl Fn(&Link) -> bool) {
        for link in self.read().values() {
            if link.may_hear(told.event) && chosen(link) {
                link.tell(told);
            }
        }
    }

    /// Whether anybody would hear it; saves the work of finding out what to tell.
    pub(crate) fn has_listener(&self, chosen: impl Fn(&Link) -> bool) -> bool {
        self.read().values().any(|link| chosen(link))
    }

    /// One connection.
    pub(crate) fn link(&self, id: &str) -> Option<Arc<Link>> {
        self.read().get(id).cloned()
    }

    /// Every connection.
    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        self.read().values().cloned().collect()
    }

    /// Closes those that `chosen` picks and returns how many.
    pub(crate) fn close(&self, close: &Close, chosen: impl Fn(&Link) -> bool) -> usize {
        let links = self.read();
        let mut closed = 0;
        for link in links.values().filter(|link| chosen(link)) {
            link.close(close.clone());
            closed += 1;
        }
        closed
    }

    /// Tells everybody, nodes too, that the gateway stops.
    pub(crate) fn announce_shutdown(&self) {
        let reason = "gateway stopping";
        let new = Told::new("shutdown", &json!({ "reason": reason }));
        // When somebody starts it again is not known here; version 3 has a field for it all the same.
        let payload = json!({ "reason": reason, "restartExpectedMs": null });
        let old = Told::new("shutdown", &payload);
        for link in self.read().values() {
            let told = match link.protocol {
                Protocol::V3 => &old,
                Protocol::V4 => &new,
            };
            if let Some(told) = told {
                link.tell(told);
            }
        }
    }

    /// How often presence and health have changed.
    pub(crate) fn version(&self) -> StateVersion {
        StateVersion {
            presence: self.presence.load(Ordering::Relaxed),
            health: self.health.load(Ordering::Relaxed),
        }
    }

    /// Counts a change of presence.
    pub(crate) fn presence_changed(&self) -> StateVersion {
        self.presence.fetch_add(1, Ordering::Relaxed);
        self.version()
    }

    /// Counts a change of health.
    pub(crate) fn health_changed(&self) -> StateVersion {
        self.health.fetch_add(1, Ordering::Relaxed);
        self.version()
    }

    /// How many are connected.
    pub(super) fn count(&self) -> usize {
        self.read().len()
    }

    /// Every connection with a number that spreads what happens to each over time.
    pub(super) fn slots(&self) -> Vec<(u64, Arc<Link>)> {
        let links = self.read();
        links
            .values()
            .map(|link| (link.slot, Arc::clone(link)))
            .collect()
    }

    /// The number of the next connection.
    pub(super) fn slot(&self) -> u64 {
        self.joined.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn add(&self, link: Arc<Link>) {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        links.insert(link.id.clone(), link);
    }

    pub(super) fn remove(&self, id: &str) {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        links.remove(id);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<String, Arc<Link>>> {
        self.links.read().unwrap_or_else(PoisonError::into_inner)
    }
}
