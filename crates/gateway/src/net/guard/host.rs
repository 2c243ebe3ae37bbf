//! Which names this gateway answers to.

use http::uri::Authority;
use std::net::SocketAddr;

/// What a host is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// One of our names or addresses.
    Ours,
    /// Somebody else's; a re-bound name, most likely.
    Foreign,
    /// Not a host with an optional port.
    Malformed,
}

/// The names, with their ports, in lower case.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Addresses and `localhost`, e.g. `127.0.0.1:18789`.
    bound: Vec<Box<str>>,
    /// Names from the settings, with and without port.
    named: Vec<Box<str>>,
}

impl Hosts {
    /// The configured names on any bound port, and every bound address.
    ///
    /// A name without a port stands for itself (a proxy on the usual ports is in front) and for
    /// itself with each of our ports.
    pub(super) fn new(names: &[String], addresses: &[SocketAddr]) -> Self {
        let (mut bound, mut named) = (Vec::new(), Vec::new());
        let add = |list: &mut Vec<Box<str>>, host: String| {
            if !list.iter().any(|known| **known == *host) {
                list.push(host.into());
            }
        };
        for address in addresses {
            let (ip, port) = (address.ip().to_canonical(), address.port());
            let mut texts = vec![SocketAddr::new(ip, port).to_string()];
            if ip.is_loopback() || ip.is_unspecified() {
                texts = ["127.0.0.1", "localhost", "[::1]"]
                    .map(|h| format!("{h}:{port}"))
                    .into();
            }
            for text in texts {
                if let Some(bare) = text.strip_suffix(":80") {
                    add(&mut bound, bare.to_owned());
                }
                add(&mut bound, text);
            }
        }
        for name in names {
            let name = name.trim().to_ascii_lowercase();
            let has_port = name.parse::<Authority>().is_ok_and(|a| a.port().is_some());
            if !has_port {
                for address in addresses {
                    add(&mut named, format!("{name}:{}", address.port()));
                }
            }
            add(&mut named, name);
        }
        Self { bound, named }
    }

    /// Judges a `Host` value or the authority of a target.
    ///
    /// The address the connection was made to is ours too; on a machine with many addresses it
    /// cannot be listed beforehand, and being an address it cannot be re-bound.
    pub(super) fn standing(&self, host: &str, local: SocketAddr) -> Standing {
        if self.is_bound(host) || self.is_named(host) {
            return Standing::Ours;
        }
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        let well_formed = !host.contains('@')
            && !host.ends_with(':')
            && (port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit()))
            && host
                .parse::<Authority>()
                .is_ok_and(|a| !a.host().is_empty());
        if !well_formed {
            return Standing::Malformed;
        }
        let same = |address: SocketAddr| {
            address.port() == local.port()
                && address.ip().to_canonical() == local.ip().to_canonical()
        };
        if host.parse().is_ok_and(same) {
            Standing::Ours
        } else {
            Standing::Foreign
        }
    }

    /// Whether it is a name from the settings.
    pub(super) fn is_named(&self, host: &str) -> bool {
        self.named
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host))
    }

    fn is_bound(&self, host: &str) -> bool {
        self.bound
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host))
    }
}
