//! One-time login links: a code that signs one browser in, once, within ten minutes.
//! Source: decisions DEC-3; security specification, R11.

use data_encoding::BASE64URL_NOPAD;
use domain::UnixMillis;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// How long a code works.
const TTL_MS: i64 = 10 * 60 * 1000;

/// Most codes that work at one time; a newer one replaces the oldest.
const MAX_CODES: usize = 8;

/// Codes handed out and not used yet; only their digests are kept.
#[derive(Debug, Default)]
pub struct Logins {
    codes: Mutex<Vec<([u8; 32], UnixMillis)>>,
    grants: Mutex<Option<SecretString>>,
}

impl Logins {
    /// Makes a code of 256 bits; returns it with the moment it stops working.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn issue(&self, now: UnixMillis) -> Result<(String, UnixMillis), getrandom::Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        let code = BASE64URL_NOPAD.encode(&bytes);
        let until = UnixMillis(now.0.saturating_add(TTL_MS));
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|(_, until)| *until > now);
        if codes.len() >= MAX_CODES {
            codes.remove(0);
        }
        codes.push((digest(&code), until));
        Ok((code, until))
    }

    /// Says what a code is exchanged for: the secret of the present auth mode, if it has one.
    pub fn set_grant(&self, secret: Option<SecretString>) {
        *self.grants.lock().unwrap_or_else(PoisonError::into_inner) = secret;
    }

    /// Uses a code up: the credential, exactly once per code, within its time. In a mode without a
    /// secret the credential is empty, because none is needed.
    pub fn redeem(&self, code: &str, now: UnixMillis) -> Option<SecretString> {
        if !self.use_up(code, now) {
            return None;
        }
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        Some(grants.clone().unwrap_or_default())
    }

    fn use_up(&self, code: &str, now: UnixMillis) -> bool {
        let given = digest(code);
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = false;
        codes.retain(|(known, until)| {
            let same: bool = known.ct_eq(&given).into();
            found |= same && *until > now;
            !same && *until > now
        });
        found
    }
}

fn digest(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_not_for_ever() {
        let logins = Logins::default();
        let start = UnixMillis(1_000);
        let (code, until) = logins.issue(start).unwrap();
        assert!(!logins.use_up("guess", start));
        assert!(logins.use_up(&code, start));
        assert!(!logins.use_up(&code, start));
        let (late, _) = logins.issue(start).unwrap();
        assert!(!logins.use_up(&late, until));
        let codes: Vec<_> = (0..9).map(|_| logins.issue(start).unwrap().0).collect();
        assert!(!logins.use_up(&codes[0], start));
        assert!(logins.use_up(&codes[8], start));
    }
}
