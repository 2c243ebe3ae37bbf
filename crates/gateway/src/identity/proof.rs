//! Whether a device holds the key it names. Source: WebSocket protocol, section 8.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use protocol::{ConnectParams, DeviceProof, SignatureVersion, device_payload};
use sha2::{Digest, Sha256};

/// How far a client's clock may be off, in milliseconds.
pub(super) const MAX_SKEW_MS: u64 = 120_000;

/// What stands before the raw key in a PEM public key.
pub(super) const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Why a device did not prove its key, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofFault {
    /// The id is not made from the key.
    IdMismatch,
    /// The signature is too old, or from the future.
    Stale,
    /// No nonce.
    NonceMissing,
    /// The nonce of another connection.
    NonceMismatch,
    /// The key is no Ed25519 key.
    Key,
    /// The key did not sign this.
    Signature,
}

impl ProofFault {
    /// What the client is told: message, `details.code` and `details.reason`.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::IdMismatch => (
                "device identity mismatch",
                "DEVICE_AUTH_DEVICE_ID_MISMATCH",
                "device-id-mismatch",
            ),
            Self::Stale => (
                "device signature expired",
                "DEVICE_AUTH_SIGNATURE_EXPIRED",
                "device-signature-stale",
            ),
            Self::NonceMissing => (
                "device nonce required",
                "DEVICE_AUTH_NONCE_REQUIRED",
                "device-nonce-missing",
            ),
            Self::NonceMismatch => (
                "device nonce mismatch",
                "DEVICE_AUTH_NONCE_MISMATCH",
                "device-nonce-mismatch",
            ),
            Self::Key => (
                "device public key invalid",
                "DEVICE_AUTH_PUBLIC_KEY_INVALID",
                "device-public-key",
            ),
            Self::Signature => (
                "device signature invalid",
                "DEVICE_AUTH_SIGNATURE_INVALID",
                "device-signature",
            ),
        }
    }
}

/// Checks the proof in a `connect` against the challenge's `nonce` and this side's clock in Unix
/// milliseconds. The answer is the public key in base64url without padding, the one spelling it is
/// stored and compared in.
///
/// # Errors
/// [`ProofFault`]: the first check that failed.
pub fn check_device(
    params: &ConnectParams,
    proof: &DeviceProof,
    nonce: &str,
    now_ms: i64,
) -> Result<String, ProofFault> {
    let key = raw_key(&proof.public_key).ok_or(ProofFault::IdMismatch)?;
    if device_id(&key) != proof.id {
        return Err(ProofFault::IdMismatch);
    }
    if now_ms.abs_diff(proof.signed_at) > MAX_SKEW_MS {
        return Err(ProofFault::Stale);
    }
    match proof.nonce.trim() {
        "" => return Err(ProofFault::NonceMissing),
        theirs if theirs != nonce => return Err(ProofFault::NonceMismatch),
        _ => {}
    }
    if key.len() != 32 {
        return Err(ProofFault::Key);
    }
    let signature = base64(&proof.signature).ok_or(ProofFault::Signature)?;
    let public = UnparsedPublicKey::new(&ED25519, &key);
    let signed = |version| {
        let text = device_payload(version, params)?;
        public.verify(text.as_bytes(), &signature).ok()
    };
    let mut versions = SignatureVersion::TRIED.into_iter();
    if versions.any(|version| signed(version).is_some()) {
        Ok(BASE64URL_NOPAD.encode(&key))
    } else {
        Err(ProofFault::Signature)
    }
}

/// The id of a device: the lower-case hex SHA-256 of its raw public key.
pub fn device_id(key: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(key))
}

/// The bytes of a key in base64url, base64 or PEM.
fn raw_key(text: &str) -> Option<Vec<u8>> {
    let Some(pem) = text.trim().strip_prefix("-----BEGIN PUBLIC KEY-----") else {
        return base64(text);
    };
    let body = pem.trim_end().strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    der.strip_prefix(&SPKI_PREFIX).map(<[u8]>::to_vec)
}

/// Reads base64url and base64, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim().trim_end_matches('=');
    let plain = plain.replace('+', "-").replace('/', "_");
    BASE64URL_NOPAD.decode(plain.as_bytes()).ok()
}
