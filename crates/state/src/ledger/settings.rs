//! The `budgets` section of the settings.

use domain::{MicroUsd, Usd};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The default of `budgets.daily`: 5 US dollars. Source: decision DEC-17.
const DAILY: MicroUsd = MicroUsd(5_000_000);

/// How much may be spent on models, in US dollars. Days and months begin at midnight UTC. Models
/// that cost nothing are never held back.
///
/// Reloads live: the next call is judged by the new values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BudgetsSettings {
    /// What the whole gateway may spend in a day: an amount such as `2` or `"0.50"`, or `false` for
    /// no limit. 5 by default.
    pub daily: Limit,
    /// What the whole gateway may spend in a month. No limit by default.
    pub monthly: Limit,
    /// What each agent may spend, unless `agents` says otherwise.
    pub per_agent: CapSettings,
    /// What agents may spend, by their ids.
    pub agents: BTreeMap<String, CapSettings>,
    /// What each session may spend.
    pub per_session: CapSettings,
    /// What each key or user other than the owner may spend, unless `keys` says otherwise.
    pub per_key: CapSettings,
    /// What keys and users may spend, by their names.
    pub keys: BTreeMap<String, CapSettings>,
    /// What happens to a call of a model with unknown price while a budget applies to it.
    pub unknown_price: UnknownPrice,
}

impl Default for BudgetsSettings {
    fn default() -> Self {
        Self {
            daily: Limit::Usd(DAILY),
            ..Self::unlimited()
        }
    }
}

impl BudgetsSettings {
    /// No limit at all.
    pub fn unlimited() -> Self {
        Self {
            daily: Limit::Off,
            monthly: Limit::Unset,
            per_agent: CapSettings::default(),
            agents: BTreeMap::new(),
            per_session: CapSettings::default(),
            per_key: CapSettings::default(),
            keys: BTreeMap::new(),
            unknown_price: UnknownPrice::Refuse,
        }
    }
}

/// What one payer may spend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CapSettings {
    /// In a day: an amount, or `false` for no limit.
    #[serde(skip_serializing_if = "Limit::is_unset")]
    pub daily: Limit,
    /// In a month: an amount, or `false` for no limit.
    #[serde(skip_serializing_if = "Limit::is_unset")]
    pub monthly: Limit,
}

/// `budgets.unknownPrice`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UnknownPrice {
    /// It is refused.
    #[default]
    Refuse,
    /// It is made, and counts as nothing in every budget.
    Allow,
}

/// An amount of US dollars that may be spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Limit {
    /// Nothing is said: a wider setting counts, and without one there is no limit.
    #[default]
    Unset,
    /// There is no limit, whatever a wider setting says. Written `false` or `null`.
    Off,
    /// So much.
    Usd(MicroUsd),
}

impl Limit {
    fn is_unset(&self) -> bool {
        *self == Self::Unset
    }

    /// This limit, or `wider` when nothing is said here; `None` is no limit.
    pub(super) fn or(self, wider: Self) -> Option<MicroUsd> {
        match (self, wider) {
            (Self::Usd(amount), _) | (Self::Unset, Self::Usd(amount)) => Some(amount),
            (Self::Off, _) | (Self::Unset, Self::Off | Self::Unset) => None,
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let amount = generator.subschema_for::<Usd>();
        schemars::json_schema!({ "anyOf": [amount, { "const": false }, { "type": "null" }] })
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match value.as_bool() {
            Some(false) => return Ok(Self::Off),
            None if value.is_null() => return Ok(Self::Off),
            Some(true) => {
                return Err(serde::de::Error::custom(
                    "write an amount of US dollars such as 2 or 0.50, or false for no limit",
                ));
            }
            None => {}
        }
        Usd::deserialize(value)
            .map(|amount| Self::Usd(amount.0))
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unset => serializer.serialize_none(),
            Self::Off => serializer.serialize_bool(false),
            Self::Usd(amount) if amount.0 % 1_000_000 == 0 => {
                serializer.serialize_i64(amount.0 / 1_000_000)
            }
            Self::Usd(amount) => serializer.serialize_str(&amount.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: serde_json::Value) -> Result<BudgetsSettings, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn nothing_said_means_five_dollars_a_day() {
        let budgets = read(json!({})).unwrap();
        assert_eq!(budgets, BudgetsSettings::default());
        assert_eq!(budgets.daily, Limit::Usd(MicroUsd(5_000_000)));
    }

    #[test]
    fn a_limit_is_a_number_a_text_or_nothing() {
        for off in [json!(false), json!(null)] {
            assert_eq!(read(json!({ "daily": off })).unwrap().daily, Limit::Off);
        }
        for (written, micros) in [
            (json!(2), 2_000_000),
            (json!("0.5"), 500_000),
            (json!(0), 0),
        ] {
            let budgets = read(json!({ "monthly": written })).unwrap();
            assert_eq!(budgets.monthly, Limit::Usd(MicroUsd(micros)));
        }
        for wrong in [json!(true), json!(-1), json!("five"), json!([])] {
            assert!(read(json!({ "daily": wrong })).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_typo_is_an_error() {
        for wrong in [
            json!({ "dayly": 1 }),
            json!({ "perAgent": { "weekly": 1 } }),
            json!({ "agents": { "main": { "day": 1 } } }),
            json!({ "unknownPrice": "maybe" }),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
