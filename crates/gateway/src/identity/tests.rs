//! Every way to knock, against a door with a store in memory.

mod pairing;
mod proof;
mod secrets;
mod tokens;

use super::door::{Admitted, Doorkeeper, Knock, Rejected};
use super::{Devices, DevicesDeps, device_id};
use crate::net::{Access, AttemptLimit, Authority, Peer};
use crate::ws::Hub;
use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use domain::{Clock, UnixMillis};
use http::HeaderMap;
use protocol::{
    ClientProgram, ConnectAuth, ConnectParams, DeviceProof, SignatureVersion, device_payload,
};
use serde_json::Value;
use state::{Document, Documents, Error};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::task::TaskTracker;

pub(super) const TOKEN: &str = "f3a9c17be2d84650a1b2c3d4e5f60718293a4b5c6d7e8f90";
pub(super) const NONCE: &str = "72fe9e62-e938-4350-b5ab-a95d44655473";
pub(super) const NEAR: &str = "127.0.0.1";
pub(super) const FAR: &str = "192.0.2.7";

/// Documents in memory.
#[derive(Default)]
pub(super) struct Shelf(Mutex<BTreeMap<(String, String), String>>);

#[async_trait]
impl Documents for Shelf {
    async fn documents(&self, kind: &str) -> Result<Vec<Document>, Error> {
        let shelf = self.0.lock().unwrap();
        let of_kind = shelf.iter().filter(|((known, _), _)| known == kind);
        Ok(of_kind
            .map(|((_, id), text)| Document {
                id: id.clone(),
                text: text.clone(),
                updated_at: UnixMillis(0),
            })
            .collect())
    }

    async fn put(&self, kind: &str, id: &str, text: String) -> Result<(), Error> {
        let key = (kind.to_owned(), id.to_owned());
        self.0.lock().unwrap().insert(key, text);
        Ok(())
    }

    async fn remove(&self, kind: &str, id: &str) -> Result<bool, Error> {
        let key = (kind.to_owned(), id.to_owned());
        Ok(self.0.lock().unwrap().remove(&key).is_some())
    }
}

impl Shelf {
    pub(super) fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

/// A clock that is set by hand.
#[derive(Debug, Default)]
pub(super) struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

impl Hand {
    pub(super) fn forward(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

/// A door with everything behind it.
pub(super) struct World {
    pub(super) door: Doorkeeper,
    pub(super) shelf: Arc<Shelf>,
    pub(super) clock: Arc<Hand>,
    pub(super) home: tempfile::TempDir,
}

impl World {
    pub(super) async fn with_token() -> Self {
        Self::new(&Access::Token(TOKEN.into())).await
    }

    pub(super) async fn new(access: &Access) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::on(access, home, Arc::default()).await
    }

    pub(super) async fn on(access: &Access, home: tempfile::TempDir, shelf: Arc<Shelf>) -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(1_800_000_000_000)));
        let deps = DevicesDeps {
            store: shelf.clone(),
            hub: Arc::new(Hub::default()),
            clock: clock.clone(),
            tasks: TaskTracker::new(),
        };
        let attempts = AttemptLimit {
            max_attempts: 20,
            window: Duration::from_mins(1),
            lockout: Duration::from_mins(1),
        };
        let door = Doorkeeper {
            authority: Arc::new(Authority::new(access, true, attempts)),
            devices: Devices::open(deps, home.path()).await.unwrap(),
            clock: clock.clone(),
        };
        Self {
            door,
            shelf,
            clock,
            home,
        }
    }

    pub(super) async fn knock(
        &self,
        from: &str,
        params: &ConnectParams,
    ) -> Result<Admitted, Rejected> {
        let peer = Peer::for_tests(from.parse().unwrap(), false, false);
        self.knock_as(&peer, &HeaderMap::new(), params).await
    }

    pub(super) async fn knock_as(
        &self,
        peer: &Peer,
        headers: &HeaderMap,
        params: &ConnectParams,
    ) -> Result<Admitted, Rejected> {
        let knock = Knock {
            params,
            nonce: NONCE,
            headers,
            peer,
        };
        self.door.admit(&knock).await
    }

    /// The error of a knock that must fail.
    pub(super) async fn refusal(&self, from: &str, params: &ConnectParams) -> Refused {
        Refused::of(self.knock(from, params).await)
    }
}

/// What a client sees that was not let in.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) details: Value,
    pub(super) close: (u16, String),
}

impl Refused {
    pub(super) fn of(answer: Result<Admitted, Rejected>) -> Self {
        let rejected = answer.unwrap_err();
        let error = rejected.error.unwrap();
        Self {
            code: error.code,
            message: error.message,
            details: error.details.unwrap_or_default(),
            close: (rejected.close.code, rejected.close.reason),
        }
    }

    /// `details.code`
    pub(super) fn fine(&self) -> &str {
        self.details["code"].as_str().unwrap_or_default()
    }
}

/// A client that speaks version 4.
pub(super) fn client(id: &str, mode: &str, scopes: &[&str]) -> ConnectParams {
    ConnectParams {
        min_protocol: 4,
        max_protocol: 4,
        client: ClientProgram {
            id: id.into(),
            mode: mode.into(),
            version: "2026.9.6".into(),
            platform: "linux".into(),
            device_family: Some("Linux".into()),
            ..ClientProgram::default()
        },
        scopes: Some(scopes.iter().map(|name| (*name).to_owned()).collect()),
        ..ConnectParams::default()
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "stands where the parameters have it"
)]
pub(super) fn token(text: &str) -> Option<ConnectAuth> {
    Some(ConnectAuth {
        token: Some(text.into()),
        ..ConnectAuth::default()
    })
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "stands where the parameters have it"
)]
pub(super) fn device_token(text: &str) -> Option<ConnectAuth> {
    Some(ConnectAuth {
        device_token: Some(text.into()),
        ..ConnectAuth::default()
    })
}

/// A device with a key of its own.
pub(super) struct Phone(Ed25519KeyPair);

impl Phone {
    pub(super) fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    pub(super) fn id(&self) -> String {
        device_id(self.0.public_key().as_ref())
    }

    /// Adds the proof of this device.
    pub(super) fn sign(&self, params: &ConnectParams, now: UnixMillis) -> ConnectParams {
        self.sign_as(params, now.0, NONCE, SignatureVersion::V3)
    }

    pub(super) fn sign_as(
        &self,
        params: &ConnectParams,
        signed_at: i64,
        nonce: &str,
        version: SignatureVersion,
    ) -> ConnectParams {
        let mut params = params.clone();
        params.device = Some(DeviceProof {
            id: self.id(),
            public_key: BASE64URL_NOPAD.encode(self.0.public_key().as_ref()),
            signature: String::new(),
            signed_at,
            nonce: nonce.into(),
        });
        let text = device_payload(version, &params).unwrap();
        let signature = BASE64URL_NOPAD.encode(self.0.sign(text.as_bytes()).as_ref());
        if let Some(proof) = &mut params.device {
            proof.signature = signature;
        }
        params
    }
}
