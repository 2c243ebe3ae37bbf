//! Where a gateway is, and the secret that opens it.

use crate::ClientError;
use http::uri::{Authority, Uri};
use secrecy::SecretString;
use std::net::IpAddr;

/// What a caller shows. `Debug` shows its kind only.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The gateway's token.
    Token(SecretString),
    /// The gateway's password.
    Password(SecretString),
    /// A setup code: pairs one device, once.
    SetupCode(SecretString),
}

impl From<&str> for Credential {
    fn from(token: &str) -> Self {
        Self::Token(token.into())
    }
}

/// How an address is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Ws,
}

/// A gateway's address and secret. `Debug` shows the address only.
#[derive(Clone)]
pub struct Endpoint {
    scheme: Scheme,
    tls: bool,
    authority: Authority,
    prefix: String,
    credential: Option<Credential>,
}

impl Endpoint {
    /// Reads an address such as `http://127.0.0.1:18789`, `ws://[::1]:18789/base` or
    /// `wss://gateway.example.com`.
    ///
    /// Without a credential, calls go out unauthenticated.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`] for other schemes, for credentials, a query or a fragment in it
    /// (they are refused rather than dropped), and for a public address without TLS.
    pub fn parse(base: &str, credential: Option<Credential>) -> Result<Self, ClientError> {
        let bad = |reason: &str| ClientError::BadAddress {
            reason: reason.to_owned(),
        };
        if base.contains('#') {
            return Err(bad("it has a fragment"));
        }
        let uri: Uri = base.parse().map_err(|_| bad("it is not a URL"))?;
        let (scheme, tls) = match uri.scheme_str() {
            Some("http") => (Scheme::Http, false),
            Some("https") => (Scheme::Http, true),
            Some("ws") => (Scheme::Ws, false),
            Some("wss") => (Scheme::Ws, true),
            Some(_) => {
                return Err(bad(
                    "only ws://, wss://, http:// and https:// are supported",
                ));
            }
            None => {
                return Err(bad(
                    "it does not begin with ws://, wss://, http:// or https://",
                ));
            }
        };
        let authority = uri
            .authority()
            .cloned()
            .ok_or_else(|| bad("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("it has credentials in it"));
        }
        if uri.query().is_some() {
            return Err(bad("it has a query"));
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let endpoint = Self {
            scheme,
            tls,
            authority,
            prefix,
            credential,
        };
        match endpoint.host().parse() {
            Ok(address) if !tls && !is_private(address) => Err(bad(OPEN_AIR)),
            Ok(_) | Err(_) => Ok(endpoint),
        }
    }

    /// The same gateway with another credential.
    #[must_use]
    pub fn with_credential(self, credential: Option<Credential>) -> Self {
        Self { credential, ..self }
    }

    /// The address of the HTTP interface, for people.
    pub fn address(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.prefix)
    }

    /// The address of the WebSocket.
    pub fn socket_address(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority, self.prefix)
    }

    /// The address as it was written, without what may be secret, for people.
    pub fn shown(&self) -> String {
        match self.scheme {
            Scheme::Http => self.address(),
            Scheme::Ws => self.socket_address(),
        }
    }

    /// Whether the address was written as one of a WebSocket.
    pub fn is_socket(&self) -> bool {
        self.scheme == Scheme::Ws
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let address: Result<IpAddr, _> = host.parse();
        host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
    }

    pub(crate) fn tls(&self) -> bool {
        self.tls
    }

    pub(crate) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The host without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        self.authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        let usual = if self.tls { 443 } else { 80 };
        self.authority.port_u16().unwrap_or(usual)
    }

    /// The request target for a path that begins with `/`.
    pub(crate) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// What the caller shows.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }
}

/// Why a public address is refused.
pub(crate) const OPEN_AIR: &str =
    "everybody on the way could read the secret; use wss://, or a private address";

/// Whether an address belongs to this machine or to a private network, where a connection without
/// TLS is allowed.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            let carrier = a == 100 && (64..128).contains(&b);
            four.is_loopback() || four.is_private() || four.is_link_local() || carrier
        }
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local()
        }
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_families_are_understood() {
        let four = Endpoint::parse("http://127.0.0.1:18789/", None).unwrap();
        assert_eq!(
            (four.host(), four.port(), four.target("/readyz").as_str()),
            ("127.0.0.1", 18789, "/readyz")
        );
        let six = Endpoint::parse("ws://[::1]:19001/base/", None).unwrap();
        assert_eq!(
            (six.host(), six.port(), six.target("/x").as_str()),
            ("::1", 19001, "/base/x")
        );
        assert_eq!(six.address(), "http://[::1]:19001/base");
        assert_eq!(six.socket_address(), "ws://[::1]:19001/base");
        assert!(six.is_socket() && six.is_loopback());
        assert_eq!(Endpoint::parse("http://box", None).unwrap().port(), 80);
        let far = Endpoint::parse("wss://box.example", None).unwrap();
        assert_eq!((far.port(), far.is_loopback()), (443, false));
    }

    #[test]
    fn an_address_with_a_secret_or_another_scheme_is_refused_without_repeating_it() {
        for base in [
            "ftp://box",
            "box:18789",
            "http://me:hunter2@box",
            "http://box/?token=hunter2",
            "http://box/#token=hunter2",
            "",
        ] {
            let error = Endpoint::parse(base, None).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_private_addresses_do_without_tls() {
        for address in ["8.8.8.8", "[2001:db8::1]", "100.128.0.1", "172.32.0.1"] {
            for scheme in ["ws", "http"] {
                let error = Endpoint::parse(&format!("{scheme}://{address}:1"), None).unwrap_err();
                assert!(error.to_string().contains("wss://"), "{error}");
            }
            assert!(Endpoint::parse(&format!("wss://{address}:1"), None).is_ok());
        }
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "100.64.0.1",
            "[fd00::1]",
        ] {
            assert!(
                Endpoint::parse(&format!("ws://{address}:1"), None).is_ok(),
                "{address}"
            );
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let endpoint = Endpoint::parse("http://box", Some("hunter2".into())).unwrap();
        assert!(!format!("{endpoint:?}").contains("hunter2"));
        assert!(!format!("{:?}", endpoint.credential()).contains("hunter2"));
    }
}
