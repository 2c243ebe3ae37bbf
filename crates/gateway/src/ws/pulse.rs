//! What happens to all connections as time passes, without a timer for each.

use super::hello;
use super::hub::Hub;
use super::link::Told;
use super::outbox::Close;
use super::sockets::Sockets;
use crate::net::Scopes;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often each connection is told the time, and asked for a sign of life. In whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Time between two ticks of a connection, as its hello says.
    pub tick: Duration,
    /// Time between two pings. A peer that leaves two of them unanswered is let go at the third.
    pub ping: Duration,
}

impl Default for Rhythm {
    /// Source: WebSocket protocol, sections 1 and 18.
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(30),
            ping: Duration::from_secs(25),
        }
    }
}

/// How often is looked whether something has changed.
const LOOK: Duration = Duration::from_millis(250);

/// Least time between two events about presence; with many connections it is more.
const PRESENCE: Duration = Duration::from_millis(250);

/// How often health is told though it has not changed.
const HEALTH: Duration = Duration::from_mins(1);

/// Lets time pass until `stopping`: ticks and pings of each connection at its own moment, changes
/// of presence and health, and the end of those whose secret is no longer the gateway's.
pub(crate) async fn pulse(sockets: Arc<Sockets>, stopping: CancellationToken) {
    let mut beat = interval(LOOK);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut heart = Heart::new(&sockets);
    while stopping.run_until_cancelled(beat.tick()).await.is_some() {
        heart.beat(&sockets).await;
    }
}

/// What was told last.
struct Heart {
    started: Instant,
    second: u64,
    generation: u64,
    presence: u64,
    told_presence: Instant,
    failing: Vec<String>,
    told_health: Instant,
}

impl Heart {
    fn new(sockets: &Sockets) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            second: 0,
            generation: sockets.authority.generation(),
            presence: sockets.hub().version().presence,
            told_presence: now,
            failing: Vec::new(),
            told_health: now,
        }
    }

    async fn beat(&mut self, sockets: &Arc<Sockets>) {
        let hub = sockets.hub();
        self.let_go(hub, sockets.authority.generation());
        let now = Instant::now();
        let second = now.duration_since(self.started).as_secs();
        while self.second < second {
            self.second += 1;
            let now = sockets.services.clock.now().0;
            tick(hub, sockets.rhythm, self.second, now);
        }
        self.presence(sockets, now);
        self.health(sockets, now).await;
    }

    /// Closes the connections that were let in under an older secret.
    fn let_go(&mut self, hub: &Hub, generation: u64) {
        if generation != self.generation {
            self.generation = generation;
            let changed = Close::new(4001, "gateway auth changed");
            hub.close(&changed, |link| link.generation < generation);
        }
    }

    fn presence(&mut self, sockets: &Sockets, now: Instant) {
        let hub = sockets.hub();
        let services = &sockets.services;
        if hub.roll.expire(services.clock.now()) {
            hub.presence_changed();
        }
        let version = hub.version();
        if version.presence == self.presence {
            return;
        }
        let crowd = u32::try_from(hub.count()).unwrap_or(u32::MAX);
        let pause = PRESENCE + Duration::from_micros(250).saturating_mul(crowd);
        if now.duration_since(self.told_presence) < pause {
            return;
        }
        (self.presence, self.told_presence) = (version.presence, now);
        let list = hub
            .roll
            .list(services.runtime.snapshot().version, services.clock.as_ref());
        if let Some(told) = Told::new("presence", &json!({ "presence": list })) {
            hub.spread(&told.with_version(version), |_| true);
        }
    }

    async fn health(&mut self, sockets: &Arc<Sockets>, now: Instant) {
        let failing = sockets.services.health.report().failing;
        let is_due = now.duration_since(self.told_health) >= HEALTH;
        if failing == self.failing && !is_due {
            return;
        }
        (self.failing, self.told_health) = (failing, now);
        let hub = sockets.hub();
        let version = hub.health_changed();
        if !hub.has_listener(|_| true) {
            return;
        }
        if let Some(told) = Told::new("health", &hello::health(sockets, Scopes::none()).await) {
            hub.spread(&told.with_version(version), |_| true);
        }
    }
}

/// One second: those whose moment it is get their tick, and are asked for a sign of life.
fn tick(hub: &Hub, rhythm: Rhythm, second: u64, now: i64) {
    let Some(told) = Told::new("tick", &json!({ "ts": now })) else {
        return;
    };
    for (slot, link) in hub.slots() {
        if (second + slot).is_multiple_of(rhythm.tick.as_secs()) {
            // Nodes wait for it too, though it is not addressed to them.
            link.tell(&told);
        }
        if (second + slot).is_multiple_of(rhythm.ping.as_secs()) {
            link.pulse();
        }
    }
}
