//! The keys of a provider, under names that give nothing away.

use crate::provider::ProviderConfig;
use data_encoding::HEXLOWER;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Hexadecimal digits that stand for a key.
const DIGEST_DIGITS: usize = 12;

/// A key by other names.
#[derive(Debug)]
pub(crate) struct Credential {
    /// Stands for the key where it is remembered.
    pub(crate) digest: Arc<str>,
    /// Stands for it before people, e.g. `openai#1`; the provider alone when it needs no key.
    pub(crate) label: Arc<str>,
}

/// The keys of one provider; never empty, since a provider without one is called all the same.
#[derive(Debug)]
pub(crate) struct Credentials {
    all: Box<[Credential]>,
    next: AtomicUsize,
}

impl Credentials {
    pub(crate) fn of(config: &ProviderConfig) -> Self {
        let id = config.id.as_str();
        let mut all: Vec<Credential> = (1..)
            .zip(&config.keys)
            .map(|(number, key)| Credential {
                digest: digest(id, key.expose_secret().trim()),
                label: format!("{id}#{number}").into(),
            })
            .collect();
        if all.is_empty() {
            all.push(Credential {
                digest: digest(id, ""),
                label: id.into(),
            });
        }
        Self {
            all: all.into(),
            next: AtomicUsize::new(0),
        }
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Credential> {
        self.all.get(place)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Credential> {
        self.all.iter()
    }

    /// The place of every key once; each call begins with the next one, so that load spreads.
    pub(crate) fn rotation(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.all.len();
        let start = match count {
            1 => 0,
            _ => self.next.fetch_add(1, Ordering::Relaxed) % count,
        };
        (start..count).chain(0..start)
    }
}

fn digest(provider: &str, key: &str) -> Arc<str> {
    let mut hash = Sha256::new();
    hash.update(provider.as_bytes());
    hash.update([0]);
    hash.update(key.as_bytes());
    let text = HEXLOWER.encode(&hash.finalize());
    text.chars().take(DIGEST_DIGITS).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    #[test]
    fn keys_take_turns_and_are_never_shown() {
        let mut config = ProviderConfig::new("acme", "http://x");
        config.keys = ["sk-one", "sk-two", "sk-three"]
            .map(SecretString::from)
            .to_vec();
        let keys = Credentials::of(&config);
        let rounds: Vec<Vec<usize>> = (0..4).map(|_| keys.rotation().collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
        let labels: Vec<&str> = keys.iter().map(|key| &*key.label).collect();
        assert_eq!(labels, ["acme#1", "acme#2", "acme#3"]);
        assert!(keys.iter().all(|key| key.digest.len() == DIGEST_DIGITS));
        assert!(!format!("{keys:?}").contains("sk-"));

        config.keys.clear();
        let none = Credentials::of(&config);
        assert_eq!(none.rotation().collect::<Vec<_>>(), [0]);
        assert_eq!(&*none.get(0).unwrap().label, "acme");
    }
}
