//! Money, in integers.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// An amount in millionths of a US dollar. Saturates instead of overflowing.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);
}

impl Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::fmt::Display for MicroUsd {
    /// Dollars with six decimals: `12.034500`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::MicroUsd;

    #[test]
    fn prints_dollars_and_saturates() {
        assert_eq!(MicroUsd(12_034_500).to_string(), "12.034500");
        assert_eq!(MicroUsd(-1).to_string(), "-0.000001");
        assert_eq!(MicroUsd(i64::MAX) + MicroUsd(1), MicroUsd(i64::MAX));
    }
}
