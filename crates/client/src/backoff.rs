//! How long to wait before the next attempt.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// At most.
const LONGEST: Duration = Duration::from_secs(30);

/// Delays that double from one second to thirty, each shortened by chance to between a half and
/// the whole, so that clients that lost a gateway together do not return together.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The delay after one more failure.
    pub fn delay(&mut self) -> Duration {
        let full = FIRST
            .saturating_mul(1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = full / 2;
        // Without randomness of the system the delay is simply not shortened.
        let chance = getrandom::u32().unwrap_or(u32::MAX);
        half + half.mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }

    /// After a success the delays begin anew.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_thirty_seconds_and_begin_anew() {
        let mut backoff = Backoff::default();
        for full in [1, 2, 4, 8, 16, 30, 30, 30] {
            let full = Duration::from_secs(full);
            let delay = backoff.delay();
            assert!(delay >= full / 2 && delay <= full, "{delay:?} of {full:?}");
        }
        backoff.reset();
        assert!(backoff.delay() <= FIRST);
    }
}
