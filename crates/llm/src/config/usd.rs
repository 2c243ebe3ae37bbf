//! Dollars as people write them, integers as we keep them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A price per million tokens in micro-dollars, written in the settings in dollars: `2.5` is
/// 2,500,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsdPerMillion(pub i64);

/// Dollars above which a price is a mistake.
const MOST_DOLLARS: i64 = 1_000_000;

impl UsdPerMillion {
    /// Reads `2`, `2.5` or `0.000001`; more than six decimals are cut. `None` when it is not an
    /// amount from 0 to 1,000,000.
    fn parse(text: &str) -> Option<Self> {
        if text.starts_with('-') {
            return None;
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole: i64 = whole
            .parse()
            .ok()
            .filter(|n| (0..=MOST_DOLLARS).contains(n))?;
        let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let micros: i64 = six.parse().ok().filter(|n| *n >= 0)?;
        Some(Self(whole * 1_000_000 + micros))
    }
}

struct Dollars;

impl Visitor<'_> for Dollars {
    type Value = UsdPerMillion;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("US dollars per million tokens, from 0 to 1000000")
    }

    fn visit_i64<E: de::Error>(self, dollars: i64) -> Result<UsdPerMillion, E> {
        UsdPerMillion::parse(&dollars.to_string())
            .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(dollars), &self))
    }

    fn visit_u64<E: de::Error>(self, dollars: u64) -> Result<UsdPerMillion, E> {
        UsdPerMillion::parse(&dollars.to_string())
            .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(dollars), &self))
    }

    fn visit_f64<E: de::Error>(self, dollars: f64) -> Result<UsdPerMillion, E> {
        // The shortest decimal text of a float is what was typed, so nothing is lost here.
        UsdPerMillion::parse(&dollars.to_string())
            .ok_or_else(|| E::invalid_value(de::Unexpected::Float(dollars), &self))
    }
}

impl<'de> Deserialize<'de> for UsdPerMillion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Dollars)
    }
}

impl JsonSchema for UsdPerMillion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UsdPerMillion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": MOST_DOLLARS })
    }
}

#[cfg(test)]
mod tests {
    use super::UsdPerMillion;

    #[test]
    fn dollars_become_exact_integers() {
        let read = |text: &str| {
            serde_json::from_str::<UsdPerMillion>(text)
                .map(|usd| usd.0)
                .ok()
        };
        let table = [
            ("2.5", Some(2_500_000)),
            ("15", Some(15_000_000)),
            ("0.075", Some(75_000)),
            ("0.1", Some(100_000)),
            ("0.0000001", Some(0)),
            ("0", Some(0)),
            ("-1", None),
            ("-0.5", None),
            ("1e300", None),
            ("\"2\"", None),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
