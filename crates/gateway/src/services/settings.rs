//! `config.*`: the settings file as clients read and write it. Source: gateway RPC methods,
//! "Configuration"; decisions DEC-22 to DEC-24; security specification, R27.

mod form;
mod limit;
mod merge;
mod read;
mod write;

pub(crate) use write::{BasedOn, Current, Writer};

use crate::compose::Boot;
use crate::error::ApiError;
use crate::load::Loaded;
use crate::settings::ReloadMode;
use config::{Document, edit};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use domain::UnixMillis;
use limit::WriteLimit;
use protocol::{ErrorCode, Protocol};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How many writes may wait for the reload.
const WAITING: usize = 16;

/// How long a write waits for the reload.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a caller asks of the one who reloads the settings.
pub(crate) struct Ask {
    /// Whether secrets are fetched again although nothing is written differently.
    pub(crate) again: bool,
    /// Where the answer goes.
    pub(crate) answer: oneshot::Sender<Result<Taken, String>>,
}

/// What a reload came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    /// Settings that wait for a restart.
    pub(crate) waiting: Vec<String>,
    /// Secrets that could not be fetched.
    pub(crate) missing_secrets: u64,
}

/// The settings in force.
struct InForce {
    document: Document,
    mode: ReloadMode,
}

/// Reads and writes the settings file for clients; one write at a time.
pub struct SettingsDesk {
    boot: Boot,
    /// Makes the names of versions useless for guessing what stands in the file.
    key: [u8; 32],
    turn: tokio::sync::Mutex<()>,
    in_force: RwLock<Arc<InForce>>,
    limit: WriteLimit,
    asks: mpsc::Sender<Ask>,
    asked: Mutex<Option<mpsc::Receiver<Ask>>>,
}

impl SettingsDesk {
    /// Begins with the settings of the start.
    pub(crate) fn new(boot: Boot, loaded: &Loaded) -> Self {
        let mut key = [0_u8; 32];
        if let Err(error) = getrandom::fill(&mut key) {
            tracing::error!(%error, "no random bytes; versions of the settings are named by time");
            let now = format!("{:?}", std::time::Instant::now());
            key = Sha256::digest(now.as_bytes()).into();
        }
        let (asks, asked) = mpsc::channel(WAITING);
        Self {
            boot,
            key,
            turn: tokio::sync::Mutex::default(),
            in_force: RwLock::new(Arc::new(InForce::of(loaded))),
            limit: WriteLimit::default(),
            asks,
            asked: Mutex::new(Some(asked)),
        }
    }

    /// Who waits for a reload; once.
    pub(crate) fn asked(&self) -> Option<mpsc::Receiver<Ask>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.take()
    }

    /// Says which settings are in force now.
    pub(crate) fn took(&self, loaded: &Loaded) {
        let next = Arc::new(InForce::of(loaded));
        *self
            .in_force
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// The event of new settings.
    pub(crate) fn changed(&self, ts: UnixMillis) -> ConfigChanged {
        ConfigChanged {
            path: self.boot.config_file.path.display().to_string(),
            hash: self.name(self.in_force().document.hash(), Protocol::V4),
            ts: ts.0,
        }
    }

    /// `active`, or `disabled` where changes of the file wait for a restart.
    pub(crate) fn reload_status(&self) -> &'static str {
        match self.in_force().mode {
            ReloadMode::Hybrid => "active",
            ReloadMode::Off => "disabled",
        }
    }

    /// The providers whose keys stand in the settings.
    pub(crate) fn providers_with_keys(&self) -> BTreeSet<String> {
        let held = self.in_force();
        let providers = held.document.raw().pointer("/models/providers");
        let Some(providers) = providers.and_then(serde_json::Value::as_object) else {
            return BTreeSet::new();
        };
        let with_key = providers
            .iter()
            .filter(|(_, it)| it.get("apiKey").is_some() || it.get("apiKeys").is_some());
        with_key.map(|(id, _)| id.clone()).collect()
    }

    /// Has the settings file looked at now.
    ///
    /// # Errors
    /// [`ApiError`] when nobody answers, or the file cannot be used; the old settings stay then.
    pub(crate) async fn reload(&self, again: bool) -> Result<Taken, ApiError> {
        let (answer, answered) = oneshot::channel();
        let unheard = || {
            ApiError::new(
                ErrorCode::Unavailable,
                "the settings were not taken up in time; `openclaw status` says why, \
                 a restart of the gateway takes them up",
            )
        };
        let asked = async {
            let ask = Ask { again, answer };
            self.asks.send(ask).await.map_err(|_| unheard())?;
            answered.await.map_err(|_| unheard())
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(taken))) => Ok(taken),
            Ok(Ok(Err(why))) => Err(ApiError::new(
                ErrorCode::Unavailable,
                format!("the old settings stay: {why}"),
            )),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(unheard()),
        }
    }

    fn in_force(&self) -> Arc<InForce> {
        let held = self.in_force.read();
        Arc::clone(&held.unwrap_or_else(PoisonError::into_inner))
    }

    /// The name of a version, by the digest of its text; a missing file is the empty text.
    fn name(&self, digest: Option<&str>, protocol: Protocol) -> String {
        let empty = edit::hash("");
        let digest = digest.unwrap_or(&empty);
        let code = keyed(&self.key, digest.as_bytes());
        match protocol {
            Protocol::V3 => HEXLOWER.encode(&code),
            Protocol::V4 => format!("hmac-sha256:v1:{}", BASE64URL_NOPAD.encode(&code)),
        }
    }
}

impl InForce {
    fn of(loaded: &Loaded) -> Self {
        Self {
            document: loaded.document.clone(),
            mode: loaded.settings.gateway.reload.mode,
        }
    }
}

/// Payload of the event `config.changed`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConfigChanged {
    path: String,
    hash: String,
    ts: i64,
}

/// HMAC-SHA256 (RFC 2104) with a key of 32 bytes.
fn keyed(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let pad = |with: u8| {
        let mut block = [with; 64];
        for (byte, own) in block.iter_mut().zip(key) {
            *byte ^= own;
        }
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message);
    let outer = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner.finalize());
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_that_of_the_standard() {
        // RFC 4231, test case 1, whose key of 20 bytes is filled with zeros as the standard says.
        let mut key = [0_u8; 32];
        key[..20].fill(0x0b);
        let code = keyed(&key, b"Hi There");
        assert_eq!(
            HEXLOWER.encode(&code),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }
}
