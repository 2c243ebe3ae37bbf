//! One-time login links: a code that signs one browser in, once, within ten minutes.
//! Source: decisions DEC-3; security specification, R11.

use crate::identity::OneTime;
use domain::UnixMillis;
use secrecy::SecretString;
use std::sync::{Mutex, PoisonError};

/// Login codes, and what they are exchanged for.
#[derive(Debug, Default)]
pub struct Logins {
    codes: OneTime<()>,
    grants: Mutex<Option<SecretString>>,
}

impl Logins {
    /// Makes a code of 256 bits; returns it with the moment it stops working.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn issue(&self, now: UnixMillis) -> Result<(String, UnixMillis), getrandom::Error> {
        self.codes.issue((), now)
    }

    /// Says what a code is exchanged for: the secret of the present auth mode, if it has one.
    pub fn set_grant(&self, secret: Option<SecretString>) {
        *self.grants.lock().unwrap_or_else(PoisonError::into_inner) = secret;
    }

    /// Uses a code up: the credential, exactly once per code, within its time. In a mode without a
    /// secret the credential is empty, because none is needed.
    pub fn redeem(&self, code: &str, now: UnixMillis) -> Option<SecretString> {
        self.codes.redeem(code, now)?;
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        Some(grants.clone().unwrap_or_default())
    }
}
