//! What waits to be sent to one connection.

use super::link::Told;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Above this many waiting bytes, what may be missed is left out.
const BUSY_BYTES: usize = 1024 * 1024;

/// Above this many, the connection is given up. Source: WebSocket protocol, section 14.
pub(crate) const MAX_BUFFERED: usize = 52_428_800;

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
    /// An event, written when its number is known.
    Event { told: Told, numbered: bool },
}

impl Outgoing {
    fn weight(&self) -> usize {
        match self {
            Self::Frame(text) => text.len(),
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
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Outgoing>,
    bytes: usize,
    seq: u64,
    close: Option<Close>,
}

/// The next thing to do with the socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send this text.
    Send(String),
    /// Close.
    Close(Close),
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, outgoing: Outgoing) {
        let mut queue = self.lock();
        if queue.close.is_some() || (queue.bytes > BUSY_BYTES && outgoing.may_be_missed()) {
            return;
        }
        queue.bytes += outgoing.weight();
        queue.waiting.push_back(outgoing);
        if queue.bytes > MAX_BUFFERED {
            queue.waiting.clear();
            queue.bytes = 0;
            queue.close = Some(Close::new(1008, "slow consumer"));
        }
        drop(queue);
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
        let Some(outgoing) = queue.waiting.pop_front() else {
            return queue.close.clone().map(Next::Close);
        };
        queue.bytes = queue.bytes.saturating_sub(outgoing.weight());
        Some(Next::Send(match outgoing {
            Outgoing::Frame(text) => text,
            Outgoing::Event { told, numbered } => {
                let seq = numbered.then(|| {
                    queue.seq += 1;
                    queue.seq
                });
                event_frame(&told, seq)
            }
        }))
    }
}

fn event_frame(told: &Told, seq: Option<u64>) -> String {
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
    drop(written);
    text
}
