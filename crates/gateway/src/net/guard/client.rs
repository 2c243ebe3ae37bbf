//! Who a request comes from, when proxies stand between.

use super::super::address::Network;
use super::super::refusal::Refusal;
use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The proxies whose word is taken.
#[derive(Debug)]
pub(super) struct Clients {
    proxies: Vec<Network>,
    allow_real_ip: bool,
}

/// The client of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) ip: IpAddr,
    pub(super) via_proxy: bool,
}

impl Clients {
    pub(super) fn new(proxies: &[Network], allow_real_ip: bool) -> Self {
        Self {
            proxies: proxies.to_vec(),
            allow_real_ip,
        }
    }

    pub(super) fn is_proxy(&self, ip: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(ip))
    }

    /// The right-most address of `X-Forwarded-For` that is not itself a trusted proxy; the peer
    /// when it is not a proxy and did not claim to be one.
    pub(super) fn resolve(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Client, Refusal> {
        let peer = peer.to_canonical();
        if !self.is_proxy(peer) {
            let claims = [
                &FORWARDED_FOR,
                &FORWARDED_HOST,
                &FORWARDED_PROTO,
                &REAL_IP,
                &FORWARDED,
            ];
            if claims.iter().any(|name| headers.contains_key(*name)) {
                return Err(Refusal::Unattributed);
            }
            return Ok(Client {
                ip: peer,
                via_proxy: false,
            });
        }
        let ip = match self.forwarded_for(headers)? {
            Some(ip) => ip,
            None if headers.contains_key(FORWARDED) => return Err(Refusal::Unattributed),
            None => self.real_ip(headers)?.unwrap_or(peer),
        };
        Ok(Client {
            ip,
            via_proxy: true,
        })
    }

    fn forwarded_for(&self, headers: &HeaderMap) -> Result<Option<IpAddr>, Refusal> {
        let mut furthest = None;
        for value in headers.get_all(FORWARDED_FOR).iter().rev() {
            let text = value.to_str().map_err(|_| Refusal::Unattributed)?;
            for hop in text.rsplit(',') {
                let ip = address(hop.trim()).ok_or(Refusal::Unattributed)?;
                furthest = Some(ip);
                if !self.is_proxy(ip) {
                    return Ok(furthest);
                }
            }
        }
        Ok(furthest)
    }

    fn real_ip(&self, headers: &HeaderMap) -> Result<Option<IpAddr>, Refusal> {
        match headers.get(REAL_IP).filter(|_| self.allow_real_ip) {
            None => Ok(None),
            Some(value) => {
                let text = value.to_str().map_err(|_| Refusal::Unattributed)?;
                address(text.trim()).map(Some).ok_or(Refusal::Unattributed)
            }
        }
    }
}

/// Reads an address with or without port and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let ip = bare.parse::<IpAddr>().ok();
    ip.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|ip| ip.to_canonical())
}
