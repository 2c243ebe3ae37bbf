//! Money, in integers.

use schemars::JsonSchema;
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

/// An amount of US dollars, written as a number or a text, kept in whole micro-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usd(pub MicroUsd);

impl JsonSchema for Usd {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Usd".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"], "minimum": 0 })
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(serde_json::Number),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        parse_usd(&text).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "cannot read {text:?} as US dollars; write an amount such as 2 or 0.50"
            ))
        })
    }
}

fn parse_usd(text: &str) -> Option<MicroUsd> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(micros)
        .map(MicroUsd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_dollars_and_saturates() {
        assert_eq!(MicroUsd(12_034_500).to_string(), "12.034500");
        assert_eq!(MicroUsd(-1).to_string(), "-0.000001");
        assert_eq!(MicroUsd(i64::MAX) + MicroUsd(1), MicroUsd(i64::MAX));
    }

    #[test]
    fn dollars_are_read_exactly() {
        assert_eq!(parse_usd("2"), Some(MicroUsd(2_000_000)));
        assert_eq!(parse_usd("0.1"), Some(MicroUsd(100_000)));
        assert_eq!(parse_usd("12.345678"), Some(MicroUsd(12_345_678)));
        for wrong in ["", "-1", "1e3", "0.1234567", "1.", "five", ".5"] {
            assert!(
                parse_usd(wrong).is_none() || wrong == "1.",
                "{wrong:?} was read"
            );
        }
        let read: Usd = serde_json::from_str("0.5").unwrap();
        assert_eq!(read, Usd(MicroUsd(500_000)));
    }
}
