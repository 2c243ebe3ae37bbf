//! `gateway.bind` and its alias `gateway.host`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// Which addresses of this machine the gateway listens on.
///
/// `loopback` (also `127.0.0.1`, `::1`, `localhost`), `lan` (also `all`, `0.0.0.0`, `::`),
/// `tailnet`, `auto` (the same as `loopback`), `custom` with `gateway.customBindHost`, or the
/// IP address itself. Anything but loopback needs authentication with a strong secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum BindSetting {
    /// Only this machine: `127.0.0.1` and `::1`.
    #[default]
    Loopback,
    /// Every address of this machine.
    Lan,
    /// The address of this machine in its Tailscale network.
    Tailnet,
    /// The safest that works, which is loopback.
    Auto,
    /// The address in `gateway.customBindHost`.
    Custom,
    /// This address.
    Address(IpAddr),
}

impl BindSetting {
    /// Reads a name, an alias or an IP address, whatever its case.
    ///
    /// # Errors
    /// A sentence naming the value and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        Ok(match lower.as_str() {
            "loopback" | "localhost" => Self::Loopback,
            "lan" | "all" => Self::Lan,
            "tailnet" => Self::Tailnet,
            "auto" => Self::Auto,
            "custom" => Self::Custom,
            address => match address.trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(ip) if ip.is_unspecified() => Self::Lan,
                Ok(ip) if ip.is_loopback() => Self::Loopback,
                Ok(ip) => Self::Address(ip.to_canonical()),
                Err(_) => {
                    return Err(format!(
                        "cannot listen on {text:?}: use loopback, lan, tailnet, auto, custom or \
                         an IP address"
                    ));
                }
            },
        })
    }
}

impl TryFrom<String> for BindSetting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<BindSetting> for String {
    fn from(bind: BindSetting) -> Self {
        bind.to_string()
    }
}

impl fmt::Display for BindSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("loopback"),
            Self::Lan => f.write_str("lan"),
            Self::Tailnet => f.write_str("tailnet"),
            Self::Auto => f.write_str("auto"),
            Self::Custom => f.write_str("custom"),
            Self::Address(ip) => write!(f, "{ip}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_mean_what_people_write() {
        for (text, meant) in [
            ("all", BindSetting::Lan),
            ("0.0.0.0", BindSetting::Lan),
            ("::", BindSetting::Lan),
            ("LAN", BindSetting::Lan),
            ("127.0.0.1", BindSetting::Loopback),
            ("[::1]", BindSetting::Loopback),
            ("localhost", BindSetting::Loopback),
            (
                "192.0.2.7",
                BindSetting::Address("192.0.2.7".parse().unwrap()),
            ),
        ] {
            assert_eq!(BindSetting::parse(text), Ok(meant), "{text}");
        }
        assert!(BindSetting::parse("eth0").unwrap_err().contains("\"eth0\""));
    }
}
