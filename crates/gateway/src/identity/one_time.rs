//! Codes that work once, for a short time. Source: security specification, R11.

use data_encoding::BASE64URL_NOPAD;
use domain::UnixMillis;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// How long a code works.
const TTL_MS: i64 = 10 * 60 * 1_000;

/// Most codes that work at one time; a newer one replaces the oldest.
const MAX_CODES: usize = 8;

/// Codes handed out and not used yet, with what each is good for; only their digests are kept.
pub(crate) struct OneTime<T>(Mutex<Vec<Code<T>>>);

struct Code<T> {
    digest: [u8; 32],
    until: UnixMillis,
    good_for: T,
}

impl<T> Default for OneTime<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> OneTime<T> {
    /// Makes a code of 256 bits; returns it with the moment it stops working.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(crate) fn issue(
        &self,
        good_for: T,
        now: UnixMillis,
    ) -> Result<(String, UnixMillis), getrandom::Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        let code = BASE64URL_NOPAD.encode(&bytes);
        let until = UnixMillis(now.0.saturating_add(TTL_MS));
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| code.until > now);
        if codes.len() >= MAX_CODES {
            codes.remove(0);
        }
        codes.push(Code {
            digest: digest(&code),
            until,
            good_for,
        });
        Ok((code, until))
    }

    /// Uses a code up: what it is good for, exactly once per code, within its time.
    pub(crate) fn redeem(&self, code: &str, now: UnixMillis) -> Option<T> {
        let given = digest(code);
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| code.until > now);
        let mut found = None;
        // Every code is compared, whichever is the right one.
        for (at, code) in codes.iter().enumerate() {
            if code.digest.ct_eq(&given).into() {
                found = Some(at);
            }
        }
        found.map(|at| codes.remove(at).good_for)
    }
}

impl<T> fmt::Debug for OneTime<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTime(***)")
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
        let codes = OneTime::default();
        let start = UnixMillis(1_000);
        let (code, until) = codes.issue(7, start).unwrap();
        assert_eq!(codes.redeem("guess", start), None);
        assert_eq!(codes.redeem(&code, start), Some(7));
        assert_eq!(codes.redeem(&code, start), None);
        let (late, _) = codes.issue(8, start).unwrap();
        assert_eq!(codes.redeem(&late, until), None);
        let many: Vec<_> = (0..9).map(|n| codes.issue(n, start).unwrap().0).collect();
        assert_eq!(codes.redeem(&many[0], start), None);
        assert_eq!(codes.redeem(&many[8], start), Some(8));
    }
}
