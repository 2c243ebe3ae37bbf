//! What waits to be sent to one connection.

use super::link::Told;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Above this many waiting bytes, what may be missed is left out.
const BUSY_BYTES: usize = 1024 * 1024;

/// Above this many, the connection is given up. Source: WebSocket protocol, section 14.
pub(crate) const MAX_BUFFERED: usize = 52_428_800;

/// Above this many over all connections, those that hold much are given up too.
const MAX_BUFFERED_IN_ALL: usize = 512 * 1024 * 1024;

/// What waits on all connections together, in bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Reservoir(Arc<AtomicUsize>);

impl Reservoir {
    /// Counts a change and returns the total.
    fn add(&self, bytes: usize) -> usize {
        self.0.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Why and how a connection is closed. Source: WebSocket protocol, section 19.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Close {
    /// The code.
    pub(crate) code: u16,
    /// The reason; cut to 120 bytes when sent.
    pub(crate) reason: String,
}

impl Close {
    /// A code with its reason.
    pub(crate) fn new(code: u16, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

/// Something to send.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A whole frame.
    Frame(String),
    /// A question for a sign of life.
    Ping,
    /// An event, written when its number is known.
    Event { told: Told, numbered: bool },
}

impl Outgoing {
    fn weight(&self) -> usize {
        match self {
            Self::Frame(text) => text.len(),
            Self::Ping => 2,
            Self::Event { told, .. } => told.payload.len() + 96,
        }
    }

    fn may_be_missed(&self) -> bool {
        matches!(self, Self::Event { told, .. } if told.droppable)
    }
}

/// A queue bounded by bytes.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    news: Notify,
    reservoir: Reservoir,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Outgoing>,
    bytes: usize,
    seq: u64,
    close: Option<Close>,
    given_up: bool,
}

/// The next thing to do with the socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send this text.
    Send(String),
    /// Ask for a sign of life.
    Ping,
    /// Close.
    Close(Close),
    /// Let go without a word.
    GiveUp,
}

impl Outbox {
    /// An empty one that counts in `reservoir`.
    pub(super) fn new(reservoir: Reservoir) -> Self {
        Self {
            queue: Mutex::default(),
            news: Notify::new(),
            reservoir,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, outgoing: Outgoing) {
        let mut queue = self.lock();
        if queue.close.is_some() || (queue.bytes > BUSY_BYTES && outgoing.may_be_missed()) {
            return;
        }
        let weight = outgoing.weight();
        queue.bytes += weight;
        queue.waiting.push_back(outgoing);
        let in_all = self.reservoir.add(weight);
        let holds_much = queue.bytes > BUSY_BYTES && in_all > MAX_BUFFERED_IN_ALL;
        if queue.bytes > MAX_BUFFERED || holds_much {
            self.reservoir.give_back(queue.bytes);
            queue.waiting = VecDeque::new();
            queue.bytes = 0;
            queue.close = Some(Close::new(1008, "slow consumer"));
        }
        drop(queue);
        self.news.notify_one();
    }

    /// Lets go of the connection at once; its other end is not there any more.
    pub(super) fn give_up(&self) {
        self.lock().given_up = true;
        self.news.notify_one();
    }

    pub(super) fn close(&self, close: Close) {
        self.lock().close.get_or_insert(close);
        self.news.notify_one();
    }

    /// What comes next.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn next(&self) -> Next {
        loop {
            let news = self.news.notified();
            if let Some(next) = self.take() {
                return next;
            }
            news.await;
        }
    }

    fn take(&self) -> Option<Next> {
        let mut queue = self.lock();
        if queue.given_up {
            return Some(Next::GiveUp);
        }
        let Some(outgoing) = queue.waiting.pop_front() else {
            queue.waiting = VecDeque::new();
            return queue.close.clone().map(Next::Close);
        };
        let weight = outgoing.weight();
        queue.bytes = queue.bytes.saturating_sub(weight);
        self.reservoir.give_back(weight);
        Some(match outgoing {
            Outgoing::Frame(text) => Next::Send(text),
            Outgoing::Ping => Next::Ping,
            Outgoing::Event { told, numbered } => {
                let seq = numbered.then(|| {
                    queue.seq += 1;
                    queue.seq
                });
                Next::Send(event_frame(&told, seq))
            }
        })
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let bytes = self.lock().bytes;
        self.reservoir.give_back(bytes);
    }
}

/// An event as it is sent.
pub(super) fn event_frame(told: &Told, seq: Option<u64>) -> String {
    let name = told.event.name;
    let mut text = String::with_capacity(told.payload.len() + 96);
    text.push_str("{\"type\":\"event\",\"event\":\"");
    text.push_str(name);
    text.push_str("\",\"payload\":");
    text.push_str(&told.payload);
    let written = match (seq, told.version) {
        (Some(seq), Some(version)) => write!(
            text,
            ",\"seq\":{seq},\"stateVersion\":{{\"presence\":{},\"health\":{}}}}}",
            version.presence, version.health
        ),
        (Some(seq), None) => write!(text, ",\"seq\":{seq}}}"),
        (None, _) => write!(text, "}}"),
    };
    // Writing into a string does not fail.
    written.ok();
    text
}

#[cfg(test)]
mod tests;
