//! Who calls, and what they may do.

use std::fmt;
use std::net::IpAddr;

/// Who a request was proven to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Somebody with the gateway token or password.
    Owner,
    /// Anybody; the gateway asks for no proof.
    Anyone,
    /// A user named by a trusted proxy.
    User(Box<str>),
}

/// A caller who passed authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who it is.
    pub identity: Identity,
    /// What they may do.
    pub scopes: Scopes,
    /// Where they call from, behind trusted proxies if there are any.
    pub client: IpAddr,
}

/// Whose sessions and whose bill: the owner is one principal, which is `None`, every user of a
/// proxy another.
pub(crate) fn principal(caller: &Caller) -> Option<&str> {
    match &caller.identity {
        Identity::Owner | Identity::Anyone => None,
        Identity::User(name) => Some(name),
    }
}

/// One thing a connected client may do.
///
/// Source: WebSocket protocol, section 17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Look at sessions, agents, usage.
    Read,
    /// Start and stop turns; includes reading.
    Write,
    /// Everything.
    Admin,
    /// Answer approvals.
    Approvals,
    /// Pair devices.
    Pairing,
    /// Answer questions of agents.
    Questions,
    /// Use the voice surface.
    Talk,
    /// Read the secrets of the voice surface.
    TalkSecrets,
}

impl Scope {
    /// Every scope, in the order they are listed to people.
    pub const ALL: [Self; 8] = [
        Self::Admin,
        Self::Read,
        Self::Write,
        Self::Approvals,
        Self::Pairing,
        Self::Questions,
        Self::Talk,
        Self::TalkSecrets,
    ];

    /// The name on the wire, e.g. `operator.read`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "operator.read",
            Self::Write => "operator.write",
            Self::Admin => "operator.admin",
            Self::Approvals => "operator.approvals",
            Self::Pairing => "operator.pairing",
            Self::Questions => "operator.questions",
            Self::Talk => "operator.talk",
            Self::TalkSecrets => "operator.talk.secrets",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::Admin => 4,
            Self::Approvals => 8,
            Self::Pairing => 16,
            Self::Questions => 32,
            Self::Talk => 64,
            Self::TalkSecrets => 128,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

/// A scope nobody knows; carries its name, made printable and cut to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope \"{0}\"")]
pub struct UnknownScope(pub Box<str>);

impl Scopes {
    /// No scope.
    pub fn none() -> Self {
        Self(0)
    }

    /// Every scope; what the owner has.
    pub fn all() -> Self {
        Self(Scope::ALL.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Reads scope names, separated by commas or blanks.
    ///
    /// # Errors
    /// [`UnknownScope`] for the first name that is not one.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let names = text.split([',', ' ', '\t']).filter(|name| !name.is_empty());
        names
            .map(Self::one)
            .try_fold(Self(0), |all, one| Ok(Self(all.0 | one?.0)))
    }

    /// Reads a list of scope names.
    ///
    /// # Errors
    /// [`UnknownScope`] for the first name that is not one.
    pub fn from_names(names: &[String]) -> Result<Self, UnknownScope> {
        names
            .iter()
            .map(|name| Self::one(name))
            .try_fold(Self(0), |all, one| Ok(Self(all.0 | one?.0)))
    }

    fn one(name: &str) -> Result<Self, UnknownScope> {
        let known = Scope::ALL.iter().find(|scope| scope.name() == name);
        known.map(|scope| Self(scope.bit())).ok_or_else(|| {
            UnknownScope(
                name.chars()
                    .take(64)
                    .flat_map(char::escape_default)
                    .collect(),
            )
        })
    }

    /// Whether they allow this: directly, as admin, or because writing includes reading and
    /// talking.
    pub fn allow(self, scope: Scope) -> bool {
        let implied = match scope {
            Scope::Read | Scope::Talk => Scope::Write.bit(),
            Scope::Write
            | Scope::Admin
            | Scope::Approvals
            | Scope::Pairing
            | Scope::Questions
            | Scope::TalkSecrets => 0,
        };
        self.0 & (scope.bit() | implied | Scope::Admin.bit()) != 0
    }

    /// Those of the asked-for scopes that these allow. A list can only narrow.
    #[must_use]
    pub fn narrowed_to(self, asked: Self) -> Self {
        let kept = Scope::ALL
            .iter()
            .filter(|s| asked.0 & s.bit() != 0 && self.allow(**s));
        Self(kept.fold(0, |bits, scope| bits | scope.bit()))
    }

    /// The scopes in it.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.0 & scope.bit() != 0)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Scope::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_only_narrow() {
        let reader = Scopes::parse("operator.read").unwrap();
        let asked = Scopes::parse("operator.admin, operator.read operator.write").unwrap();
        assert_eq!(reader.narrowed_to(asked), reader);
        assert_eq!(Scopes::all().narrowed_to(asked), asked);
        let writer = Scopes::parse("operator.write").unwrap();
        assert_eq!(writer.narrowed_to(reader), reader);
        assert_eq!(Scopes::all().narrowed_to(Scopes::none()), Scopes::none());
    }

    #[test]
    fn admin_allows_everything_and_reading_nothing_else() {
        let admin = Scopes::parse("operator.admin").unwrap();
        let reader = Scopes::parse("operator.read").unwrap();
        for scope in Scope::ALL {
            assert!(admin.allow(scope), "{scope}");
            assert_eq!(reader.allow(scope), scope == Scope::Read, "{scope}");
        }
    }

    #[test]
    fn unknown_names_are_errors() {
        let error = Scopes::parse("operator.read,operator.*\u{202e}").unwrap_err();
        assert_eq!(error, UnknownScope("operator.*\\u{202e}".into()));
    }
}
