//! Where a gateway is, and the secret that opens it.

use crate::ClientError;
use http::uri::{Authority, Scheme, Uri};
use secrecy::SecretString;

/// A gateway's address and secret. `Debug` shows the address only.
#[derive(Clone)]
pub struct Endpoint {
    authority: Authority,
    prefix: String,
    secret: Option<SecretString>,
}

impl Endpoint {
    /// Reads an address such as `http://127.0.0.1:18789` or `http://[::1]:18789/base`.
    ///
    /// `secret` is the gateway's token or password; without one, calls go out unauthenticated.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`] for anything but a plain `http://` address: credentials, a query
    /// or a fragment in it are refused rather than dropped.
    pub fn parse(base: &str, secret: Option<SecretString>) -> Result<Self, ClientError> {
        let bad = |reason: &str| ClientError::BadAddress {
            reason: reason.to_owned(),
        };
        if base.contains('#') {
            return Err(bad("it has a fragment"));
        }
        let uri: Uri = base.parse().map_err(|_| bad("it is not a URL"))?;
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => {}
            Some(_) => return Err(bad("only http:// is supported")),
            None => return Err(bad("it does not begin with http://")),
        }
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
        Ok(Self {
            authority,
            prefix,
            secret,
        })
    }

    /// The same gateway with another secret.
    #[must_use]
    pub fn with_secret(self, secret: Option<SecretString>) -> Self {
        Self { secret, ..self }
    }

    /// The address, for people: `http://host:port`, and the base path if there is one.
    pub fn address(&self) -> String {
        format!("http://{}{}", self.authority, self.prefix)
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
        self.authority.port_u16().unwrap_or(80)
    }

    /// The request target for a path that begins with `/`.
    pub(crate) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    pub(crate) fn secret(&self) -> Option<&SecretString> {
        self.secret.as_ref()
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
        let six = Endpoint::parse("http://[::1]:19001/base/", None).unwrap();
        assert_eq!(
            (six.host(), six.port(), six.target("/x").as_str()),
            ("::1", 19001, "/base/x")
        );
        assert_eq!(six.address(), "http://[::1]:19001/base");
        assert_eq!(Endpoint::parse("http://box", None).unwrap().port(), 80);
    }

    #[test]
    fn an_address_with_a_secret_or_another_scheme_is_refused_without_repeating_it() {
        for base in [
            "https://box",
            "box:18789",
            "http://me:hunter2@box",
            "http://box/?token=hunter2",
            "http://box/#token=hunter2",
            "",
            "ws://box",
        ] {
            let error = Endpoint::parse(base, None).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let endpoint = Endpoint::parse("http://box", Some("hunter2".into())).unwrap();
        assert!(!format!("{endpoint:?}").contains("hunter2"));
    }
}
