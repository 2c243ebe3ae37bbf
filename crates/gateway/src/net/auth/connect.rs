//! The secrets of a `connect` frame, judged by the rules that hold for headers.

use super::access::Fingerprint;
use super::answer::AuthError;
use super::caller::Scopes;
use super::evidence::asked_scopes;
use super::limiter_answer;
use super::{Authority, Key, proven_user};
use crate::net::connection::Peer;
use http::HeaderMap;
use std::sync::{Arc, PoisonError};

/// What a `connect` brings to prove who it is. An empty text counts as absent.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// In the place of the gateway token.
    pub(crate) token: Option<&'a str>,
    /// In the place of the gateway password.
    pub(crate) password: Option<&'a str>,
    /// The headers of the upgrade.
    pub(crate) headers: &'a HeaderMap,
    /// Where it comes from.
    pub(crate) peer: &'a Peer,
}

/// What else the same frame brings: a device token or a setup code, which cannot be guessed.
pub(crate) enum Second<T> {
    /// Nothing.
    Absent,
    /// One that is wrong.
    Wrong,
    /// One that is right, and what it is good for.
    Right(T),
}

/// How a `connect` proved itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Proven<T> {
    /// By the gateway token or password.
    Secret,
    /// Not at all; the gateway asks for no proof.
    Open,
    /// By a trusted proxy.
    User {
        /// Who it is.
        name: Box<str>,
        /// The most they may do.
        ceiling: Scopes,
        /// Whether the settings list what they may do.
        is_listed: bool,
    },
    /// By the other credential.
    Second(T),
}

impl Authority {
    /// Judges a `connect`. Failures count together with those over HTTP; a credential that cannot be
    /// guessed works during a lockout too.
    ///
    /// `second` is asked only when the gateway's own secret did not open.
    ///
    /// # Errors
    /// [`AuthError`].
    pub(crate) fn connect<T>(
        &self,
        shown: &Shown<'_>,
        second: impl FnOnce() -> Second<T>,
    ) -> Result<Proven<T>, AuthError> {
        let lock = Arc::clone(&self.lock.read().unwrap_or_else(PoisonError::into_inner));
        let refused = match self.first(&lock.key, shown) {
            Ok(proven) => return Ok(proven),
            Err(error) => error,
        };
        match (second(), refused) {
            (Second::Right(it), _) => Ok(Proven::Second(it)),
            (Second::Absent, refused @ (AuthError::Missing | AuthError::UserNotAllowed)) => {
                Err(refused)
            }
            (_, AuthError::Missing | AuthError::UserNotAllowed | AuthError::Wrong) => {
                Err(self.attempt(shown, false).err().unwrap_or(AuthError::Wrong))
            }
            (_, refused) => Err(refused),
        }
    }

    /// Judges everything but the second credential. A wrong secret is not counted yet.
    fn first<T>(&self, key: &Key, shown: &Shown<'_>) -> Result<Proven<T>, AuthError> {
        match key {
            Key::Open => Ok(Proven::Open),
            Key::Proxy(access) => {
                let name = proven_user(access, shown.headers, shown.peer)?;
                let listed = access.scopes.as_ref();
                let granted = listed.map_or_else(Scopes::all, |map| {
                    map.get(name).copied().unwrap_or_default()
                });
                let cap = asked_scopes(shown.headers)?;
                Ok(Proven::User {
                    name: name.into(),
                    ceiling: cap.map_or(granted, |cap| granted.narrowed_to(cap)),
                    is_listed: listed.is_some(),
                })
            }
            Key::Secret {
                fingerprint,
                is_strong,
                is_password,
            } => {
                let [token, password] = [shown.token, shown.password].map(filled);
                let (given, other) = if *is_password {
                    (password, token)
                } else {
                    (token, password)
                };
                let right = |text: &str| fingerprint.matches(&Fingerprint::of(text.as_bytes()));
                match given {
                    Some(text) if right(text) && *is_strong => Ok(Proven::Secret),
                    Some(text) if right(text) => self.attempt(shown, true).map(|()| Proven::Secret),
                    None if other.is_none() => Err(AuthError::Missing),
                    Some(_) | None => Err(AuthError::Wrong),
                }
            }
        }
    }

    fn attempt(&self, shown: &Shown<'_>, is_right: bool) -> Result<(), AuthError> {
        let attempt = self.limiter.attempt(shown.peer.key(), || is_right);
        attempt.map_err(limiter_answer)
    }

    /// `token`, `password`, `none` or `trusted-proxy`.
    pub(crate) fn mode(&self) -> &'static str {
        self.lock
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .mode
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
