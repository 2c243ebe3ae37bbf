//! What somebody's own model server charges.

use llm::config::UsdPerMillion;
use serde_json::{Number, Value, json};

/// What somebody's own server charges for a million tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Charge {
    /// So much.
    Known {
        /// For prompts.
        input: Price,
        /// For answers.
        output: Price,
    },
    /// Nobody knows; such calls are refused while a budget is set.
    Unknown,
}

impl Charge {
    /// A server on this machine costs nothing.
    pub(crate) fn usual(base_url: &str) -> Self {
        let uri = base_url.parse::<http::Uri>().ok();
        let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<std::net::IpAddr>();
        if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
            return Self::Known {
                input: Price::free(),
                output: Price::free(),
            };
        }
        Self::Unknown
    }

    /// As `models.providers.<id>.cost`; `None` when it is unknown.
    pub(crate) fn setting(&self) -> Option<Value> {
        match self {
            Self::Known { input, output } => Some(json!({ "input": input.0, "output": output.0 })),
            Self::Unknown => None,
        }
    }
}

/// US dollars for a million tokens, as they are written into the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price(Number);

impl Price {
    fn free() -> Self {
        Self(Number::from(0))
    }
}

impl std::str::FromStr for Price {
    type Err = &'static str;

    /// Reads `2` or `0.50`. The rule is that of the settings.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write US dollars for a million tokens, such as 2 or 0.50";
        let number: Number = text.trim().parse().map_err(|_| wrong)?;
        let price = serde_json::from_value::<UsdPerMillion>(Value::Number(number.clone()));
        price.map(|_| Self(number)).map_err(|_| wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_they_were_typed() {
        let written = |text: &str| text.parse::<Price>().map(|price| price.0.to_string());
        for (typed, setting) in [("2", "2"), ("0.50", "0.5"), (" 0.1 ", "0.1"), ("0", "0")] {
            assert_eq!(written(typed), Ok(setting.to_owned()), "{typed}");
        }
        for wrong in ["five", "", "-1", "1,5", "$2", "NaN", "2000000"] {
            assert!(written(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_server_on_this_machine_is_free() {
        for (url, known) in [
            ("http://127.0.0.1:8080/v1", true),
            ("http://[::1]:8080/v1", true),
            ("http://localhost/v1", true),
            ("https://127.0.0.1.example.com/v1", false),
            ("https://llm.example.com/v1", false),
            ("", false),
        ] {
            assert_eq!(Charge::usual(url).setting().is_some(), known, "{url}");
        }
    }
}
