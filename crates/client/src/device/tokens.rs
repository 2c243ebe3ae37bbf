//! Tokens that gateways gave this device: `identity/device-auth.json`.
//!
//! A token is kept with the address it came from and shown to no other.

use super::DeviceIdentity;
use super::file::{failed, read, replace};
use crate::ClientError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

const NAME: &str = "device-auth.json";

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    version: u32,
    #[serde(default)]
    device_id: String,
    /// By address, then by role.
    #[serde(default)]
    gateways: BTreeMap<String, BTreeMap<String, Token>>,
}

#[derive(Serialize, Deserialize)]
struct Token {
    token: String,
    #[serde(default)]
    scopes: Vec<String>,
}

impl DeviceIdentity {
    /// The token a gateway gave this device for a role.
    ///
    /// # Errors
    /// [`ClientError::Device`] when the file cannot be read.
    pub fn token(&self, address: &str, role: &str) -> Result<Option<String>, ClientError> {
        let stored = self.stored()?;
        let token = stored
            .gateways
            .get(address)
            .and_then(|roles| roles.get(role));
        Ok(token.map(|token| token.token.clone()))
    }

    /// Keeps a token.
    ///
    /// # Errors
    /// [`ClientError::Device`] when the file cannot be written.
    pub fn keep_token(
        &self,
        address: &str,
        role: &str,
        token: &str,
        scopes: &[String],
    ) -> Result<(), ClientError> {
        let mut stored = self.stored()?;
        let roles = stored.gateways.entry(address.to_owned()).or_default();
        let known = roles.get(role);
        if known.is_some_and(|known| known.token == token && known.scopes == scopes) {
            return Ok(());
        }
        let token = Token {
            token: token.to_owned(),
            scopes: scopes.to_vec(),
        };
        roles.insert(role.to_owned(), token);
        self.store(stored)
    }

    /// Forgets a token that no longer works.
    ///
    /// # Errors
    /// As [`DeviceIdentity::keep_token`].
    pub fn forget_token(&self, address: &str, role: &str) -> Result<(), ClientError> {
        let mut stored = self.stored()?;
        let removed = stored
            .gateways
            .get_mut(address)
            .and_then(|roles| roles.remove(role));
        if removed.is_none() {
            return Ok(());
        }
        stored.gateways.retain(|_, roles| !roles.is_empty());
        self.store(stored)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Tokens of another key are of no use and count as none.
    fn stored(&self) -> Result<Stored, ClientError> {
        let path = self.path();
        let Some(text) = read(&path)? else {
            return Ok(Stored::default());
        };
        let stored: Stored = serde_json::from_str(&text)
            .map_err(|_| failed(&path, "it does not hold device tokens; remove it"))?;
        if stored.device_id == self.id {
            Ok(stored)
        } else {
            Ok(Stored::default())
        }
    }

    fn store(&self, stored: Stored) -> Result<(), ClientError> {
        let path = self.path();
        let stored = Stored {
            version: 1,
            device_id: self.id.clone(),
            ..stored
        };
        let text = serde_json::to_string_pretty(&stored).map_err(|error| failed(&path, error))?;
        replace(&path, &text)
    }
}
