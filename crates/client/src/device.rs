//! The key of this device: made at its first use, kept for its owner only, never sent.
//!
//! Source: WebSocket protocol, section 8.

mod file;
mod tokens;

use crate::ClientError;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use protocol::{ConnectParams, DeviceProof, SignatureVersion, device_payload};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Folder of the state directory that holds the key and the tokens.
const FOLDER: &str = "identity";

/// An Ed25519 key and the tokens gateways gave it. `Debug` shows the id only.
pub struct DeviceIdentity {
    folder: PathBuf,
    key: Ed25519KeyPair,
    id: String,
}

impl DeviceIdentity {
    /// Reads the key of a state directory; makes one when there is none. Two processes that do so
    /// at once end up with the same key.
    ///
    /// # Errors
    /// [`ClientError::Device`] when the files cannot be read or written, or hold something else.
    pub fn load_or_create(state_dir: &Path) -> Result<Self, ClientError> {
        let folder = state_dir.join(FOLDER);
        let key = file::load_or_create(&folder)?;
        let id = HEXLOWER.encode(&Sha256::digest(key.public_key().as_ref()));
        Ok(Self { folder, key, id })
    }

    /// Lower-case hex SHA-256 of the public key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds the proof of this key to `params`, which must be complete but for it. `signed_at` is
    /// in Unix milliseconds.
    pub fn sign(&self, params: &mut ConnectParams, nonce: &str, signed_at: i64) {
        params.device = Some(DeviceProof {
            id: self.id.clone(),
            public_key: BASE64URL_NOPAD.encode(self.key.public_key().as_ref()),
            signature: String::new(),
            signed_at,
            nonce: nonce.to_owned(),
        });
        let payload = device_payload(SignatureVersion::V3, params).unwrap_or_default();
        if let Some(device) = &mut params.device {
            device.signature = BASE64URL_NOPAD.encode(self.key.sign(payload.as_bytes()).as_ref());
        }
    }
}

impl std::fmt::Debug for DeviceIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceIdentity")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_kept_for_its_owner_and_signs() {
        let home = tempfile::tempdir().unwrap();
        let made = DeviceIdentity::load_or_create(home.path()).unwrap();
        let read = DeviceIdentity::load_or_create(home.path()).unwrap();
        assert_eq!(made.id(), read.id());
        let file = home.path().join("identity/device.json");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut params = ConnectParams::default();
        read.sign(&mut params, "n", 7);
        let payload = device_payload(SignatureVersion::V3, &params).unwrap();
        let device = params.device.unwrap();
        let key = BASE64URL_NOPAD
            .decode(device.public_key.as_bytes())
            .unwrap();
        assert_eq!(HEXLOWER.encode(&Sha256::digest(&key)), device.id);
        let signature = BASE64URL_NOPAD.decode(device.signature.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ED25519, key)
            .verify(payload.as_bytes(), &signature)
            .unwrap();
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_file_with_something_else_in_it_is_named_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("identity");
        std::fs::create_dir(&folder).unwrap();
        for text in [
            "",
            "{}",
            r#"{"version":1,"privateKeyPem":"-----BEGIN X-----\nAA==\n"}"#,
        ] {
            std::fs::write(folder.join("device.json"), text).unwrap();
            let error = DeviceIdentity::load_or_create(home.path())
                .unwrap_err()
                .to_string();
            assert!(error.contains("device.json"), "{error}");
            assert_eq!(
                std::fs::read_to_string(folder.join("device.json")).unwrap(),
                text
            );
        }
    }

    #[test]
    fn a_token_belongs_to_one_gateway_and_one_role() {
        let home = tempfile::tempdir().unwrap();
        let device = DeviceIdentity::load_or_create(home.path()).unwrap();
        let at = |address: &str, role: &str| device.token(address, role).unwrap();
        assert_eq!(at("ws://a", "operator"), None);
        device
            .keep_token("ws://a", "operator", "one", &["operator.read".to_owned()])
            .unwrap();
        device.keep_token("ws://a", "node", "two", &[]).unwrap();
        assert_eq!(at("ws://a", "operator").as_deref(), Some("one"));
        assert_eq!(at("ws://a", "node").as_deref(), Some("two"));
        assert_eq!(at("ws://b", "operator"), None);
        device.forget_token("ws://a", "operator").unwrap();
        assert_eq!(at("ws://a", "operator"), None);
        assert_eq!(at("ws://a", "node").as_deref(), Some("two"));
        let file = home.path().join("identity/device-auth.json");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
