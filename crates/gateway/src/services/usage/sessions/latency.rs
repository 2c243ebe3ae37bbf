//! How long model calls took, in bounded memory.

use protocol::methods::sessions::LatencyStats;
use std::collections::BTreeMap;

/// Durations in milliseconds, added up.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
    /// How many there were of each duration, rounded up to three digits.
    rounded: BTreeMap<u64, u64>,
}

impl Latencies {
    /// One more.
    pub(super) fn add(&mut self, duration: u64) {
        self.min = if self.count == 0 {
            duration
        } else {
            self.min.min(duration)
        };
        self.max = self.max.max(duration);
        self.count += 1;
        self.sum = self.sum.saturating_add(duration);
        *self.rounded.entry(three_digits(duration)).or_default() += 1;
    }

    /// As clients read them; `None` without any.
    pub(super) fn told(&self) -> Option<LatencyStats> {
        (self.count > 0).then(|| LatencyStats {
            count: self.count,
            avg_ms: mean(self.sum, self.count),
            p95_ms: self.percentile_95(),
            min_ms: self.min,
            max_ms: self.max,
        })
    }

    fn percentile_95(&self) -> u64 {
        let wanted = self.count.saturating_mul(95).div_ceil(100);
        let mut seen = 0;
        for (duration, count) in &self.rounded {
            seen += count;
            if seen >= wanted {
                return *duration.min(&self.max);
            }
        }
        self.max
    }
}

fn three_digits(duration: u64) -> u64 {
    let mut unit = 1;
    while duration / unit >= 1_000 {
        unit *= 10;
    }
    duration.div_ceil(unit).saturating_mul(unit)
}

/// The mean in thousandths of a millisecond.
fn mean(sum: u64, count: u64) -> f64 {
    let whole = sum / count;
    let thousandths = (sum % count).saturating_mul(1_000) / count;
    format!("{whole}.{thousandths:03}")
        .parse()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_calls_are_no_slower_than_the_percentile() {
        let mut all = Latencies::default();
        assert_eq!(all.told(), None);
        for duration in 1..=100 {
            all.add(duration * 10);
        }
        let told = all.told().unwrap();
        assert_eq!((told.count, told.min_ms, told.max_ms), (100, 10, 1_000));
        assert_eq!(told.p95_ms, 950);
        assert!((told.avg_ms - 505.0).abs() < 1e-9);
    }

    #[test]
    fn long_durations_are_rounded_up_but_never_beyond_the_longest() {
        let mut all = Latencies::default();
        all.add(123_401);
        assert_eq!(all.told().unwrap().p95_ms, 123_401);
        all.add(200_000);
        assert_eq!(all.told().unwrap().p95_ms, 200_000);
        assert_eq!(three_digits(123_401), 124_000);
        assert_eq!(three_digits(999), 999);
        assert_eq!(three_digits(u64::MAX), u64::MAX);
        assert!((mean(10, 3) - 3.333).abs() < 1e-9);
    }
}
