//! One timer per connection that is re-armed as rarely as possible.

use std::future::Future as _;
use std::pin::Pin;
use std::task::Context;
use tokio::time::{Instant, Sleep, sleep_until};

/// A timer whose due time usually moves later; touching the runtime's wheel only when it fires
/// early or must fire earlier keeps busy connections cheap.
#[derive(Debug)]
pub(super) struct Alarm(Pin<Box<Sleep>>);

impl Alarm {
    pub(super) fn new(due: Instant) -> Self {
        Self(Box::pin(sleep_until(due)))
    }

    /// When the timer is set to fire.
    pub(super) fn due(&self) -> Instant {
        self.0.deadline()
    }

    /// Whether `due` has passed; if not, the task is woken then (or earlier).
    pub(super) fn is_over(&mut self, due: Instant, cx: &mut Context<'_>) -> bool {
        if due < self.0.deadline() {
            self.0.as_mut().reset(due);
        }
        while self.0.as_mut().poll(cx).is_ready() {
            if self.0.deadline() >= due {
                return true;
            }
            self.0.as_mut().reset(due);
        }
        false
    }
}
