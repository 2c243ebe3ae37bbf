//! Files for their owner only: `identity/device.json` with the key.

use crate::ClientError;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const NAME: &str = "device.json";
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    version: u32,
    #[serde(default)]
    device_id: String,
    private_key_pem: String,
    #[serde(default)]
    created_at_ms: u64,
}

pub(super) fn failed(path: &Path, reason: impl std::fmt::Display) -> ClientError {
    ClientError::Device {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

/// The key in `folder`, made when there is none.
pub(super) fn load_or_create(folder: &Path) -> Result<Ed25519KeyPair, ClientError> {
    let path = folder.join(NAME);
    if let Some(text) = read(&path)? {
        return parse(&path, &text);
    }
    let key = Ed25519KeyPair::generate().map_err(|error| failed(&path, error))?;
    let document = key.to_pkcs8v1().map_err(|error| failed(&path, error))?;
    let created = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let stored = Stored {
        version: 1,
        device_id: HEXLOWER.encode(&Sha256::digest(key.public_key().as_ref())),
        private_key_pem: format!("{BEGIN}\n{}\n{END}\n", BASE64.encode(document.as_ref())),
        created_at_ms: u64::try_from(created.as_millis()).unwrap_or_default(),
    };
    let text = serde_json::to_string_pretty(&stored).map_err(|error| failed(&path, error))?;
    let temporary = write_beside(&path, &text)?;
    // Linking, unlike renaming, never replaces a key that another process made meanwhile.
    let linked = std::fs::hard_link(&temporary, &path);
    drop(std::fs::remove_file(&temporary));
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = read(&path)?.ok_or_else(|| failed(&path, "it was removed"))?;
            parse(&path, &text)
        }
        Err(error) => Err(failed(&path, error)),
    }
}

fn parse(path: &Path, text: &str) -> Result<Ed25519KeyPair, ClientError> {
    let odd = || {
        failed(
            path,
            "it is not a device key; move it away to get a new one",
        )
    };
    let stored: Stored = serde_json::from_str(text).map_err(|_| odd())?;
    let body: String = stored
        .private_key_pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .map(str::trim)
        .collect();
    let der = BASE64.decode(body.as_bytes()).map_err(|_| odd())?;
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| odd())
}

/// The text of a file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, ClientError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

/// Replaces a file as a whole.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), ClientError> {
    let temporary = write_beside(path, text)?;
    std::fs::rename(&temporary, path).map_err(|error| {
        drop(std::fs::remove_file(&temporary));
        failed(path, error)
    })
}

fn write_beside(path: &Path, text: &str) -> Result<std::path::PathBuf, ClientError> {
    let fail = |error: std::io::Error| failed(path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(fail)?;
    let temporary = folder.join(format!(".{}.tmp", uuid::Uuid::new_v4()));
    let write = || {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| {
        drop(std::fs::remove_file(&temporary));
        fail(error)
    })?;
    Ok(temporary)
}
