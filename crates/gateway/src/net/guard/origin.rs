//! Which web pages may call.

use super::host::{Hosts, Standing};
use std::net::SocketAddr;

/// The origins from the settings.
#[derive(Debug)]
pub(super) struct Origins(Vec<Box<str>>);

impl Origins {
    pub(super) fn new(listed: &[String]) -> Self {
        Self(listed.iter().map(|origin| origin.as_str().into()).collect())
    }

    /// Whether the settings name this origin, exactly.
    pub(super) fn is_listed(&self, origin: &str) -> bool {
        self.0
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(origin))
    }

    /// Whether it is the gateway's own: our plain listener, or a configured name behind a proxy
    /// that ends TLS.
    pub(super) fn is_own(origin: &str, hosts: &Hosts, local: SocketAddr) -> bool {
        if let Some(host) = origin.strip_prefix("http://") {
            hosts.standing(host, local) == Standing::Ours
        } else if let Some(host) = origin.strip_prefix("https://") {
            hosts.is_named(host)
        } else {
            false
        }
    }
}
