//! From evidence to a caller.

mod access;
mod answer;
mod caller;
mod connect;
mod evidence;

pub use access::{Access, ProxyAccess};
pub use answer::AuthError;
pub(crate) use caller::principal;
pub use caller::{Caller, Identity, Scope, Scopes, UnknownScope};
pub(crate) use connect::{Proven, Second, Shown};

use super::address::ClientKey;
use super::connection::Peer;
use super::limiter::{AttemptLimit, Denied, Limiter};
use super::plan::is_strong_token;
use access::Fingerprint;
use evidence::{asked_scopes, bearer, has_query_credential, text_of};
use http::HeaderMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;

/// Decides who a request comes from; the only place that compares secrets.
///
/// Reads the present secrets on every request, so a replaced secret is dead at once.
/// Source: security specification, R6–R8 and 6.2; HTTP API, section 1; decisions, DEC-7 and DEC-9.
#[derive(Debug)]
pub struct Authority {
    lock: RwLock<Arc<Lock>>,
    generation: watch::Sender<u64>,
    limiter: Limiter,
}

/// What is compared against.
#[derive(Debug)]
struct Lock {
    mode: &'static str,
    key: Key,
    allow_query_key: bool,
}

#[derive(Debug)]
enum Key {
    /// A secret; a strong one cannot be guessed, and is accepted even during a lockout.
    Secret {
        fingerprint: Fingerprint,
        is_strong: bool,
        /// Where a `connect` shows it.
        is_password: bool,
    },
    Open,
    Proxy(ProxyAccess),
}

impl Authority {
    /// Guards with these secrets and this patience.
    pub fn new(access: &Access, allow_query_key: bool, attempts: AttemptLimit) -> Self {
        Self {
            lock: RwLock::new(Arc::new(Lock::new(access, allow_query_key))),
            generation: watch::Sender::new(1),
            limiter: Limiter::new(attempts),
        }
    }

    /// Replaces what opens the gateway; whoever holds an older generation must be let go.
    pub fn replace(&self, access: &Access, allow_query_key: bool) {
        let lock = Arc::new(Lock::new(access, allow_query_key));
        *self.lock.write().unwrap_or_else(PoisonError::into_inner) = lock;
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Counts replacements, from 1. A caller authenticated under another number must prove
    /// itself again.
    pub fn generation(&self) -> u64 {
        *self.generation.borrow()
    }

    /// Ends when what opened the gateway under this generation was replaced.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub fn replaced(&self, generation: u64) -> impl Future<Output = ()> + Send + 'static {
        let mut present = self.generation.subscribe();
        async move {
            // An authority that is gone replaces nothing any more.
            if present.wait_for(|now| *now != generation).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Turns the headers of a request into a caller.
    ///
    /// `query` is the raw query string. Nothing in it is ever accepted in the place of the token
    /// or password.
    ///
    /// # Errors
    /// [`AuthError`]; its [`response`](AuthError::response) is what the client gets.
    pub fn authenticate(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        peer: &Peer,
    ) -> Result<Caller, AuthError> {
        let lock = Arc::clone(&self.lock.read().unwrap_or_else(PoisonError::into_inner));
        if !lock.allow_query_key && query.is_some_and(has_query_credential) {
            return Err(AuthError::QueryCredential);
        }
        let caller = |identity, scopes| Caller {
            identity,
            scopes,
            client: peer.client(),
        };
        match &lock.key {
            Key::Open => {
                let scopes = asked_scopes(headers)?;
                Ok(caller(Identity::Anyone, scopes.unwrap_or_else(Scopes::all)))
            }
            Key::Proxy(access) => {
                let user = proven_user(access, headers, peer)?;
                let granted = match &access.scopes {
                    None => Scopes::all(),
                    Some(map) => map.get(user).copied().unwrap_or_default(),
                };
                let asked = asked_scopes(headers)?;
                let scopes = asked.map_or(granted, |asked| granted.narrowed_to(asked));
                Ok(caller(Identity::User(user.into()), scopes))
            }
            Key::Secret {
                fingerprint,
                is_strong,
                is_password: _,
            } => {
                let shown = bearer(headers).ok_or(AuthError::Missing)?;
                let shown = Fingerprint::of(shown);
                self.verify(fingerprint, &shown, *is_strong, peer.key())?;
                Ok(caller(Identity::Owner, Scopes::all()))
            }
        }
    }

    /// How many clients have failed logins on record.
    pub fn tracked_clients(&self) -> usize {
        self.limiter.tracked()
    }

    fn verify(
        &self,
        expected: &Fingerprint,
        shown: &Fingerprint,
        is_strong: bool,
        client: ClientKey,
    ) -> Result<(), AuthError> {
        let is_right = expected.matches(shown);
        if is_right && is_strong {
            return Ok(());
        }
        self.limiter
            .attempt(client, || is_right)
            .map_err(limiter_answer)
    }
}

fn limiter_answer(denied: Denied) -> AuthError {
    match denied {
        Denied::Wrong => AuthError::Wrong,
        Denied::LockedOut(retry_after) => AuthError::LockedOut { retry_after },
    }
}

impl Lock {
    fn new(access: &Access, allow_query_key: bool) -> Self {
        let key = match access {
            Access::Token(secret) => Key::Secret {
                fingerprint: Fingerprint::of_secret(secret),
                is_strong: is_strong_token(secret),
                is_password: false,
            },
            Access::Password(secret) => Key::Secret {
                fingerprint: Fingerprint::of_secret(secret),
                is_strong: false,
                is_password: true,
            },
            Access::Open => Key::Open,
            Access::Proxy(access) => Key::Proxy(access.clone()),
        };
        Self {
            mode: access.mode(),
            key,
            allow_query_key,
        }
    }
}

/// The user a trusted proxy vouches for.
fn proven_user<'a>(
    access: &ProxyAccess,
    headers: &'a HeaderMap,
    peer: &Peer,
) -> Result<&'a str, AuthError> {
    let is_believed = peer.via_proxy() && (access.allow_loopback || !peer.is_loopback());
    if !is_believed {
        return Err(AuthError::Missing);
    }
    let complete = access
        .required_headers
        .iter()
        .all(|name| text_of(headers, name).is_some());
    let user = text_of(headers, &access.user_header).filter(|_| complete);
    let user = user.ok_or(AuthError::Missing)?;
    match &access.allow_users {
        Some(allowed) if !allowed.iter().any(|name| name == user) => Err(AuthError::UserNotAllowed),
        Some(_) | None => Ok(user),
    }
}

#[cfg(test)]
mod tests;
