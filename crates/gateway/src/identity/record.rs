//! A device that was approved, as it is stored.

use crate::net::Scopes;
use protocol::methods::devices::{DeviceTokenSummary, PairedDevice};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The kind of its documents.
pub(super) const KIND: &str = "device";

/// Tokens of one device and role that work side by side; a newer one replaces the oldest.
const MAX_TOKENS: usize = 4;

/// A device that was approved. Holds no secret: tokens are SHA-256 digests of random ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "the names of the protocol")]
pub(super) struct Device {
    pub(super) device_id: String,
    pub(super) public_key: String,
    pub(super) display_name: Option<String>,
    /// The name its owner gave it.
    pub(super) label: Option<String>,
    pub(super) platform: String,
    pub(super) device_family: Option<String>,
    pub(super) client_id: String,
    pub(super) client_mode: String,
    /// The role it was approved for last comes last.
    pub(super) roles: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) remote_ip: Option<String>,
    pub(super) approved_via: String,
    /// The user of a trusted proxy who brought it; its tokens do not open without that user.
    pub(super) user: Option<String>,
    pub(super) created_at_ms: i64,
    pub(super) approved_at_ms: i64,
    pub(super) last_seen_at_ms: Option<i64>,
    pub(super) tokens: Vec<Token>,
}

/// What a device shows in one role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Token {
    pub(super) role: String,
    pub(super) scopes: Vec<String>,
    /// Hex SHA-256, the newest last.
    digests: Vec<String>,
    pub(super) created_at_ms: i64,
    pub(super) rotated_at_ms: Option<i64>,
    pub(super) revoked_at_ms: Option<i64>,
    pub(super) last_used_at_ms: Option<i64>,
}

impl Device {
    /// The token of a role, unless it was taken away.
    pub(super) fn token(&self, role: &str) -> Option<&Token> {
        let mut tokens = self.tokens.iter();
        tokens.find(|token| token.role == role && token.revoked_at_ms.is_none())
    }

    pub(super) fn token_mut(&mut self, role: &str) -> Option<&mut Token> {
        let mut tokens = self.tokens.iter_mut();
        tokens.find(|token| token.role == role && token.revoked_at_ms.is_none())
    }

    /// Grants a role and scopes beside what it has.
    pub(super) fn grant(&mut self, roles: &[String], scopes: &[String], now: i64) {
        for role in roles {
            self.roles.retain(|known| known != role);
            self.roles.push(role.clone());
        }
        self.scopes = union(&self.scopes, scopes);
        self.approved_at_ms = now;
        for role in roles {
            let scopes = if role == "operator" {
                sorted(&self.scopes)
            } else {
                Vec::new()
            };
            if let Some(token) = self.token_mut(role) {
                token.scopes = scopes;
            } else {
                self.tokens.retain(|token| token.role != *role);
                self.tokens.push(Token {
                    role: role.clone(),
                    scopes,
                    created_at_ms: now,
                    ..Token::default()
                });
            }
        }
    }

    /// As clients see it.
    pub(super) fn shown(&self, connected: Option<bool>) -> PairedDevice {
        PairedDevice {
            device_id: self.device_id.clone(),
            public_key: self.public_key.clone(),
            display_name: self.label.clone().or_else(|| self.display_name.clone()),
            label: self.label.clone(),
            platform: self.platform.clone(),
            device_family: self.device_family.clone(),
            client_id: self.client_id.clone(),
            client_mode: self.client_mode.clone(),
            role: self.roles.last().cloned().unwrap_or_default(),
            roles: self.roles.clone(),
            scopes: self.scopes.clone(),
            remote_ip: self.remote_ip.clone(),
            approved_via: self.approved_via.clone(),
            created_at_ms: self.created_at_ms,
            approved_at_ms: self.approved_at_ms,
            last_seen_at_ms: self.last_seen_at_ms,
            last_seen_reason: self.last_seen_at_ms.map(|_| "connect".to_owned()),
            connected,
            tokens: self.tokens.iter().map(Token::shown).collect(),
        }
    }
}

impl Token {
    /// Whether this is one of its secrets. Every one is compared.
    pub(super) fn opens(&self, secret: &str) -> bool {
        let given = digest(secret);
        let same = |known: &String| bool::from(known.as_bytes().ct_eq(given.as_bytes()));
        self.digests.iter().filter(|known| same(known)).count() > 0
    }

    /// Takes one more secret.
    pub(super) fn add(&mut self, secret: &str) {
        if self.digests.len() >= MAX_TOKENS {
            self.digests.remove(0);
        }
        self.digests.push(digest(secret));
    }

    /// Forgets every secret.
    pub(super) fn clear(&mut self) {
        self.digests.clear();
    }

    /// When what is shown now was made.
    pub(super) fn made_at_ms(&self) -> i64 {
        self.rotated_at_ms.unwrap_or(self.created_at_ms)
    }

    fn shown(&self) -> DeviceTokenSummary {
        DeviceTokenSummary {
            role: self.role.clone(),
            scopes: self.scopes.clone(),
            created_at_ms: self.created_at_ms,
            rotated_at_ms: self.rotated_at_ms,
            revoked_at_ms: self.revoked_at_ms,
            last_used_at_ms: self.last_used_at_ms,
        }
    }
}

fn digest(secret: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

/// The scopes of a list, without those nobody knows.
pub(super) fn scopes_of(names: &[String]) -> Scopes {
    Scopes::parse(&names.join(",")).unwrap_or_else(|_| {
        let known = names.iter().filter(|name| Scopes::parse(name).is_ok());
        let known: Vec<&str> = known.map(String::as_str).collect();
        Scopes::parse(&known.join(",")).unwrap_or_default()
    })
}

/// Whether what was granted includes all that is asked for.
pub(super) fn covers(granted: &[String], asked: Scopes) -> bool {
    let granted = scopes_of(granted);
    asked.iter().all(|scope| granted.allow(scope))
}

/// Both lists, each name once, the first in front.
pub(super) fn union(first: &[String], second: &[String]) -> Vec<String> {
    let mut all = first.to_vec();
    all.extend(second.iter().filter(|name| !first.contains(name)).cloned());
    all
}

pub(super) fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}
