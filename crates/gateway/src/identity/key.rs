//! The gateway's own device key. Source: gateway RPC methods, `gateway.identity.get`.

use super::proof::device_id;
use crate::token::PrivateFile;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use protocol::methods::devices::GatewayIdentityGetReply;
use secrecy::ExposeSecret;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Its file in the state directory, readable by its owner only.
const FILE_NAME: &str = "gateway.key";

/// Reads the key of `state_dir`, and makes one at the first start.
///
/// # Errors
/// When it cannot be read or written, or is no key.
pub(super) fn ensure(state_dir: &Path) -> std::io::Result<GatewayIdentityGetReply> {
    let file = PrivateFile::new(state_dir, FILE_NAME);
    let seed = if let Some(seed) = file.load()? {
        seed
    } else {
        let seed = crate::token::generate()?;
        file.store(&seed)?;
        seed
    };
    let broken = || {
        let path = state_dir.join(FILE_NAME);
        let why = "is no key; delete it and a new one is made, which other devices must learn";
        Error::new(ErrorKind::InvalidData, format!("{} {why}", path.display()))
    };
    let seed = BASE64URL_NOPAD
        .decode(seed.expose_secret().as_bytes())
        .map_err(|_| broken())?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| broken())?;
    let public = pair.public_key().as_ref();
    Ok(GatewayIdentityGetReply {
        device_id: device_id(public),
        public_key: BASE64URL_NOPAD.encode(public),
    })
}
