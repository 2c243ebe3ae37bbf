//! Addresses as the limits see them: canonical, grouped, and matched against networks.

use std::fmt;
use std::net::IpAddr;

/// Who a limit counts: an IPv4 address, or the /64 an IPv6 address lies in.
///
/// An IPv4 address mapped into IPv6 is the IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientKey(u64, bool);

impl ClientKey {
    /// The group of one address.
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => Self(u64::from(u32::from(v4)), false),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                let high = [a, b, c, d]
                    .iter()
                    .fold(0, |bits, part| bits << 16 | u64::from(*part));
                Self(high, true)
            }
        }
    }
}

/// A network in CIDR notation, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    prefix: u32,
    is_v6: bool,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8`, `192.0.2.7` or `::1`.
    ///
    /// # Errors
    /// A sentence naming the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is neither an IP address nor a network such as 10.0.0.0/8");
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let ip: IpAddr = address.parse().map_err(|_| wrong())?;
        let (bits, width, is_v6) = Self::bits_of(ip);
        let prefix = match prefix {
            Some(digits) => digits
                .parse::<u32>()
                .ok()
                .filter(|p| *p <= width)
                .ok_or_else(wrong)?,
            None => width,
        };
        Ok(Self {
            bits: Self::cut(bits, width, prefix),
            prefix,
            is_v6,
        })
    }

    /// Whether the address lies in this network.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (bits, width, is_v6) = Self::bits_of(ip.to_canonical());
        is_v6 == self.is_v6 && Self::cut(bits, width, self.prefix) == self.bits
    }

    fn bits_of(ip: IpAddr) -> (u128, u32, bool) {
        match ip {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32, false),
            IpAddr::V6(v6) => (u128::from(v6), 128, true),
        }
    }

    fn cut(bits: u128, width: u32, prefix: u32) -> u128 {
        bits.checked_shr(width.saturating_sub(prefix)).unwrap_or(0)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.is_v6 { 128 } else { 32 };
        let bits = self.bits.checked_shl(width - self.prefix).unwrap_or(0);
        let ip = if self.is_v6 {
            IpAddr::from(bits.to_be_bytes())
        } else {
            IpAddr::from(u32::try_from(bits).unwrap_or(0).to_be_bytes())
        };
        write!(f, "{ip}/{}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_client_has_one_key() {
        assert_eq!(
            ClientKey::of(ip("1.2.3.4")),
            ClientKey::of(ip("::ffff:1.2.3.4"))
        );
        assert_eq!(
            ClientKey::of(ip("2001:db8::1")),
            ClientKey::of(ip("2001:db8::ffff"))
        );
        assert_ne!(
            ClientKey::of(ip("2001:db8::1")),
            ClientKey::of(ip("2001:db8:0:1::1"))
        );
        assert_ne!(ClientKey::of(ip("0.0.0.1")), ClientKey::of(ip("::1")));
    }

    #[test]
    fn networks_contain_what_they_say() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.9.9.9", "9.9.9.9"),
            ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
            ("::/0", "2001:db8::1", "8.8.8.8"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(network.contains(ip(inside)), "{network} lacks {inside}");
            assert!(!network.contains(ip(outside)), "{network} has {outside}");
        }
        for wrong in [
            "",
            "10.0.0.0/33",
            "::/129",
            "example.com",
            "10.0.0.0/-1",
            "10.0.0.0/",
        ] {
            assert!(Network::parse(wrong).is_err(), "{wrong:?} was accepted");
        }
    }
}
