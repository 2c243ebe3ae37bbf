//! What the byte side and the answering side of one connection tell each other.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// Why a head was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::net) enum Fault {
    /// Not HTTP/1.1 as specified, or ambiguous.
    Malformed,
    /// A request line over the limit.
    TargetTooLong,
    /// One header, all of them, or their number over the limit.
    HeadersTooLarge,
    /// Not finished in time.
    TimedOut,
}

impl Fault {
    fn code(self) -> u8 {
        match self {
            Self::Malformed => 0,
            Self::TargetTooLong => 1,
            Self::HeadersTooLarge => 2,
            Self::TimedOut => 3,
        }
    }

    fn of(code: u8) -> Self {
        match code {
            1 => Self::TargetTooLong,
            2 => Self::HeadersTooLarge,
            3 => Self::TimedOut,
            _ => Self::Malformed,
        }
    }
}

/// Shared by the two sides, which run in one task: relaxed atomics suffice, and only because the
/// types must be `Send` are they atomics at all.
#[derive(Debug, Default)]
pub(in crate::net) struct Exchange {
    busy: AtomicBool,
    started: AtomicU64,
    refused_at: AtomicU64,
    fault: AtomicU8,
}

impl Exchange {
    /// A request begins; returns its number on this connection, from 1.
    pub(in crate::net) fn start(&self) -> u64 {
        self.busy.store(true, Ordering::Relaxed);
        self.started.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The answer is written, or given up.
    pub(in crate::net) fn finish(&self) {
        self.busy.store(false, Ordering::Relaxed);
    }

    /// Whether a request is being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Says that the head with this number is a stand-in for one that was refused.
    pub(super) fn refuse(&self, number: u64, fault: Fault) {
        self.fault.store(fault.code(), Ordering::Relaxed);
        self.refused_at.store(number, Ordering::Relaxed);
    }

    /// Why the request with this number is a stand-in, if it is.
    pub(in crate::net) fn fault_of(&self, number: u64) -> Option<Fault> {
        let refused = self.refused_at.load(Ordering::Relaxed) == number;
        refused.then(|| Fault::of(self.fault.load(Ordering::Relaxed)))
    }
}
