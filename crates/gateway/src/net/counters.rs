//! What happened at the door, counted.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Running totals since the start. Cheap to bump from any task.
        #[derive(Debug, Default)]
        pub struct Counters { $(pub(super) $name: Count,)* }

        /// The totals at one moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct CountersSnapshot { $($(#[$doc])* pub $name: u64,)* }

        impl Counters {
            /// Reads every total; the values are not from one single instant.
            pub fn snapshot(&self) -> CountersSnapshot {
                CountersSnapshot { $($name: self.$name.get(),)* }
            }
        }
    };
}

counters! {
    /// Connections accepted.
    accepted,
    /// Connections accepted and not closed yet.
    open,
    /// Connections closed at once because their address had too many.
    refused_per_ip,
    /// Failed accepts, such as "too many open files".
    accept_errors,
    /// Requests that reached the guard.
    requests,
    /// Requests the guard refused.
    guarded,
    /// Requests refused because of their framing, size or slowness.
    malformed,
    /// Handlers and answers that panicked.
    panics,
}

/// One total. Wraps around after 2^64.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
