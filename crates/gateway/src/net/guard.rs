//! What every request must pass before anything looks at its route.

mod client;
mod host;
mod origin;
mod path;

use super::plan::NetPlan;
use super::refusal::Refusal;
use client::Clients;
use host::{Hosts, Standing};
use http::header::{HOST, ORIGIN, UPGRADE};
use http::{HeaderName, Method, Request};
use origin::Origins;
use std::net::{IpAddr, SocketAddr};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The checks, with what they compare against.
///
/// Source: security specification, R1–R3, R10 and section 8.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Hosts,
    origins: Origins,
    clients: Clients,
}

/// What the guard found out about a request it let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cleared {
    /// The client, behind trusted proxies if there are any.
    pub(super) client: IpAddr,
    /// Whether the peer is a trusted proxy.
    pub(super) via_proxy: bool,
    /// Whether a browser said which page asks.
    pub(super) has_origin: bool,
}

impl Guard {
    /// Answers to the configured names and to every bound address.
    pub(super) fn new(plan: &NetPlan, bound: &[SocketAddr]) -> Self {
        Self {
            hosts: Hosts::new(&plan.hosts, bound),
            origins: Origins::new(&plan.allowed_origins),
            clients: Clients::new(&plan.trusted_proxies, plan.allow_real_ip_fallback),
        }
    }

    /// Whether the peer is a configured proxy, which many clients share.
    pub(super) fn is_proxy(&self, peer: IpAddr) -> bool {
        self.clients.is_proxy(peer)
    }

    /// Lets a request through or says why not. Allocates nothing.
    pub(super) fn check<B>(
        &self,
        request: &Request<B>,
        remote: IpAddr,
        local: SocketAddr,
    ) -> Result<Cleared, Refusal> {
        let headers = request.headers();
        self.check_host(request, local)?;
        path::check(request.uri(), request.method())?;
        let client = self.clients.resolve(headers, remote)?;
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next();
        let mut allowed_elsewhere = false;
        if let Some(origin) = origin {
            let text = origin.to_str().map_err(|_| Refusal::ForeignOrigin)?;
            allowed_elsewhere = self.origins.is_listed(text);
            let ours = allowed_elsewhere || Origins::is_own(text, &self.hosts, local);
            if !ours || origins.next().is_some() {
                return Err(Refusal::ForeignOrigin);
            }
        }
        if request.method() != Method::GET && !allowed_elsewhere {
            let sites = headers.get_all(SEC_FETCH_SITE);
            if sites
                .iter()
                .any(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"))
            {
                return Err(Refusal::CrossSite);
            }
        }
        let websocket = |value: &[u8]| value.eq_ignore_ascii_case(b"websocket");
        if headers
            .get_all(UPGRADE)
            .iter()
            .any(|value| !websocket(value.as_bytes()))
        {
            return Err(Refusal::BadUpgrade);
        }
        Ok(Cleared {
            client: client.ip,
            via_proxy: client.via_proxy,
            has_origin: origin.is_some(),
        })
    }

    fn check_host<B>(&self, request: &Request<B>, local: SocketAddr) -> Result<(), Refusal> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::BadHost);
        };
        let host = host.to_str().map_err(|_| Refusal::BadHost)?;
        match self.hosts.standing(host, local) {
            Standing::Ours => {}
            Standing::Foreign => return Err(Refusal::ForeignHost),
            Standing::Malformed => return Err(Refusal::BadHost),
        }
        // An absolute target names the host a second time; both must agree.
        let uri = request.uri();
        match uri.authority() {
            None => Ok(()),
            Some(target) if self.hosts.standing(target.as_str(), local) != Standing::Ours => {
                Err(Refusal::ForeignHost)
            }
            Some(target) if !target.as_str().eq_ignore_ascii_case(host) => Err(Refusal::BadHost),
            Some(_) if uri.scheme_str() == Some("http") => Ok(()),
            Some(_) => Err(Refusal::BadPath),
        }
    }
}

#[cfg(test)]
mod tests;
